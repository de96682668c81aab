// Filters over the leaderboard: what they leave is ranked afresh, in this page.

const boardBody = document.querySelector("table.board tbody");
const boardRows = [...boardBody.rows];
const originalRows = boardRows.map((row) => row.cloneNode(true));
const boardHead = document.querySelector('table.board th[data-column="1"]');
const CHOICES = {
  suite: ["Suite", new Set(sets.suite)],
  level: ["Imbalance", new Set(sets.level.filter((level) => level >= 0).map((level) => run.levels[level]))],
  stress: ["Stress", new Set(sets.stress)],
  learner: ["Learner", new Set(run.learners)],
  metric: ["Ranked by", new Set(Object.keys(run.metrics))],
  failed: ["Failed cells", new Set(run.failures.length ? ["", "out"] : [""])],
};
const DEFAULTS = { metric: run.primary };
const WORDS = {
  stress: { "": "all data sets", without: "without stress" },
  failed: { "": "imputed", out: "left out" },
};
const metricLabel = (key) => columnOf(key).full_label;

function optionsOf(name) {
  const values = [...CHOICES[name][1]];
  if (name === "metric") return values.map((key) => [key, metricLabel(key)]);
  if (name === "failed") return values.map((value) => [value, WORDS.failed[value]]);
  const named = values.filter((value) => value !== "");
  if (name === "level") named.sort((one, other) => run.levels.indexOf(one) - run.levels.indexOf(other));
  else named.sort();
  const options = [["", "all"], ...named.map((value) => [value, value])];
  if (name === "stress" && values.includes("")) options.splice(1, 0, ["without", WORDS.stress.without]);
  return options;
}

let view = {};
const chosenOf = (name) => view[name] ?? DEFAULTS[name] ?? "";
const isFiltered = () => Object.keys(view).length > 0;

// Reads the choices of a link; one that this run does not have counts as not made.
function readView(text) {
  const chosen = new URLSearchParams(text);
  const read = {};
  for (const name of Object.keys(CHOICES)) {
    const value = chosen.get(name);
    const known = optionsOf(name).some(([option]) => option === value);
    if (value && known && value !== DEFAULTS[name]) read[name] = value;
  }
  return read;
}

function setsLeft() {
  const { suite, level, stress } = view;
  return range(nSets).filter(
    (set) =>
      (!suite || sets.suite[set] === suite) &&
      (!level || run.levels[sets.level[set]] === level) &&
      (!stress || sets.stress[set] === (stress === "without" ? "" : stress))
  );
}

// A pair that was never tried on what is left does not take part.
function compute() {
  const wanted = setsLeft();
  const pairs = range(nPairs).filter(
    (pair) =>
      (!view.learner || learnerOf(pair) === view.learner) &&
      wanted.some((set) => stateOf(set, pair) !== UNTRIED)
  );
  const chosen = wanted.filter((set) => pairs.some((pair) => stateOf(set, pair) !== UNTRIED));
  const finishedOnly = view.failed === "out";
  const metric = chosenOf("metric");
  const ranks = rankPairs(metric, chosen, pairs, finishedOnly);
  const means = {};
  for (const key of Object.keys(run.metrics)) means[key] = meansOf(key, ranks.fair, pairs, finishedOnly);
  for (const key of Object.keys(run.costs)) means[key] = costOf(key, ranks.fair, pairs);
  means.mean_rank = ranks.means;
  means.failures = pairs.map((pair) =>
    chosen.reduce((sum, set) => sum + (failedCells.get(set * nPairs + pair) ?? 0), 0)
  );
  const finished = rankPairs(metric, chosen, pairs, true);
  means.rank_finished = finished.means;
  means.auprc_finished = run.metrics.auprc ? meansOf("auprc", ranks.fair, pairs, true) : [];
  return { pairs, chosen, metric, ranks, means };
}

function fillCell(cell, key, value) {
  cell.textContent = key === "rank_finished" ? number(value, 1) : written(key, value);
  cell.dataset.value = Number.isNaN(value) ? "" : String(value);
  cell.classList.remove("best");
  if (key === "failures") cell.classList.toggle("some", value > 0);
}

function markBest(rows, key) {
  const { higher, digits } = columnOf(key);
  if (higher === null || key === "failures" || rows.length < 2) return;
  const cells = rows.map((row) => row.querySelector(`td[data-key="${key}"]`));
  const shown = cells.map((cell) => (cell.dataset.value === "" ? NaN : Number(cell.dataset.value).toFixed(digits)));
  const known = shown.filter((value) => !Number.isNaN(Number(value))).map(Number);
  const best = higher ? Math.max(...known) : Math.min(...known);
  if (new Set(known).size < 2) return;
  cells.forEach((cell, place) => cell.classList.toggle("best", Number(shown[place]) === best));
}

