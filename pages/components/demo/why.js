// Beside the pictures: labels and sizes of the clients, drift, dissimilarity, and one sentence.

function drawWhy(demo, pen, side, inks) {
  const run = demo.main(side), labels = demo.numbers.labelsOf(run), size = pen.size;
  if (!labels) return;
  const [clients, classes] = labels.shape, left = size * 1.2, top = size * 1.6;
  const w = (pen.width * 0.56 - left) / clients, h = (pen.height - top - size * 1.8) / classes;
  pen.font = `${size}px "Source Sans", sans-serif`;
  const totals = Array.from({ length: clients }, (_, k) => sum(labels.values.subarray(k * classes, (k + 1) * classes)));
  for (let k = 0; k < clients; k++) for (let j = 0; j < classes; j++) {
    const share = labels.values[k * classes + j] / totals[k];
    Object.assign(pen, { fillStyle: inks.series[0], globalAlpha: 0.06 + 0.94 * share });
    pen.fillRect(left + k * w, top + j * h, Math.max(1, w - 0.6), Math.max(1, h - 0.6));
  }
  pen.globalAlpha = 1;
  write(pen, "Labels (rows) of each client", left, size * 1.1, inks.soft);
  const from = pen.width * 0.62, wide = (pen.width * 0.97 - from) / clients, most = Math.max(...totals), tall = pen.height - top - size * 1.8;
  [...totals].sort((a, b) => b - a).forEach((total, i) => {
    Object.assign(pen, { fillStyle: inks.series[2] });
    const bar = tall * total / most;
    pen.fillRect(from + i * wide, top + tall - bar, Math.max(1, wide - 1), bar);
  });
  write(pen, `Sizes; largest ${Math.round(100 * most / sum(totals))}%`, from, size * 1.1, inks.soft);
  write(pen, causes(demo, run), left, pen.height - size * 0.4, inks.text);
}

function sum(values) { return values.reduce((total, value) => total + value, 0); }

function causes(demo, run) {
  const at = (name) => demo.numbers.column(run, name)?.[demo.shownRound()];
  return `Round ${demo.shownRound()}: drift ${three(at("drift"))}, dissimilarity B ${three(at("dissimilarity"))}`;
}

function three(value) { return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "–"; }

function percentOf(value) { return `${(100 * value).toFixed(1)}%`; }

// One sentence, computed from the shown round of the two main runs.
function sentence(demo) {
  const runs = SIDES.map((side) => demo.main(side)), [x, y] = runs.map((run) => shownValue(demo, run, "validation_accuracy"));
  if (demo.state.view === 2) return distances(demo);
  if (!Number.isFinite(x) || !Number.isFinite(y)) return demo.waitingFor.size ? "Computing …" : "";
  const [left, right] = SIDES.map((side) => halfName(demo, side));
  const gap = (100 * Math.abs(x - y)).toFixed(1), apart = `${gap} points ${y < x ? "below" : "above"}`;
  const head = `Round ${demo.shownRound()}: the ${right} is at ${percentOf(y)} validation accuracy, ${gap === "0.0" ? "level with" : apart} the ${left}`;
  const [one, other] = runs.map((run) => taskOf(run, demo.facts));
  const warning = one === other ? ", on the same data." : ". These are two different tasks: compare drift and steadiness, not heights.";
  return [head + warning, spreads(demo, runs)].filter(Boolean).join(" ");
}

function shownValue(demo, run, name) { return demo.numbers.column(run, name)?.[demo.shownRound()]; }

// Of several lines, one is meant.
function halfName(demo, side) {
  return demo.lines(side).length > 1 ? `${side} half (${demo.mainLine(side).label})` : `${side} half`;
}

function spreads(demo, runs) {
  const drifts = runs.map((run) => shownValue(demo, run, "drift")), bs = runs.map((run) => shownValue(demo, run, "dissimilarity"));
  const against = (values) => `${three(values[0])} on the left and ${three(values[1])} on the right`;
  const differ = bs.every(Number.isFinite) ? `the gradients’ dissimilarity is ${against(bs)}` : "";
  if (!drifts.every((d) => d > 1e-9)) return differ && `${differ[0].toUpperCase()}${differ.slice(1)}.`;
  const apart = `Right-hand clients end the round ${times(drifts[1] / drifts[0])} as far apart as left-hand ones (drift ${against(drifts)})`;
  return `${apart}${differ && `, and ${differ}`}.`;
}

// View 2 has a federation of its own, so its sentence is about what is drawn there.
function distances(demo) {
  const pictures = SIDES.map((side) => demo.shownPicture("two", side));
  if (!pictures.every(Boolean)) return "Computing …";
  const round = Math.min(demo.shownRound(), pictures[0].paths.shape[0]);
  const [a, b] = pictures.map((picture) => three(distance(pointsAt(picture.server, round), picture.optimum)));
  const head = `Round ${round}: the server is ${a} from the lowest mean loss on the left, ${b} on the right.`;
  if (round === 0 || pictures.some((picture) => picture.paths.shape[1] < 2)) return head;
  const [c, d] = pictures.map((picture) => three(spreadOf(picture, round - 1)));
  return `${head} Its clients end the round ${c} away from their mean on the left, ${d} on the right.`;
}

function distance(a, b) { return Math.hypot(a[0] - b[0], a[1] - b[1]); }

// Root mean square distance of a round's clients from their mean.
function spreadOf(picture, round) {
  const [, clients, points] = picture.paths.shape;
  const ends = Array.from({ length: clients }, (_, m) => pointsAt(picture.paths, round, m, points - 1));
  const mean = [0, 1].map((i) => sum(ends.map((end) => end[i])) / clients);
  return Math.sqrt(sum(ends.map((end) => distance(end, mean) ** 2)) / clients);
}

function times(ratio) {
  if (ratio > 0.95 && ratio < 1.05) return "just";
  return ratio >= 1 ? `${three(ratio)} times` : `only ${Math.round(100 * ratio)}%`;
}
