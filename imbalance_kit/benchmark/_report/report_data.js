// The run as it stands in the page, and how numbers and links are written.
const run = JSON.parse(document.getElementById("run-data").textContent);
const sets = run.sets;
const nSets = sets.name.length;
const nPairs = run.pairs.length;
const UNTRIED = 0, FINISHED = 1, PARTLY = 2, LOST = 3;
const DASH = "–", MINUS = "−", UNTOUCHED = "none";

const methodOf = (pair) => run.methods[run.pairs[pair][0]];
const learnerOf = (pair) => run.learners[run.pairs[pair][1]];
const isBaseline = (pair) => run.pairs[pair][2] === 1;
const nameOf = (pair) => `${methodOf(pair)} / ${learnerOf(pair)}`;
const range = (length) => Array.from({ length }, (_, place) => place);
const states = Uint8Array.from(run.states.join(""), Number);
const stateOf = (set, pair) => states[set * nPairs + pair];
const columnOf = (key) => run.columns.find((column) => column.key === key);
const setNumber = new Map(sets.name.map((name, set) => [name, set]));
const untouchedOf = (pair) => {
  if (methodOf(pair) === UNTOUCHED) return -1;
  return run.pairs.findIndex(
    ([method, learner]) => run.methods[method] === UNTOUCHED && learner === run.pairs[pair][1]
  );
};

// Codes keep the order of a set's scores exactly, values are what to show and average.
const decoded = new Map();
function matrixOf(key) {
  if (!decoded.has(key)) {
    const { codes, low, high, wide, span } = run.metrics[key] ?? run.costs[key];
    const bytes = atob(codes);
    const order = new Uint16Array(nSets * nPairs);
    const values = new Float64Array(nSets * nPairs);
    for (let place = 0; place < order.length; place++) {
      const set = Math.floor(place / nPairs);
      order[place] = (bytes.charCodeAt(2 * place) << 8) | bytes.charCodeAt(2 * place + 1);
      const share = (order[place] - 1) / span;
      const value = wide[set]
        ? low[set] * (high[set] / low[set]) ** share
        : low[set] + share * (high[set] - low[set]);
      values[place] = order[place] ? value : NaN;
    }
    decoded.set(key, { order, values });
  }
  return decoded.get(key);
}
const valueAt = (key, set, pair) => matrixOf(key).values[set * nPairs + pair];

// Means over the finished splits alone.
const finished = new Map();
function finishedValuesOf(key) {
  if (!finished.has(key)) {
    const values = matrixOf(key).values.map((value, place) => (states[place] === LOST ? NaN : value));
    for (const [set, pair, scores] of run.partly) values[set * nPairs + pair] = scores[key] ?? NaN;
    finished.set(key, values);
  }
  return finished.get(key);
}

const failedCells = new Map();
for (const group of run.failures) {
  for (const [set] of group.cells) {
    const place = set * nPairs + group.pair;
    failedCells.set(place, (failedCells.get(place) ?? 0) + 1);
  }
}

// As people read them: a true minus, halves to the even digit, no negative zero.
function number(value, digits = 3, sign = false) {
  if (value === null || value === undefined || Number.isNaN(value)) return DASH;
  const size = Math.abs(value);
  const scaled = size * 10 ** digits;
  const isHalf = Number.isInteger(size * 1048576) && scaled % 1 === 0.5;
  const even = 2 * Math.round(scaled / 2);
  const text = isHalf ? (even / 10 ** digits).toFixed(digits) : size.toFixed(digits);
  if (Number(text) === 0) return text;
  return (value < 0 ? MINUS : sign ? "+" : "") + text;
}
const bare = (text) => text.replace(/^(−?)0\./, "$1.");
const figures = (value) => String(Number(value.toPrecision(2)));
function timeWords(seconds) {
  if (Number.isNaN(seconds) || seconds === null) return DASH;
  if (seconds < 1) return `${seconds < 0.0995 ? figures(seconds * 1000) : number(seconds * 1000, 0)} ms`;
  if (seconds < 120) return `${seconds < 9.95 ? figures(seconds) : number(seconds, 0)} s`;
  return seconds < 5400 ? `${number(seconds / 60, 0)} min` : `${number(seconds / 3600, 1)} h`;
}
const written = (key, value) =>
  key === "fit_seconds" || key === "search_seconds"
    ? timeWords(value)
    : bare(number(value, columnOf(key)?.digits ?? 3));
const countWords = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const ratioWords = (ratio) =>
  ratio === null ? DASH : (ratio >= 10 ? Math.round(ratio).toLocaleString("en") : number(ratio, 1));
const between = (low, high, digits, sign = false) =>
  low === null || Number.isNaN(low) ? "" : `${number(low, digits, sign)} to ${number(high, digits, sign)}`;

// Elements: text never becomes markup.
function element(tag, attributes = {}, ...content) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value);
  }
  made.append(...content.filter((item) => item !== null && item !== undefined));
  return made;
}
const routeTo = (kind, name) => `#${kind}/${encodeURIComponent(name)}`;
const linkTo = (kind, name, text = name) => element("a", { href: routeTo(kind, name) }, text);
const pairLink = (pair) =>
  element("span", {}, linkTo("method", methodOf(pair)), ` / ${learnerOf(pair)}`);
