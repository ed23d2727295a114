// Names at the ends of lines, in place of a legend, and ticks that follow a zoom.

const NAMES_FROM = 440; // pixels: a narrower chart has no room for names and keeps its legend
const LINE = 15; // pixels of a line of a name
const LONGEST = 20; // characters of a line of a name

function measured(text) {
  measured.pen ??= document.createElement("canvas").getContext("2d");
  measured.pen.font = "12px Source Sans, Source Sans Pro, DejaVu Sans, sans-serif";
  return measured.pen.measureText(text).width;
}

// Two lines for a long name, broken at the space nearest to its middle.
function broken(text) {
  const spaces = [...text.matchAll(/ /g)].map((match) => match.index);
  if (text.length <= LONGEST || !spaces.length) return [text];
  const middle = spaces.reduce((a, b) =>
    Math.abs(b - text.length / 2) < Math.abs(a - text.length / 2) ? b : a);
  return [text.slice(0, middle), text.slice(middle + 1)];
}

// The flat pieces of the front's bold step, in pixels: a name on one of them could not be read.
function flatPieces(plot) {
  const { xaxis, yaxis } = plot._fullLayout, { l, t } = plot._fullLayout._size;
  const { x, y } = plot.data.find((trace) => trace.name === "Front") ?? { x: [], y: [] };
  return x.slice(1).flatMap((_, n) => (y[n] === y[n + 1] && x[n] !== x[n + 1]
    ? [{ ends: [x[n], x[n + 1]].map((each) => l + xaxis.d2p(each)), at: t + yaxis.d2p(y[n]) }]
    : []));
}

// Where a name would like its middle: beside its dot, but above or below the front, not on it.
function besideFront(box, pieces) {
  const struck = pieces.find(({ ends, at }) => Math.min(...ends) < box.right
    && Math.max(...ends) > box.left && Math.abs(at - box.middle) < box.height / 2 + 2);
  if (!struck) return box.middle;
  const away = box.height / 2 + 3;
  return struck.at + (box.middle <= struck.at + 1 ? -away : away);
}

// One box a name; boxes that share a column are pushed apart, none beyond the plot.
function spread(boxes, top, bottom) {
  const meet = (a, b) => a.left < b.right + 4 && b.left < a.right + 4;
  const sorted = [...boxes].sort((a, b) => a.wanted - b.wanted);
  sorted.forEach((box, at) => {
    box.top = Math.max(top, box.wanted - box.height / 2);
    for (const other of sorted.slice(0, at)) {
      if (meet(box, other)) box.top = Math.max(box.top, other.top + other.height);
    }
  });
  [...sorted].reverse().forEach((box, at, all) => {
    box.top = Math.min(box.top, bottom - box.height);
    for (const other of all.slice(0, at)) {
      if (meet(box, other)) box.top = Math.min(box.top, other.top - box.height);
    }
  });
  return sorted;
}

function nameBoxes(plot) {
  const { xaxis, yaxis } = plot._fullLayout, { l, t, w, h } = plot._fullLayout._size;
  const pieces = flatPieces(plot);
  return plot.linked.ends.map((end) => {
    const lines = broken(end.text), width = Math.max(...lines.map(measured));
    const across = l + xaxis.d2p(end.x), middle = t + yaxis.d2p(end.y);
    const left = Math.min(across + 22, plot.clientWidth - width - 2);
    const box = { ...end, lines, across, middle, left, right: left + width,
                  height: LINE * lines.length };
    return { ...box, wanted: besideFront(box, pieces) };
  }).filter(({ across, middle }) =>
    across >= l - 2 && across <= l + w + 2 && middle >= t - 2 && middle <= t + h + 2);
}

function placedNames(plot) {
  if (!plot.linked?.ends.length || plot.clientWidth < NAMES_FROM) return [];
  const { t, h } = plot._fullLayout._size;
  return spread(nameBoxes(plot), t, t + h);
}

