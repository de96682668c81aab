// A page for each data set and method, and one for the cells that failed, written when opened.

const STATUS_WORDS = { error: "error", timeout: "time limit", memory: "memory limit", killed: "process killed" };
const VERDICT_SIGNS = { better: "▲ better", worse: "▼ worse", tied: "= tied" };
const TYPES = ["safe", "borderline", "rare", "outlier"];
const EXTREMES = 5;
const view_ = document.getElementById("view");

const section = (title, ...content) =>
  element("section", {}, title ? element("h2", {}, title) : "", ...content);
const scroll = (label, table) =>
  element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);

// A table from heads ({label, title, first, words}) and rows; a cell is {content, value, name}. Words
// stand at the left of their column, numbers at the right.
function tableOf(name, heads, rows) {
  const table = element("table", { class: `${name} sortable` });
  const top = element("tr", {});
  heads.forEach((head, place) =>
    top.append(
      element(
        "th",
        { scope: "col", "data-column": place, "data-first": head.first, title: head.title, class: place ? (head.words ? "words" : "figure") : "pair-head" },
        head.label
      )
    )
  );
  const body = element("tbody", {});
  for (const { cells, attributes } of rows) {
    const row = element("tr", attributes ?? {});
    cells.forEach((cell, place) => {
      const value = cell.value === undefined ? undefined : Number.isNaN(cell.value) ? "" : String(cell.value);
      const kind = place ? "td" : "th";
      const names = [place && !heads[place].words ? "figure" : "", cell.name ?? ""].join(" ").trim();
      row.append(
        element(kind, { scope: place ? undefined : "row", class: names || undefined, "data-value": value, title: cell.title }, cell.content)
      );
    });
    body.append(row);
  }
  table.append(element("thead", {}, top), body);
  makeSortable(table);
  return table;
}

function factList(facts) {
  const list = element("dl", { class: "facts" });
  for (const [label, value] of facts) {
    if (value === "" || value === null || value === undefined) continue;
    const long = value instanceof Element ? "long" : undefined;
    list.append(element("div", { class: long }, element("dt", {}, label), element("dd", {}, value)));
  }
  return list;
}

const backLink = () => element("a", { class: "back", href: isFiltered() ? `#${new URLSearchParams(view)}` : "#leaderboard" }, "← Leaderboard");

function neighbours(kind, names, place) {
  const links = element("span", { class: "neighbours" });
  if (place > 0) links.append(linkTo(kind, names[place - 1], `‹ ${names[place - 1]}`));
  if (place < names.length - 1) links.append(linkTo(kind, names[place + 1], `${names[place + 1]} ›`));
  return element("nav", { "aria-label": "Pages" }, backLink(), links);
}

// The types of the rarest class's rows, where the facts hold them: a bar and its words.
function typesOf(known) {
  const shares = TYPES.map((type) => known[`${type}_share`]);
  if (shares.some((share) => typeof share !== "number")) return null;
  const bar = element("span", { class: "types", "aria-hidden": "true" });
  shares.forEach((share, place) => bar.append(element("i", { class: TYPES[place], style: `flex-grow:${share}` })));
  const words = TYPES.map((type, place) => `${number(100 * shares[place], 0)} % ${type}`).join(", ");
  return element("span", {}, bar, words);
}

