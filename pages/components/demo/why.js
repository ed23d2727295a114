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
  const r = demo.shownRound(), [a, b] = SIDES.map((side) => demo.main(side));
  const value = (run, name) => demo.numbers.column(run, name)?.[r];
  const [x, y] = [a, b].map((run) => value(run, "validation_accuracy"));
  if (!Number.isFinite(x) || !Number.isFinite(y)) return demo.waitingFor.size ? "Computing …" : "";
  const gap = Math.abs(x - y) < 0.0005 ? "as far as the left half" : `${(100 * Math.abs(x - y)).toFixed(1)} points ${y < x ? "below" : "above"} the left half`;
  const drifts = [a, b].map((run) => value(run, "drift")), bs = [a, b].map((run) => value(run, "dissimilarity"));
  const apart = drifts.every((d) => d > 1e-9) ? ` Its clients end the round ${times(drifts[1] / drifts[0])} as far apart (drift ${three(drifts[1])} against ${three(drifts[0])})` : "";
  const differ = bs.every(Number.isFinite) ? `${apart ? ", and" : ""} the gradients’ dissimilarity is ${three(bs[1])} against ${three(bs[0])}` : "";
  const head = `Round ${r}: the right half is at ${percentOf(y)} validation accuracy, ${gap}`;
  return `${head}.${apart}${apart ? differ : differ && ` There${differ.replace(/^,? ?and/, "")}`}${apart || differ ? "." : ""}`;
}

function times(ratio) {
  if (ratio > 0.95 && ratio < 1.05) return "about";
  return ratio >= 1 ? `${three(ratio)} times` : `only ${Math.round(100 * ratio)}%`;
}