// Whether a name covers small words beside a guide, such as the score of a line.
function isCovered(plot, note, names) {
  if (note.xref === "paper") return false;
  const { xaxis, yaxis } = plot._fullLayout, { l, t } = plot._fullLayout._size;
  const width = (measured(note.text) * note.font.size) / 12;
  const at = l + xaxis.l2p(note.x) + note.xshift;
  const left = note.xanchor === "center" ? at - width / 2 : at;
  const middle = t + yaxis.l2p(note.y) - note.yshift;
  return names.some((box) => left < box.right && box.left < left + width
    && box.top < middle + LINE / 2 && middle - LINE / 2 < box.top + box.height);
}

function lineEnds(plot, names) {
  const { xaxis, yaxis } = plot._fullLayout;
  const placed = (axis, value) => (axis.type === "log" ? Math.log10(value) : value);
  return names.map((box) => ({
    name: "line end", text: box.lines.join("<br>"), align: "left",
    x: placed(xaxis, box.x), y: placed(yaxis, box.y),
    xanchor: "left", yanchor: "middle", ax: box.left - box.across,
    ay: box.top + box.height / 2 - box.middle, showarrow: true, arrowhead: 0, arrowwidth: 0.8,
    arrowcolor: box.color, standoff: 7, bgcolor: plot.pageColor, borderpad: 1, font: { size: 12, color: box.color }, captureevents: false,
  }));
}

// Room at the right for the names of lines that end there.
function nameRoom(plot, layout, width) {
  const ends = plot.linked?.ends ?? [];
  if (!ends.length || width < NAMES_FROM) return 0;
  const { range, type } = layout.xaxis;
  if (!range) return 150;
  const position = (x) => ((type === "log" ? Math.log10(x) : x) - range[0]) / (range[1] - range[0]);
  const room = 150, plain = width - 56;
  const needs = ends.map((end) => {
    const longest = Math.max(...broken(end.text).map(measured));
    return position(end.x) * (plain - room) + 32 + longest - (plain - room);
  });
  return Math.min(room, Math.max(0, ...needs));
}

// The same rule as `kept_ticks` in core/figures/frontier/view.py, for the part that is zoomed into.
function keptTicks(left, right, log) {
  const steps = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
  const found = steps.filter((step) => right <= step && step <= left);
  if (log && found.length > 2) return found;
  const size = 10 ** Math.floor(Math.log10(left - right));
  const step = [0.1, 0.2, 0.5, 1, 2].map((s) => s * size).find((s) => (left - right) / s <= 6);
  const ticks = [];
  for (let n = Math.floor(left / step); n >= Math.ceil(right / step); n--) ticks.push(n * step);
  return ticks.map((tick) => Number(tick.toFixed(10)));
}

const inPercent = (share) => `${Number((100 * share).toPrecision(6))}%`;

// What depends on pixels and on the zoom: after every drawing, and after every zoom.
function arranged(plot, layout) {
  const names = placedNames(plot);
  const notes = (layout.annotations ?? []).filter((note) => !isCovered(plot, note, names));
  const change = { annotations: [...notes, ...lineEnds(plot, names)] };
  const ticks = ticksOf(plot, layout);
  // The same ticks again would cost a drawing of both axes.
  if (ticks && String(ticks.ticktext) !== String(plot.layout.xaxis.ticktext)) {
    change["xaxis.tickvals"] = ticks.tickvals;
    change["xaxis.ticktext"] = ticks.ticktext;
  }
  return change;
}

function ticksOf(plot, layout) {
  const { xaxis } = plot._fullLayout;
  if (!layout.xaxis.ticktext) return null;
  if (xaxis.range.every((end, at) => end === layout.xaxis.range[at])) return layout.xaxis;
  const log = xaxis.type === "log";
  const [left, right] = xaxis.range.map((end) => (log ? 10 ** end : end));
  const tickvals = keptTicks(left, right, log);
  return { tickvals,
           ticktext: tickvals.map((kept) => `${inPercent(kept)}<br>${inPercent(1 - kept)}`) };
}
