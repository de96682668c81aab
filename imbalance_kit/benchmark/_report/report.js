// Sorting, links and routes; the page is complete without any of them.

function makeSortable(table) {
  const heads = table.querySelectorAll("th[data-column]");
  heads.forEach((head) => {
    const button = element("button", { type: "button" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const column = Number(head.dataset.column);
      const before = head.getAttribute("aria-sort");
      const first = head.dataset.first || "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = before === first ? other : first;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
      const body = table.tBodies[0];
      [...body.rows]
        .sort((left, right) => {
          const [a, b] = [value(left), value(right)];
          const [x, y] = [Number(a), Number(b)];
          if (a === "" || b === "") return (a === "") - (b === "");
          return sign * (Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y);
        })
        .forEach((row) => body.append(row));
    });
  });
}

// Names in the tables of the overview become links to their pages.
function linkNames() {
  linkRows(boardRows);
  document.querySelectorAll(".heat th[scope=row]").forEach((head) => {
    head.replaceChildren(linkTo("data", head.textContent));
  });
  document.querySelectorAll(".heat .turned > span").forEach((head) => {
    head.replaceChildren(linkTo("method", head.textContent));
  });
  document.querySelectorAll("[data-method]").forEach((head) => {
    const rest = head.textContent.slice(head.dataset.method.length);
    head.replaceChildren(linkTo("method", head.dataset.method), rest);
  });
}

// The title of an element of the heat map, written when it is pointed at.
function describeHeat(event) {
  const cell = event.target.closest(".heat tbody td");
  if (!cell || cell.title || !cell.parentElement.dataset.set) return;
  const set = Number(cell.parentElement.dataset.set);
  const head = document.querySelectorAll(".heat .turned")[cell.cellIndex - 2];
  if (!head) return;
  const pair = Number(head.dataset.pair);
  const reference = untouchedOf(pair);
  let words = `${sets.name[set]}, ${nameOf(pair)}: `;
  if (stateOf(set, pair) === UNTRIED) words += "not tried";
  else if (stateOf(set, pair) === LOST) {
    words += `failed. ${run.failures.find((group) => group.pair === pair && group.cells.some(([at]) => at === set)).reason}`;
  } else {
    const value = valueAt("auprc", set, pair);
    words += `AUPRC ${number(value)}`;
    if (reference >= 0 && ![UNTRIED, LOST].includes(stateOf(set, reference)))
      words += `, ${number(value - valueAt("auprc", set, reference), 3, true)} against ${UNTOUCHED}`;
  }
  cell.title = words;
}

const overview = document.getElementById("overview");
const title = document.title;

function showPage(content) {
  view_.replaceChildren(...content);
  overview.hidden = true;
  view_.hidden = false;
  const heading = view_.querySelector("h1");
  document.title = `${heading.textContent} · ${title}`;
  window.scrollTo(0, 0);
  heading.focus({ preventScroll: true });
}

function showOverview() {
  view_.replaceChildren();
  view_.hidden = true;
  overview.hidden = false;
  document.title = title;
}

const readName = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

function route() {
  const hash = location.hash.slice(1);
  const slash = hash.indexOf("/");
  const kind = slash < 0 ? hash : hash.slice(0, slash);
  const name = readName(hash.slice(slash + 1));
  if (slash >= 0 && kind === "data")
    return showPage(setNumber.has(name) ? dataPage(setNumber.get(name)) : missingPage("data set", name));
  if (slash >= 0 && kind === "method") {
    const method = run.methods.indexOf(name);
    return showPage(method >= 0 ? methodPage(method) : missingPage("method", name));
  }
  if (hash === "failed-cells") return showPage(failurePage());
  showOverview();
  if (hash === "" || hash.includes("=")) {
    const wanted = readView(hash);
    if (JSON.stringify(wanted) !== JSON.stringify(view)) {
      view = wanted;
      showBoard();
    }
    if (isFiltered()) document.getElementById("leaderboard").scrollIntoView();
  } else {
    document.getElementById(hash)?.scrollIntoView();
  }
}

document.querySelectorAll("table.sortable").forEach(makeSortable);
buildFilters();
linkNames();
document.querySelector(".heat")?.addEventListener("pointerover", describeHeat);
window.addEventListener("hashchange", route);
route();
// Decoded ahead of the first choice of a filter.
setTimeout(() => [...Object.keys(run.metrics), ...Object.keys(run.costs)].forEach(matrixOf), 200);
