// What is shown, and how the address says it: only what differs from the start is written.

const START = {
  view: 1, left: "iid", right: 1, k: 20, c: 30, alg: "fedavg", mu: 1, alg2: "", k2: 0, c2: 0,
  round: -1, metric: "validation_accuracy", vary: "", preset: "", target: 0.7, speed: 4,
  one: 0, two: 1, seed: 1,
};
const NO_PRESET = "none"; // in the address; an address without any preset opens the first one

// Of a choice nobody offers, of no number and of one out of range, the start stays.
const NUMBERS = { view: [1, 4], k: [1, 200], c: [1, 30], mu: [0, 10], k2: [0, 200], c2: [0, 30],
  round: [-1, 1000], target: [0, 1], one: [0, 9], two: [0, 9], seed: [0, 2 ** 31 - 1] };
const FRACTIONS = ["mu", "target"], SPEEDS = [1, 2, 4, 10];
// Parts of the address that say what is compared: one of them alone needs no preset.
const COMPARED = ["left", "right", "k", "c", "alg", "mu", "alg2", "k2", "c2", "vary"];

function readState(facts) {
  const found = new URLSearchParams(window.location.search), said = {};
  for (const name of Object.keys(START)) {
    const value = readValue(name, (found.get(name) ?? "").trim(), facts);
    if (value !== undefined) said[name] = value;
  }
  // A link may name a preset alone; whatever else it names goes on top.
  const compares = COMPARED.some((name) => name in said);
  const preset = said.preset ?? (compares ? "" : facts.opening);
  return { ...START, ...presetNamed(facts, preset)?.state, ...said, preset };
}

function presetNamed(facts, name) { return facts.presets.find((each) => each.name === name); }

// What a part of the address means; undefined if nothing.
function readValue(name, text, facts) {
  if (text === "") return undefined;
  const number = Number(text), known = (offered, value = text) => (offered.includes(value) ? value : undefined);
  if (name in NUMBERS) {
    const [low, high] = NUMBERS[name], value = FRACTIONS.includes(name) ? number : Math.round(number);
    return value >= low && value <= high ? value : undefined;
  }
  if (name === "left" || name === "right") return text === "iid" ? text : number >= 0 && number <= 2 ? number : undefined;
  if (name === "preset") return text === NO_PRESET ? "" : presetNamed(facts, text)?.name;
  if (name === "speed") return known(SPEEDS, number);
  if (name === "metric") return known(Object.keys(METRICS));
  if (name === "vary") return isVaried(text, facts) ? text : undefined;
  return known(Object.keys(facts.labels)); // alg and alg2
}

// "k:1,5,20" and the like: at most eight lines, each with a value that a slider has.
function isVaried(text, facts) {
  const [what, values = "", more] = text.split(":"), each = values.split(",");
  const isOne = { k: (v) => readValue("k", v, facts), c: (v) => readValue("c", v, facts),
    h: (v) => readValue("left", v, facts), alg: (v) => readValue("alg", v, facts) }[what];
  return Boolean(isOne) && more === undefined && each.length <= 8 && each.every((v) => isOne(v) !== undefined);
}

let addressTimer = null;
// Browsers allow some hundred changes of the address in half a minute: a drag makes more.
function writeState(state, facts) {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => {
    const url = new URL(window.location.href);
    for (const [name, start] of Object.entries(START)) {
      const isTold = name === "preset" ? state.preset !== facts.opening : state[name] !== start;
      if (isTold) url.searchParams.set(name, String(state[name]) || NO_PRESET);
      else url.searchParams.delete(name);
    }
    if (url.href !== window.location.href) window.history.replaceState(window.history.state, "", url);
  }, 250);
}

// The run of one half; `other` replaces what varies among several lines.
function runOf(state, side, other = {}) {
  const right = side === "right", h = state[side];
  return {
    heterogeneity: h === "iid" ? null : h,
    local_steps: (right && state.k2) || state.k,
    clients: (right && state.c2) || state.c,
    algorithm: (right && state.alg2) || state.alg,
    mu: state.mu, data_seed: state.seed, ...other,
  };
}

const VARIED = { k: ["local_steps", (value) => `K = ${value}`], c: ["clients", (value) => `${value} clients`],
  alg: ["algorithm", (value, facts) => facts.labels[value]], h: ["heterogeneity", (value) => (value === "iid" ? "IID" : `α = β = ${value}`)] };

// Prepared runs have curves; views 2 and 3 show the sliders' runs, whose paths are known.
function extrasOf(state, facts) {
  return [2, 3].includes(state.view) ? undefined : presetNamed(facts, state.preset)?.extras;
}

// The lines of a half: several where something is compared, else one.
function linesOf(state, side, facts) {
  const extras = extrasOf(state, facts);
  if (extras) return extras[side].map((id) => ({ run: { extra: id }, label: facts.extraLabels[id] }));
  if (!state.vary) return [{ run: runOf(state, side), label: labelOf(runOf(state, side), facts) }];
  const [what, values] = state.vary.split(":"), [name, label] = VARIED[what];
  return values.split(",").map((value) => {
    const typed = name === "algorithm" ? value : value === "iid" ? null : Number(value);
    return { run: runOf(state, side, { [name]: typed }), label: label(value, facts) };
  });
}

function labelOf(run, facts) {
  const steps = facts.oneStep.includes(run.algorithm) ? "" : `, K = ${run.local_steps}`;
  return `${facts.labels[run.algorithm] ?? run.algorithm}${steps}`;
}

// Which data set a run learns. Two runs with one are two divisions of it, or two ways to learn it;
// synthetic clients of another heterogeneity draw other samples with other true models.
function taskOf(run, facts) { return run.extra ? facts.extraTasks[run.extra] : `${run.heterogeneity}|${run.data_seed}`; }

function dataName(run) {
  if (run.heterogeneity === null) return "IID";
  return `Heterogeneous, α = β = ${run.heterogeneity}`;
}
