// Views 1 and 4: curves against rounds, and a guess drawn by hand.

const METRICS = { validation_accuracy: "Validation accuracy", train_accuracy: "Training accuracy",
  validation_loss: "Validation loss", train_loss: "Training loss", drift: "Client drift",
  dissimilarity: "Gradient dissimilarity B", client_validation_accuracy: "Mean of the clients’ accuracies" };

function isShare(metric) { return metric.endsWith("accuracy"); }

// Both halves have one range, so that they can be compared by eye.
function rangeOf(demo, metric) {
  if (isShare(metric)) return [0, 1];
  let high = 0;
  for (const side of SIDES) for (const each of demo.lines(side)) {
    for (const value of demo.numbers.column(each.run, metric) ?? []) if (Number.isFinite(value)) high = Math.max(high, value);
  }
  return [0, high * 1.05 || 1];
}

function curvesFrame(demo, pen, metric) {
  const [low, high] = rangeOf(demo, metric);
  return frameOf(pen.width, pen.height, pen.size, [0, demo.rounds(), low, high]);
}

function drawCurves(demo, pen, side, inks) {
  const metric = demo.state.view === 4 ? "validation_accuracy" : demo.state.metric;
  const frame = curvesFrame(demo, pen, metric), size = pen.size, lines = demo.lines(side);
  drawAxes(pen, frame, inks, size, ["Round", METRICS[metric]], isShare(metric));
  const time = demo.isHiding ? 0 : demo.time, wide = pen.big ? 4 : 2.4;
  lines.forEach((each, i) => {
    const column = demo.numbers.column(each.run, metric);
    if (!column) return;
    const ink = inks.series[demo.inkOf(each, i, lines.length)];
    const dash = i < 4 ? [[], [8, 4], [3, 3], [10, 4, 2, 4]][i] : [];
    const points = partOf(column, time).map(([r, value]) => [frame.x(r), frame.y(value)]);
    line(pen, points, ink, wide, dash);
    const end = points.filter((point) => Number.isFinite(point[1])).at(-1);
    if (end) dot(pen, ...end, wide * 1.5, ink);
  });
  if (lines.length > 1) legend(demo, pen, frame, lines, inks);
  const guess = demo.guess[side];
  if (guess && demo.state.view === 1) line(pen, guess.map((v, r) => [frame.x(r), v === undefined ? NaN : frame.y(v)]), inks.text, wide, [2, 6]);
  if (demo.state.view === 4) drawTarget(demo, pen, frame, inks);
  if (demo.isHiding) write(pen, "Draw the curve that you expect, then Reveal", frame.left + size, frame.top + size * 1.6, inks.soft);
}

function legend(demo, pen, frame, lines, inks) {
  const size = pen.size, up = isShare(demo.state.metric) || demo.state.view === 4;
  // Curves may run behind the legend: it stays readable.
  const wide = Math.max(...lines.map((each) => pen.measureText(each.label).width)) + size * 3, tall = size * (1.35 * lines.length + 0.4);
  Object.assign(pen, { fillStyle: inks.back, globalAlpha: 0.8 });
  pen.fillRect(frame.left + frame.w - wide, up ? frame.top + frame.h - tall : frame.top, wide, tall);
  pen.globalAlpha = 1;
  lines.forEach((each, i) => {
    const y = up ? frame.top + frame.h - size * (0.7 + 1.35 * (lines.length - 1 - i)) : frame.top + size * (1.2 + 1.35 * i);
    const x = frame.left + frame.w - size * 0.4;
    const ink = inks.series[demo.inkOf(each, i, lines.length)];
    const dash = i < 4 ? [[], [8, 4], [3, 3], [10, 4, 2, 4]][i] : [];
    write(pen, each.label, x - size * 2.2, y, inks.text, "right");
    line(pen, [[x - size * 1.9, y - size * 0.35], [x, y - size * 0.35]], ink, 2.5, dash);
  });
}

// The curve up to a time between two rounds.
function partOf(column, time) {
  const whole = Math.floor(time), part = column.slice(0, whole + 1).map((value, r) => [r, value]);
  if (time > whole && whole + 1 < column.length) {
    part.push([time, column[whole] + (column[whole + 1] - column[whole]) * (time - whole)]);
  }
  return part;
}

function guessError(demo, side) {
  const guess = demo.guess[side], truth = demo.numbers.column(demo.main(side), demo.state.metric);
  if (!guess || !truth) return null;
  const known = guess.flatMap((value, r) => value === undefined || !Number.isFinite(truth[r]) ? [] : [Math.abs(value - truth[r])]);
  return known.length ? known.reduce((sum, each) => sum + each, 0) / known.length : null;
}
