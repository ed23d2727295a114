// Views 2 and 3: where the server and its clients go, over contours of the loss.

const LOCAL = 0.75; // part of a round's time in which clients work; the rest is the averaging

// The lines of a lattice at one level, by marching squares; [[x, y], [x, y]] in cells.
function contour(values, cells, level) {
  const found = [], at = (i, j) => values[j * cells + i];
  const cut = (a, b) => (level - a) / (b - a);
  for (let j = 0; j + 1 < cells; j++) for (let i = 0; i + 1 < cells; i++) {
    const [a, b, c, d] = [at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)], hits = [];
    if ((a < level) !== (b < level)) hits.push([i + cut(a, b), j]);
    if ((b < level) !== (c < level)) hits.push([i + 1, j + cut(b, c)]);
    if ((d < level) !== (c < level)) hits.push([i + cut(d, c), j + 1]);
    if ((a < level) !== (d < level)) hits.push([i, j + cut(a, d)]);
    for (let n = 0; n + 1 < hits.length; n += 2) found.push([hits[n], hits[n + 1]]);
  }
  return found;
}

// Three points for one, by Catmull and Rom's cubic: contours of a coarse lattice look less cut.
function refined(values, cells) {
  const fine = 3 * (cells - 1) + 1, at = (list, i) => list[Math.max(0, Math.min(cells - 1, i))];
  const cubic = (list, x) => {
    const i = Math.min(cells - 2, Math.floor(x)), t = x - i, [a, b, c, d] = [-1, 0, 1, 2].map((n) => at(list, i + n));
    return b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  };
  const rows = Array.from({ length: cells }, (_, j) => {
    const row = values.subarray(j * cells, (j + 1) * cells);
    return Float64Array.from({ length: fine }, (_, i) => cubic(row, i / 3));
  });
  const found = new Float64Array(fine * fine);
  for (let i = 0; i < fine; i++) {
    const column = rows.map((row) => row[i]);
    for (let j = 0; j < fine; j++) found[j * fine + i] = cubic(column, j / 3);
  }
  return { values: found, cells: fine };
}

function levelsOf(values, count) {
  let low = Infinity, high = -Infinity;
  for (const value of values) if (Number.isFinite(value)) { low = Math.min(low, value); high = Math.max(high, value); }
  return Array.from({ length: count }, (_, i) => low + (high - low) * ((i + 0.6) / count) ** 2);
}

function drawContours(pen, frame, box, values, cells, ink, width, count, alpha) {
  const x = (i) => frame.x(box[0] + (box[1] - box[0]) * i / (cells - 1));
  const y = (j) => frame.y(box[2] + (box[3] - box[2]) * j / (cells - 1));
  pen.beginPath();
  for (const level of levelsOf(values, count)) for (const [from, to] of contour(values, cells, level)) {
    pen.moveTo(x(from[0]), y(from[1]));
    pen.lineTo(x(to[0]), y(to[1]));
  }
  Object.assign(pen, { strokeStyle: ink, lineWidth: width, globalAlpha: alpha });
  pen.setLineDash([]);
  pen.stroke();
  pen.globalAlpha = 1;
}

// Contours do not move: they are drawn once for a size and a theme, and copied in every frame.
function withContours(demo, pen, side, signature, draw) {
  if (!pen.canvas) return draw(pen);
  const kept = demo.backgrounds[side];
  if (kept?.signature !== signature) {
    const canvas = document.createElement("canvas");
    canvas.width = pen.canvas.width; canvas.height = pen.canvas.height;
    const own = penOf(canvas, pen);
    draw(own);
    demo.backgrounds[side] = { signature, canvas };
  }
  pen.drawImage(demo.backgrounds[side].canvas, 0, 0, pen.width, pen.height);
}

function clipped(pen, frame, draw) {
  pen.save();
  pen.beginPath();
  pen.rect(frame.left, frame.top, frame.w, frame.h);
  pen.clip();
  draw();
  pen.restore();
}