function dataPage(set) {
  const known = {};
  sets.fact_names.forEach((name, place) => {
    const value = sets.facts[set][place];
    if (value !== null) known[name] = value;
  });
  const relatives = range(nSets).filter((other) => other !== set && sets.source[other] === sets.source[set]);
  const related = element("span", {});
  relatives.forEach((other, place) => related.append(place ? ", " : "", linkTo("data", sets.name[other])));
  const facts = [
    ["Rows", sets.rows[set]?.toLocaleString("en")],
    ["Features", sets.features[set]?.toLocaleString("en")],
    ["Classes", sets.classes[set]],
    ["Imbalance", sets.level[set] < 0 ? "not known" : `${ratioWords(sets.ratio[set])} to 1, ${run.levels[sets.level[set]]}`],
    ["Missing values", sets.missing[set]?.toLocaleString("en")],
    ["Suite", sets.suite[set]],
    ["Stress", sets.stress[set]],
    ["Base source", sets.source[set]],
    ["Of the same source", relatives.length ? related : ""],
    ["Rows of the rarest class", typesOf(known)],
  ];
  const page = [
    element("header", {}, element("p", { class: "kicker" }, "Data set"), element("h1", { tabindex: "-1" }, sets.name[set])),
    neighbours("data", sets.name, set),
    section("", factList(facts)),
  ];
  if (Object.keys(known).length) {
    const measured = Object.entries(known).map(([name, value]) => [
      name.replaceAll("_", " "),
      typeof value === "number" ? bare(String(value)) : value,
    ]);
    page.push(section("", element("details", {}, element("summary", {}, "All that was measured of the table"), factList(measured))));
  }
  page.push(section("All pairs on this data set", ...pairsOn(set)), ...tunedOn(set), ...failuresOn((group, cells) => cells.filter(([at]) => at === set)));
  return page;
}

function pairsOn(set) {
  const pairs = range(nPairs).filter((pair) => stateOf(set, pair) !== UNTRIED);
  const metric = chosenOf("metric");
  const ranks = rankPairs(metric, [set], pairs, false).means;
  const keys = run.columns.map(({ key }) => key).filter((key) => run.metrics[key] || run.costs[key]);
  const heads = [
    { label: "Method / learner" },
    { label: "Rank", title: `rank in ${metricLabel(metric)}` },
    { label: "Change", first: "descending", title: `change in ${metricLabel(metric)} against the same learner left alone` },
    ...keys.map((key) => ({ label: metricLabel(key), title: columnOf(key).meaning, first: columnOf(key).higher ? "descending" : "ascending" })),
    { label: "Failed", first: "descending", title: "cells that did not finish" },
  ];
  const order = range(pairs.length).sort((one, other) => ranks[one] - ranks[other] || one - other);
  const rows = order.map((place) => {
    const pair = pairs[place];
    const reference = untouchedOf(pair);
    const lost = stateOf(set, pair) === LOST;
    const compared = reference >= 0 && !lost && ![LOST, UNTRIED].includes(stateOf(set, reference));
    const change = compared ? valueAt(metric, set, pair) - valueAt(metric, set, reference) : NaN;
    const failed = failedCells.get(set * nPairs + pair) ?? 0;
    return {
      attributes: { class: isBaseline(pair) ? "baseline" : undefined, "data-pair": nameOf(pair) },
      cells: [
        { content: pairLink(pair), value: nameOf(pair), name: "pair" },
        { content: number(ranks[place], ranks[place] % 1 ? 1 : 0), value: ranks[place] },
        { content: Number.isNaN(change) ? (lost ? "failed" : "") : bare(number(change, 3, true)), value: change },
        ...keys.map((key) => ({ content: written(key, valueAt(key, set, pair)), value: valueAt(key, set, pair) })),
        { content: String(failed), value: failed, name: failed ? "some" : undefined },
      ],
    };
  });
  return [
    element("p", {}, `Ranked by ${metricLabel(metric)}; each number is a mean over the splits of this one data set, so it carries no interval. A pair of which nothing finished has the scores of a predictor that answers with the class shares, or of the worst pair that finished.`),
    scroll("All pairs on this data set", tableOf("board page-board", heads, rows)),
  ];
}

function tunedOn(set) {
  const { names, found, all } = run.tuned;
  if (!names) return [];
  const rows = [];
  found.forEach((parameters, pair) => {
    for (const [at, which, values] of parameters) {
      if (at !== set) continue;
      const words = names[which].map((name, place) => `${name} = ${values[place]}`).join(", ");
      rows.push({ cells: [{ content: pairLink(pair), value: nameOf(pair), name: "pair" }, { content: words, name: "parameters" }] });
    }
  });
  if (!rows.length) return [];
  const heads = [{ label: "Method / learner" }, { label: "Parameters", words: true }];
  let words = "Parameters of the first split, rounded to three digits.";
  if (!all) words += " Those of the lower ranks are not in this page: they are in the column “parameters” of the results.";
  return [section("What the search found", element("p", {}, words), scroll("Tuned parameters", tableOf("failures", heads, rows)))];
}

