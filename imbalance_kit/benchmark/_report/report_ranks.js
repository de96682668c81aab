// Ranks, means and intervals of what the filters leave: the same arithmetic as the run's statistics.

const DRAWS = 2000;

// First place in sorted numbers that is not below (or, after, not at or below) a value.
function placeOf(sorted, value, after) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value || (after && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Average ranks, the largest key first; NaN keys stay NaN.
function averageRanks(keys) {
  const sorted = keys.filter((key) => !Number.isNaN(key)).sort();
  const ranks = new Float64Array(keys.length).fill(NaN);
  for (let place = 0; place < keys.length; place++) {
    if (Number.isNaN(keys[place])) continue;
    const below = placeOf(sorted, keys[place], false);
    const upTo = placeOf(sorted, keys[place], true);
    ranks[place] = sorted.length - (below + upTo - 1) / 2;
  }
  return ranks;
}

// Sets on which every pair was tried, or all where there is none such.
function triedByAll(chosen, pairs) {
  const complete = chosen.filter((set) => pairs.every((pair) => stateOf(set, pair) !== UNTRIED));
  return complete.length ? complete : chosen;
}

const numberSources = (chosen) => {
  const names = [...new Set(chosen.map((set) => sets.source[set]))].sort();
  return new Map(names.map((name, place) => [name, place]));
};

// Mean within each source, of a table with a row for each chosen set; NaN is left out.
function bySource(table, chosen, width) {
  const numbers = numberSources(chosen);
  const sums = new Float64Array(numbers.size * width);
  const counts = new Float64Array(numbers.size * width);
  chosen.forEach((set, row) => {
    const start = numbers.get(sets.source[set]) * width;
    for (let column = 0; column < width; column++) {
      const value = table[row * width + column];
      if (Number.isNaN(value)) continue;
      sums[start + column] += value;
      counts[start + column] += 1;
    }
  });
  return { n: numbers.size, width, values: sums.map((sum, place) => sum / counts[place]) };
}

function columnMeans({ n, width, values }) {
  const means = new Float64Array(width);
  for (let column = 0; column < width; column++) {
    let sum = 0, count = 0;
    for (let block = 0; block < n; block++) {
      const value = values[block * width + column];
      if (!Number.isNaN(value)) { sum += value; count++; }
    }
    means[column] = sum / count;
  }
  return means;
}

function rankPairs(metric, chosen, pairs, finishedOnly) {
  const { order } = matrixOf(metric);
  const sign = run.metrics[metric].higher ? 1 : -1;
  const fair = triedByAll(chosen, pairs);
  const width = pairs.length;
  const used = [];
  const ranks = new Float64Array(fair.length * width);
  const keys = new Float64Array(width);
  let nEmpty = 0;
  for (const set of fair) {
    let nFinished = 0, nFailed = 0;
    for (let place = 0; place < width; place++) {
      const state = states[set * nPairs + pairs[place]];
      const code = order[set * nPairs + pairs[place]];
      if (state === UNTRIED) keys[place] = NaN;
      else keys[place] = state === LOST || code === 0 ? -Infinity : sign * code;
      if (state === FINISHED || state === PARTLY) nFinished++;
      if (state === LOST || state === PARTLY) nFailed++;
    }
    if (nFinished === 0) nEmpty++;
    else if (!finishedOnly || nFailed === 0) {
      ranks.set(averageRanks(keys), used.length * width);
      used.push(set);
    }
  }
  const averaged = bySource(ranks, used, width);
  const blocks = { ...averaged, values: new Float64Array(averaged.values.length) };
  for (let block = 0; block < blocks.n; block++) {
    const start = block * width;
    const row = averaged.values.slice(start, start + width).map((rank) => -rank);
    blocks.values.set(averageRanks(row), start);
  }
  return {
    blocks, fair, nUsed: used.length, nEmpty, nPartial: chosen.length - fair.length,
    means: columnMeans(blocks),
  };
}

function meansOf(key, fair, pairs, finishedOnly) {
  const values = finishedOnly ? finishedValuesOf(key) : matrixOf(key).values;
  const width = pairs.length;
  const table = new Float64Array(fair.length * width);
  fair.forEach((set, row) => {
    for (let column = 0; column < width; column++)
      table[row * width + column] = values[set * nPairs + pairs[column]];
  });
  return columnMeans(bySource(table, fair, width));
}

function median(values) {
  const known = values.filter((value) => !Number.isNaN(value)).sort((one, other) => one - other);
  if (!known.length) return NaN;
  const middle = (known.length - 1) / 2;
  return (known[Math.floor(middle)] + known[Math.ceil(middle)]) / 2;
}

function costOf(key, fair, pairs) {
  const { how } = run.costs[key];
  if (how === "mean") return meansOf(key, fair, pairs, false);
  return pairs.map((pair) => {
    const values = fair.map((set) => valueAt(key, set, pair));
    if (how === "median") return median(values);
    const known = values.filter((value) => !Number.isNaN(value));
    return known.length ? Math.max(...known) : NaN;
  });
}

// A small generator with a fixed seed (xorshift, G. Marsaglia, 2003): the same view, the same interval.
function generator(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
}

function percentile(sorted, share) {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place), above = Math.ceil(place);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

// Bootstrap of each column's mean rank, drawing whole sources; null where there are too few. Limits are
// moved away from the mean as for few sources they belong, but not beyond the first and the last rank.
function intervals({ n, width, values }, level = 0.95, seed = 20260101) {
  if (n < run.least_sources) return range(width).map(() => null);
  const draw = generator(seed);
  const means = range(width).map(() => new Float64Array(DRAWS));
  const anyMissing = values.some(Number.isNaN);
  const sums = new Float64Array(width), counts = new Float64Array(width);
  for (let round = 0; round < DRAWS; round++) {
    sums.fill(0);
    counts.fill(anyMissing ? 0 : n);
    for (let block = 0; block < n; block++) {
      const start = Math.floor(draw() * n) * width;
      for (let column = 0; column < width; column++) {
        const value = values[start + column];
        if (!anyMissing) sums[column] += value;
        else if (!Number.isNaN(value)) { sums[column] += value; counts[column]++; }
      }
    }
    for (let column = 0; column < width; column++) means[column][round] = sums[column] / counts[column];
  }
  return means.map((drawn, column) => {
    const there = range(n).map((block) => values[block * width + column]).filter((value) => !Number.isNaN(value));
    if (there.length < run.least_sources) return null;
    const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
    const widened = (limit) => Math.min(Math.max(mean + run.widening[there.length] * (limit - mean), 1), width);
    const known = anyMissing ? drawn.filter((mean) => !Number.isNaN(mean)) : drawn;
    if (!known.length) return null;
    known.sort();
    return [widened(percentile(known, (1 - level) / 2)), widened(percentile(known, (1 + level) / 2))];
  });
}

// Pairs whose mean rank is within Nemenyi's critical difference of the best; null without a test.
function tiedForFirst(ranks, pairs) {
  const { blocks, means } = ranks;
  const factor = run.studentised[pairs.length];
  const complete = range(blocks.n).filter((block) =>
    pairs.every((_, column) => !Number.isNaN(blocks.values[block * pairs.length + column]))
  );
  const anyDiffer = complete.some((block) => {
    const first = blocks.values[block * pairs.length];
    return pairs.some((_, column) => blocks.values[block * pairs.length + column] !== first);
  });
  if (!factor || complete.length < run.least_sources || !anyDiffer) return null;
  const size = pairs.length;
  const critical = factor * Math.sqrt((size * (size + 1)) / (6 * complete.length));
  const best = Math.min(...means.filter((mean) => !Number.isNaN(mean)));
  return pairs.filter((_, column) => means[column] <= best + critical);
}