let pending = 0;
function showBoard() {
  clearTimeout(pending);
  document.querySelectorAll(".filters select").forEach((select) => {
    select.value = chosenOf(select.name);
  });
  document.querySelector(".filters button").hidden = !isFiltered();
  boardHead.querySelector("button").textContent = view.metric ? `Mean, ${metricLabel(view.metric)}` : "Mean";
  document.querySelectorAll("table.board th[aria-sort]").forEach((head) => head.removeAttribute("aria-sort"));
  boardHead.setAttribute("aria-sort", "ascending");
  if (!isFiltered()) {
    boardRows.forEach((row, place) => row.replaceChildren(...originalRows[place].cloneNode(true).childNodes));
    linkRows(boardRows);
    boardBody.replaceChildren(...boardRows);
    const status = document.querySelector(".filter-status");
    status.textContent = "";
    for (const key of Object.keys(status.dataset)) delete status.dataset[key];
    return;
  }
  const { pairs, chosen, metric, ranks, means } = compute();
  const byRank = range(pairs.length).sort((one, other) => {
    const [a, b] = [means.mean_rank[one], means.mean_rank[other]];
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
    return a - b || pairs[one] - pairs[other];
  });
  const rows = byRank.map((place) => {
    const row = boardRows[pairs[place]];
    row.querySelectorAll("td[data-key]").forEach((cell) => {
      fillCell(cell, cell.dataset.key, means[cell.dataset.key]?.[place] ?? NaN);
    });
    return row;
  });
  run.columns.forEach(({ key }) => markBest(rows, key));
  boardBody.replaceChildren(...rows);
  describeView({ pairs, chosen, metric, ranks });
  // Drawing the intervals takes longer than all the rest, so it comes after the numbers are seen.
  pending = setTimeout(() => showIntervals(rows, byRank, ranks), 0);
}

function showIntervals(rows, byRank, ranks) {
  const drawn = intervals(ranks.blocks);
  rows.forEach((row, place) => {
    const interval = drawn[byRank[place]];
    if (!interval) return;
    const words = `${number(interval[0], 1)}${DASH}${number(interval[1], 1)}`;
    const shown = element("span", { class: "interval-text" }, words);
    [shown.dataset.low, shown.dataset.high] = interval;
    row.querySelector('td[data-key="mean_rank"]').append(" ", shown);
  });
}

function describeView({ pairs, chosen, metric, ranks }) {
  const status = document.querySelector(".filter-status");
  status.dataset.sets = ranks.nUsed;
  status.dataset.sources = ranks.blocks.n;
  if (!chosen.length || !pairs.length) {
    status.textContent = "No data set of this run passes these filters.";
    return;
  }
  const parts = [
    `${countWords(pairs.length, "pair")} ranked by ${metricLabel(metric)} over ${countWords(ranks.nUsed, "data set")} ` +
      `from ${countWords(ranks.blocks.n, "base source")}.`,
  ];
  if (ranks.nPartial) parts.push(`${countWords(ranks.nPartial, "data set")} left out: not every pair was tried there.`);
  if (ranks.nEmpty) parts.push(`${countWords(ranks.nEmpty, "data set")} left out: nothing finished there.`);
  if (view.failed === "out")
    parts.push("Ranks over the data sets on which every pair finished, means over the finished cells.");
  const tied = tiedForFirst(ranks, pairs);
  status.dataset.tied = tied ? tied.length : "";
  if (tied && tied.length > 1) parts.push(`${tied.length} pairs are tied for first place (Nemenyi, 5 %).`);
  else if (tied) parts.push("The first pair stands alone (Nemenyi, 5 %).");
  else if (ranks.blocks.n < run.least_sources)
    parts.push(`Fewer than ${run.least_sources} base sources: no interval and no test.`);
  parts.push("Fit times are medians over data sets. What follows below stays on the whole run.");
  status.textContent = parts.join(" ");
}

// Filters that leave a choice, above the table.
function buildFilters() {
  const box = element("div", { class: "filters", role: "group", "aria-label": "Filters of the leaderboard" });
  for (const name of Object.keys(CHOICES)) {
    const options = optionsOf(name);
    const proper = options.filter(([value]) => value !== "" || name === "failed");
    if (proper.length < 2) continue;
    const select = element("select", { name });
    for (const [value, text] of options) select.append(element("option", { value }, text));
    select.addEventListener("change", () => {
      const wanted = { ...view, [name]: select.value };
      if (select.value === (DEFAULTS[name] ?? "")) delete wanted[name];
      history.replaceState(null, "", `#${new URLSearchParams(wanted).toString() || "leaderboard"}`);
      view = wanted;
      showBoard();
    });
    box.append(element("label", {}, `${CHOICES[name][0]} `, select));
  }
  const reset = element("button", { type: "button", hidden: "" }, "Show the whole run");
  reset.addEventListener("click", () => {
    history.replaceState(null, "", "#leaderboard");
    view = {};
    showBoard();
  });
  box.append(reset);
  const status = element("p", { class: "filter-status", "aria-live": "polite" });
  document.querySelector("table.board").closest(".scroll").before(box, status);
}

function linkRows(rows) {
  rows.forEach((row) => {
    const method = row.querySelector(".method");
    if (!method.querySelector("a")) method.replaceChildren(linkTo("method", method.textContent));
  });
}