function meanLoss(picture) {
  const [clients, cells] = picture.losses.shape, size = cells * cells, mean = new Float64Array(size);
  for (let k = 0; k < clients; k++) for (let i = 0; i < size; i++) mean[i] += picture.losses.values[k * size + i] / clients;
  return mean;
}

function drawTwo(demo, pen, side, inks) {
  const run = demo.main(side), picture = demo.shownPicture("two", side), size = pen.size;
  if (!picture) return waiting(pen, inks);
  const frame = frameOf(pen.width, pen.height, size, picture.box), cells = picture.losses.shape[1];
  const chosen = [demo.state.one, demo.state.two], marks = [inks.series[1], inks.series[3]];
  picture.mean ??= meanLoss(picture);
  const signature = [keyOf(run, demo.facts), pen.width, pen.height, inks.dark, ...chosen, size].join();
  withContours(demo, pen, side, signature, (own) => {
    drawAxes(own, frame, inks, size, ["Slope", "Intercept"]);
    clipped(own, frame, () => {
      chosen.forEach((k, i) => {
        const values = picture.losses.values.subarray(k * cells * cells, (k + 1) * cells * cells);
        drawContours(own, frame, picture.box, values, cells, marks[i], 1, 9, 0.55);
      });
      drawContours(own, frame, picture.box, picture.mean, cells, inks.text, 1.1, 12, 0.5);
    });
  });
  clipped(pen, frame, () => drawRound(demo, pen, frame, inks, picture, chosen, marks));
  star(pen, frame.x(picture.optimum[0]), frame.y(picture.optimum[1]), size * 0.75, inks);
}

function pointsAt(array, ...places) {
  let offset = 0, size = array.values.length;
  places.forEach((place, i) => { size /= array.shape[i]; offset += place * size; });
  return array.values.subarray(offset, offset + size);
}

// Which round is under way, and how far. At a whole number the round that has just ended is shown.
function underWay(demo, rounds) {
  const time = Math.min(demo.time, rounds), whole = Math.max(0, Math.ceil(time) - 1);
  return { whole, part: time - whole };
}

function drawRound(demo, pen, frame, inks, picture, chosen, marks) {
  const { whole, part } = underWay(demo, picture.paths.shape[0]), [, clients, points] = picture.paths.shape, big = pen.big ? 1.6 : 1;
  const server = (r) => { const p = pointsAt(picture.server, r); return [frame.x(p[0]), frame.y(p[1])]; };
  line(pen, Array.from({ length: whole + 1 }, (_, r) => server(r)), inks.series[0], 2.2 * big);
  for (let r = 0; r <= whole; r++) dot(pen, ...server(r), 2.2 * big, inks.series[0]);
  const local = Math.min(1, part / LOCAL), back = Math.max(0, (part - LOCAL) / (1 - LOCAL)), next = server(whole + 1);
  for (let m = 0; m < clients; m++) {
    const k = pointsAt(picture.clients, whole)[m], mark = chosen.indexOf(k), ink = mark < 0 ? inks.line : marks[mark];
    const path = Array.from({ length: points }, (_, i) => { const p = pointsAt(picture.paths, whole, m, i); return [frame.x(p[0]), frame.y(p[1])]; });
    const walked = partOf2(path, local * (points - 1));
    line(pen, walked, ink, (mark < 0 ? 1.3 : 2.4) * big);
    const end = walked.at(-1), here = [end[0] + (next[0] - end[0]) * back, end[1] + (next[1] - end[1]) * back];
    if (back > 0) line(pen, [end, here], ink, 1, [3, 3]);
    dot(pen, ...here, (mark < 0 ? 3 : 4.5) * big, ink);
    if (mark >= 0) arrowsOf(pen, frame, picture, whole, m, path, inks, big);
  }
  if (part >= 1) line(pen, [server(whole), next], inks.series[0], 2.2 * big);
  dot(pen, ...(part >= 1 ? next : server(whole)), 5 * big, inks.series[0]);
}

