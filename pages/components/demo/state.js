// What is shown, and how the address says it: only what differs from the start is written.

const START = {
  view: 1, left: "iid", right: 1, k: 20, c: 30, alg: "fedavg", mu: 1, alg2: "", k2: 0, c2: 0,
  round: -1, metric: "validation_accuracy", vary: "", preset: "", target: 0.7, speed: 4,
  one: 0, two: 1, seed: 1,
};

function readState(presets) {
  const found = new URLSearchParams(window.location.search);
  // A link may name a preset alone; whatever else it names goes on top.
  const state = { ...START, ...presets.find((each) => each.name === found.get("preset"))?.state };
  for (const [name, start] of Object.entries(START)) {
    const said = found.get(name);
    if (said === null) continue;
    if (name === "left" || name === "right") state[name] = said === "iid" ? "iid" : clamp(Number(said), 0, 2, start);
    else state[name] = typeof start === "number" ? Number(said) : said;
    if (typeof start === "number" && !Number.isFinite(state[name])) state[name] = start;
  }
  state.view = clamp(Math.round(state.view), 1, 4, 1);
  state.k = clamp(Math.round(state.k), 1, 200, 20);
  state.c = clamp(Math.round(state.c), 1, 30, 30);
  state.mu = clamp(state.mu, 0, 10, 1);
  state.target = clamp(state.target, 0, 1, 0.7);
  return state;
}

function clamp(value, low, high, otherwise) {
  return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : otherwise;
}

let addressTimer = null;
// Browsers allow some hundred changes of the address in half a minute: a drag makes more.
function writeState(state) {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => {
    const url = new URL(window.location.href);
    for (const [name, start] of Object.entries(START)) {
      if (state[name] === start) url.searchParams.delete(name);
      else url.searchParams.set(name, String(state[name]));
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

const VARIED = { k: ["local_steps", "K = "], c: ["clients", "clients: "], alg: ["algorithm", ""],
                 h: ["heterogeneity", "α = "] };

// The lines of a half: several where something is compared, else one.
function linesOf(state, side, facts) {
  const preset = facts.presets.find((each) => each.name === state.preset);
  if (preset?.extras) return preset.extras[side].map((id) => ({ run: { extra: id }, label: facts.extraLabels[id] }));
  if (!state.vary) return [{ run: runOf(state, side), label: labelOf(runOf(state, side), facts) }];
  const [what, values] = state.vary.split(":"), [name, prefix] = VARIED[what] ?? VARIED.k;
  return values.split(",").map((value) => {
    const typed = name === "algorithm" ? value : Number(value);
    const label = name === "algorithm" ? facts.labels[value] ?? value : prefix + value;
    return { run: runOf(state, side, { [name]: typed }), label };
  });
}

function labelOf(run, facts) {
  const steps = facts.oneStep.includes(run.algorithm) ? "" : `, K = ${run.local_steps}`;
  return `${facts.labels[run.algorithm] ?? run.algorithm}${steps}`;
}

function dataName(run) {
  if (run.heterogeneity === null) return "IID";
  return `Heterogeneous, α = β = ${run.heterogeneity}`;
}
