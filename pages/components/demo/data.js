// The grid and live answers as numbers; one run's key is the same for all runs with its numbers.

const KINDS = { float64: Float64Array, float32: Float32Array, int32: Int32Array };

function unpack(packed) {
  const text = atob(packed.data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return { shape: packed.shape, values: new KINDS[packed.kind](bytes.buffer) };
}

// An algorithm of one step a round does not ask for K, most do not ask for mu.
function keyOf(run, facts) {
  const k = facts.oneStep.includes(run.algorithm) ? 1 : run.local_steps;
  const mu = facts.withMu.includes(run.algorithm) ? run.mu : 1;
  const h = run.heterogeneity === null ? "iid" : run.heterogeneity;
  return [h, k, run.clients, run.algorithm, mu, run.data_seed].join("|");
}

class Numbers {
  constructor(facts) {
    this.facts = facts;
    this.histories = new Map();
    this.labels = new Map();
    this.pictures = new Map();
  }

  addGrid(grid) {
    const records = unpack(grid.records), size = records.shape[1] * records.shape[2];
    grid.runs.forEach(([h, k, c, algorithm, mu, seed], i) => {
      const run = { heterogeneity: h, local_steps: k, clients: c, algorithm, mu, data_seed: seed };
      this.histories.set(keyOf(run, this.facts), records.values.subarray(i * size, (i + 1) * size));
    });
    const labels = unpack(grid.labels), each = labels.shape[1] * labels.shape[2];
    grid.data.forEach((h, i) => this.labels.set(`${h ?? "iid"}|${grid.runs[0][5]}`, {
      shape: labels.shape.slice(1), values: labels.values.subarray(i * each, (i + 1) * each),
    }));
  }

  addAnswer(view, run, answer) {
    const key = keyOf(run, this.facts);
    if (view === "curves") {
      this.histories.set(key, unpack(answer.records).values);
      this.labels.set(`${run.heterogeneity ?? "iid"}|${run.data_seed}`, unpack(answer.labels));
      return;
    }
    const picture = { ...answer };
    for (const [name, value] of Object.entries(answer)) {
      if (value && value.data !== undefined) picture[name] = unpack(value);
    }
    this.pictures.set(`${view}|${key}`, picture);
  }

  history(run) {
    return run.extra ? unpackedExtra(this, run.extra) : this.histories.get(keyOf(run, this.facts));
  }

  picture(view, run) { return run.extra ? null : this.pictures.get(`${view}|${keyOf(run, this.facts)}`); }

  labelsOf(run) {
    if (run.extra) return this.extraLabels.get(run.extra);
    return this.labels.get(`${run.heterogeneity ?? "iid"}|${run.data_seed}`);
  }

  // Column `name` of a run's history, a number a round.
  column(run, name) {
    const history = this.history(run), width = this.facts.columns.length;
    if (!history) return null;
    const place = this.facts.columns.indexOf(name);
    return Array.from({ length: history.length / width }, (_, r) => history[r * width + place]);
  }
}

function unpackedExtra(numbers, id) { return numbers.extras?.get(id); }

function addExtras(numbers, extras) {
  numbers.extras ??= new Map();
  numbers.extraLabels ??= new Map();
  for (const each of extras) {
    numbers.extras.set(each.id, unpack(each.records).values);
    numbers.extraLabels.set(each.id, unpack(each.labels));
  }
}

// First round at which a curve reaches the target, -1 if it never does.
function reachedAt(column, target) { return column.findIndex((value) => value >= target); }