// SCAFFOLD's correction from the server's model, FedProx's pull from the end of a path. A pull is
// one step's, so it is drawn longer than it is; the note on the page says so.
function arrowsOf(pen, frame, picture, round, m, path, inks, big) {
  const [du, dv] = pointsAt(picture.corrections, round, m), [pu, pv] = pointsAt(picture.pulls, round, m);
  const scale = [frame.w / (frame.box[1] - frame.box[0]), -frame.h / (frame.box[3] - frame.box[2])];
  const from = path[0], end = path.at(-1);
  arrow(pen, from, [from[0] + du * scale[0], from[1] + dv * scale[1]], inks.series[4], 2 * big);
  arrow(pen, end, [end[0] + 20 * pu * scale[0], end[1] + 20 * pv * scale[1]], inks.series[2], 2 * big);
}

function partOf2(path, reach) {
  const whole = Math.floor(reach), part = path.slice(0, whole + 1), rest = reach - whole;
  if (rest > 0 && whole + 1 < path.length) {
    const [a, b] = [path[whole], path[whole + 1]];
    part.push([a[0] + (b[0] - a[0]) * rest, a[1] + (b[1] - a[1]) * rest]);
  }
  return part;
}

function star(pen, x, y, radius, inks) {
  pen.beginPath();
  for (let i = 0; i < 10; i++) {
    const r = i % 2 ? radius * 0.42 : radius, angle = -Math.PI / 2 + i * Math.PI / 5;
    pen[i ? "lineTo" : "moveTo"](x + r * Math.cos(angle), y + r * Math.sin(angle));
  }
  pen.closePath();
  pen.fillStyle = inks.text;
  pen.fill();
}

function drawPlane(demo, pen, side, inks) {
  const run = demo.main(side), picture = demo.shownPicture("plane", side), size = pen.size;
  if (!picture) return waiting(pen, inks);
  const frame = frameOf(pen.width, pen.height, size, picture.box), cells = picture.losses.shape[0];
  picture.fine ??= refined(picture.losses.values, cells);
  const percents = picture.shares.map((share) => Math.round(share * 100));
  const titles = [`Server’s main direction (${percents[0]}% of its path)`, `Clients’ spread (${percents[1]}% of it)`];
  const signature = [keyOf(run, demo.facts), pen.width, pen.height, inks.dark, picture.box, size].join();
  withContours(demo, pen, side, signature, (own) => {
    drawAxes(own, frame, inks, size, titles);
    clipped(own, frame, () => drawContours(own, frame, picture.box, picture.fine.values, picture.fine.cells, inks.text, 1.1, 14, 0.45));
  });
  clipped(pen, frame, () => drawFan(demo, pen, frame, inks, picture));
}

function drawFan(demo, pen, frame, inks, picture) {
  const [rounds, clients] = picture.ends.shape, { whole, part } = underWay(demo, rounds);
  const out = Math.min(1, part / LOCAL), back = Math.max(0, (part - LOCAL) / (1 - LOCAL)), big = pen.big ? 1.6 : 1;
  const server = (r) => { const p = pointsAt(picture.server, r); return [frame.x(p[0]), frame.y(p[1])]; };
  const start = server(whole), next = server(whole + 1);
  for (let m = 0; m < clients; m++) {
    const p = pointsAt(picture.ends, whole, m), end = [frame.x(p[0]), frame.y(p[1])];
    const here = [start[0] + (end[0] - start[0]) * out, start[1] + (end[1] - start[1]) * out];
    const now = [here[0] + (next[0] - here[0]) * back, here[1] + (next[1] - here[1]) * back];
    line(pen, [start, here], inks.series[3], 1.2 * big, [], 0.55);
    dot(pen, ...now, 3 * big, inks.series[3], 0.9);
  }
  const stands = part >= 1 ? whole + 1 : whole;
  line(pen, Array.from({ length: stands + 1 }, (_, r) => server(r)), inks.series[0], 2.4 * big);
  for (let r = 0; r <= stands; r++) dot(pen, ...server(r), (r === stands ? 5 : 2.2) * big, inks.series[0]);
}

function waiting(pen, inks) {
  pen.font = `${pen.size}px "Source Sans", sans-serif`;
  write(pen, "Computing …", pen.width / 2, pen.height / 2, inks.soft, "center");
}