function methodPage(method) {
  const pairs = range(nPairs).filter((pair) => run.pairs[pair][0] === method);
  const name = run.methods[method];
  const names = [...run.methods].sort((one, other) => one.localeCompare(other));
  const page = [
    element("header", {}, element("p", { class: "kicker" }, "Method"), element("h1", { tabindex: "-1" }, name),
      element("p", { class: "standfirst" }, run.words[name] ?? "A method from outside the registry.")),
    neighbours("method", names, names.indexOf(name)),
    section("Rank by imbalance and learner", ...ranksOf(pairs)),
    section("Against the same learner left alone", ...againstUntouched(pairs)),
    section("Its best and worst data sets", ...extremesOf(pairs)),
    ...failuresOn((group, cells) => (pairs.includes(group.pair) ? cells : [])),
  ];
  return page;
}

function ranksOf(pairs) {
  const metric = chosenOf("metric");
  const groups = [["All data sets", range(nSets)]];
  run.levels.forEach((level, place) => {
    const chosen = range(nSets).filter((set) => sets.level[set] === place);
    if (chosen.length && chosen.length < nSets) groups.push([`${level} imbalance`, chosen]);
  });
  const heads = [{ label: "Data sets" }, { label: "Base sources" }, ...pairs.map((pair) => ({ label: `with ${learnerOf(pair)}` }))];
  let nAll = 0;
  const rows = groups.map(([label, chosen]) => {
    const tried = range(nPairs).filter((pair) => chosen.some((set) => stateOf(set, pair) !== UNTRIED));
    const ranks = rankPairs(metric, chosen, tried, false);
    const drawn = intervals(ranks.blocks);
    nAll = Math.max(nAll, tried.length);
    return {
      cells: [
        { content: label },
        { content: String(ranks.blocks.n), value: ranks.blocks.n },
        ...pairs.map((pair) => {
          const place = tried.indexOf(pair);
          if (place < 0) return { content: DASH, value: NaN };
          const interval = drawn[place];
          const content = element("span", {}, number(ranks.means[place], 1), interval ? element("span", { class: "interval-text" }, between(...interval, 1)) : "");
          return { content, value: ranks.means[place] };
        }),
      ],
    };
  });
  return [
    element("p", {}, `Mean rank in ${metricLabel(metric)} among all ${countWords(nAll, "pair")} of the run, 1 is best, with a 95 % interval where there are ${run.least_sources} base sources or more.`),
    scroll("Rank by imbalance and learner", tableOf("failures figures", heads, rows)),
  ];
}

function againstUntouched(pairs) {
  const compared = pairs.filter((pair) => Object.values(run.comparisons).some((rows) => rows[pair]));
  if (!compared.length) return [element("p", {}, "This is the learner left alone, or its learner was not run untouched: there is nothing to compare with.")];
  const heads = [{ label: "Learner" }, { label: "Metric", words: true }, { label: "Change" }, { label: "95 % interval" }, { label: "Wins" }, { label: "Ties" }, { label: "Losses" }, { label: "Verdict", words: true }];
  const rows = [];
  for (const pair of compared) {
    for (const [metric, found] of Object.entries(run.comparisons)) {
      if (!found[pair]) continue;
      const [difference, low, high, wins, ties, losses, verdict] = found[pair];
      rows.push({
        cells: [
          { content: learnerOf(pair) },
          { content: metricLabel(metric) },
          { content: bare(number(difference, 4, true)), value: difference ?? NaN },
          { content: between(low, high, 4, true) || "too few sources", value: low ?? NaN },
          { content: String(wins), value: wins }, { content: String(ties), value: ties }, { content: String(losses), value: losses },
          { content: VERDICT_SIGNS[verdict] ?? "", name: `verdict ${verdict}` },
        ],
      });
    }
  }
  return [
    element("p", {}, "Means over base sources. A win is a base source on which the method scores better; the verdict is that of Wilcoxon’s signed ranks at 5 %, corrected by Holm over all pairs of the run. Brier score and log loss are better when lower."),
    scroll("Against the same learner left alone", tableOf("failures figures", heads, rows)),
  ];
}

