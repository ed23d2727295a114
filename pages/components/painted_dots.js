// Hundreds of dots and more, painted on a canvas over the chart: as elements of it they would take
// seconds to redraw. Files that are downloaded have them all, drawn by Plotly.

const PAINTED_FROM = 300; // dots
const REACH = 12; // pixels around the pointer in which a painted dot is found
const SIDES = { circle: 0, square: 4, diamond: 4, pentagon: 5, hexagon: 6,
                "triangle-up": 3, "triangle-down": 3, "triangle-left": 3 };
const TURNS = { square: 0.25, diamond: 0, pentagon: -0.5, hexagon: 0, "triangle-up": -0.5,
                "triangle-down": 0.5, "triangle-left": 1 }; // in units of pi

const isDots = (trace) => trace.meta === "dots";

function isPainted(plot) {
  return (plot.linked?.ids.length ?? 0) >= PAINTED_FROM;
}

function symbolPath(symbol, size) {
  const path = new Path2D(), r = size / 2, arm = 0.35 * r;
  if (symbol === "star") return polygon(path, 10, -0.5, (corner) => (corner % 2 ? 0.6 : 1.3) * r);
  if (symbol === "cross" || symbol === "x") {
    const turn = new DOMMatrix().rotate(symbol === "x" ? 45 : 0), plus = new Path2D();
    plus.rect(-r, -arm, 2 * r, 2 * arm);
    plus.rect(-arm, -r, 2 * arm, 2 * r);
    path.addPath(plus, turn);
    return path;
  }
  if (!SIDES[symbol]) path.arc(0, 0, r, 0, 2 * Math.PI);
  else polygon(path, SIDES[symbol], TURNS[symbol], () => 1.15 * r);
  return path;
}

function polygon(path, corners, turn, radius) {
  for (let corner = 0; corner < corners; corner++) {
    const angle = Math.PI * (turn + (2 * corner) / corners), r = radius(corner);
    path[corner ? "lineTo" : "moveTo"](r * Math.cos(angle), r * Math.sin(angle));
  }
  path.closePath();
  return path;
}

class PaintedDots {
  constructor(plot, over) {
    this.plot = plot;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "live-chart-painted";
    over.prepend(this.canvas);
  }

  // traces: those of dots, in the page's colours; none clears the canvas.
  show(traces) {
    // Beaten ones first: the front lies on top.
    this.traces = traces.map((trace) => ({ ...trace, order: [...trace.x.keys()].sort(
      (a, b) => trace.marker.opacity[a] - trace.marker.opacity[b]) }));
    this.paint();
  }

  paint() {
    const { plot, canvas } = this, scale = window.devicePixelRatio || 1;
    canvas.hidden = !this.traces?.length || !plot._fullLayout?.xaxis;
    if (canvas.hidden) return;
    [canvas.width, canvas.height] = [plot.clientWidth * scale, plot.clientHeight * scale];
    const pen = canvas.getContext("2d"), { l, t, w, h } = plot._fullLayout._size;
    pen.scale(scale, scale);
    pen.beginPath();
    pen.rect(l - 6, t - 6, w + 12, h + 12);
    pen.clip();
    for (const trace of this.traces) this.paintTrace(pen, trace, scale);
  }

  paintTrace(pen, trace, scale) {
    const { xaxis, yaxis } = this.plot._fullLayout, { color, symbol, size, opacity } = trace.marker;
    const path = symbolPath(symbol.replace("-open", ""), 0.7 * size);
    pen.fillStyle = pen.strokeStyle = color;
    pen.lineWidth = 1.2;
    for (const index of trace.order) {
      const x = xaxis._offset + xaxis.d2p(trace.x[index]);
      const y = yaxis._offset + yaxis.d2p(trace.y[index]);
      pen.setTransform(scale, 0, 0, scale, scale * x, scale * y);
      pen.globalAlpha = opacity[index];
      if (symbol.endsWith("-open")) pen.stroke(path);
      else pen.fill(path);
    }
  }

  // The index of the network under the pointer, or null.
  nearest(event) {
    const box = this.plot.getBoundingClientRect();
    const at = [event.clientX - box.left, event.clientY - box.top];
    let found = null, least = REACH;
    for (let index = 0; index < this.plot.linked.ids.length; index++) {
      const [x, y] = placeOf(this.plot, index), away = Math.hypot(x - at[0], y - at[1]);
      if (away < least) [found, least] = [index, away];
    }
    return found;
  }
}

// Plotly knows nothing of painted dots: what a pointer does is told here.
function followPointer(plot, stage) {
  let down = null;
  const painted = (event) => isPainted(plot) && plot._fullLayout?.xaxis
    && !event.target.closest(".live-chart-fan, .modebar");
  stage.addEventListener("pointermove", (event) => {
    if (!painted(event) || event.buttons) return;
    const index = plot.painted.nearest(event);
    if (index !== null && !plot.networks.fan) plot.networks.activate(index);
  });
  stage.addEventListener("pointerdown", (event) => {
    down = painted(event) ? [event.clientX, event.clientY] : null;
  }, true);
  window.addEventListener("pointerup", (event) => {
    if (!down || Math.hypot(event.clientX - down[0], event.clientY - down[1]) > 4) return;
    down = null;
    const index = plot.painted.nearest(event);
    if (index !== null) plot.networks.click(plot.linked.ids[index]);
  }, true);
}