function extremesOf(pairs) {
  const metric = chosenOf("metric");
  const sign = run.metrics[metric].higher ? 1 : -1;
  const shown = [];
  for (const pair of pairs) {
    const reference = untouchedOf(pair);
    if (reference < 0) continue;
    const changes = range(nSets)
      .filter((set) => [pair, reference].every((one) => ![UNTRIED, LOST].includes(stateOf(set, one))))
      .map((set) => [set, valueAt(metric, set, pair) - valueAt(metric, set, reference)])
      .filter(([, change]) => !Number.isNaN(change))
      .sort((one, other) => sign * (other[1] - one[1]));
    if (!changes.length) continue;
    const half = Math.min(EXTREMES, Math.ceil(changes.length / 2));
    const column = (title, part) => {
      const list = element("ol", {});
      for (const [set, change] of part) {
        list.append(element("li", {}, linkTo("data", sets.name[set]), " ", element("span", {}, `${bare(number(change, 3, true))}, ratio ${ratioWords(sets.ratio[set])}`)));
      }
      return element("div", {}, element("h3", {}, title), list);
    };
    shown.push(element("div", { class: "extremes" },
      column(`Best with ${learnerOf(pair)}`, changes.slice(0, half)),
      column(`Worst with ${learnerOf(pair)}`, changes.slice(half).slice(-half).reverse())));
  }
  if (!shown.length) return [element("p", {}, "Without its learner left alone beside it there is no change to sort by.")];
  return [element("p", {}, `By the change in ${metricLabel(metric)} against the same learner left alone. The extremes of many numbers are partly chance.`), ...shown];
}

function failuresOn(choose, title = "Failures") {
  const groups = run.failures.map((group) => [group, choose(group, group.cells)]).filter(([, cells]) => cells.length);
  return groups.length ? [section(title, ...groups.map(([group, cells]) => failureOf(group, cells)))] : [];
}

function failureOf(group, cells) {
  const where = element("p", { class: "names" });
  const places = new Map();
  for (const [set, repeat, fold] of cells) {
    if (!places.has(set)) places.set(set, []);
    places.get(set).push(`repeat ${repeat}, fold ${fold}`);
  }
  let first = true;
  for (const [set, splits] of places) {
    where.append(first ? "" : "; ", linkTo("data", sets.name[set]), ` (${splits.length > 3 ? countWords(splits.length, "split") : splits.join("; ")})`);
    first = false;
  }
  const parts = [
    element("h3", {}, pairLink(group.pair), ` · ${STATUS_WORDS[group.status] ?? group.status} · ${countWords(cells.length, "cell")}`),
    element("p", { class: "reason" }, group.reason || "no reason recorded"),
    where,
  ];
  if (group.traceback) {
    parts.push(element("details", {}, element("summary", {}, "End of the traceback of the first of them"), element("pre", {}, group.traceback)));
  }
  return element("div", { class: "failure" }, ...parts);
}

function failurePage() {
  const n = run.failures.reduce((sum, group) => sum + group.cells.length, 0);
  return [
    element("header", {}, element("p", { class: "kicker" }, "Failures"), element("h1", { tabindex: "-1" }, n ? `${countWords(n, "cell")} did not finish` : "Every cell finished")),
    element("nav", { "aria-label": "Pages" }, backLink()),
    ...failuresOn((group, cells) => cells, ""),
  ];
}

function missingPage(kind, name) {
  return [
    element("header", {}, element("p", { class: "kicker" }, kind), element("h1", { tabindex: "-1" }, `This run holds no ${kind} called “${name}”`)),
    element("nav", { "aria-label": "Pages" }, backLink()),
  ];
}
