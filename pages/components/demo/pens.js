// The same drawing on a canvas and as SVG: the few calls that this file knows.

class SvgPen {
  constructor(width, height) {
    Object.assign(this, { width, height, parts: [], path: "", stack: [], globalAlpha: 1, lineWidth: 1,
      strokeStyle: "#000", fillStyle: "#000", font: "13px sans-serif", textAlign: "left",
      textBaseline: "alphabetic", dash: [], shift: [0, 0], turned: 0, lineJoin: "round", lineCap: "round" });
  }
  save() { this.stack.push([this.shift, this.turned, this.clipped]); }
  restore() { [this.shift, this.turned, this.clipped] = this.stack.pop(); }
  translate(x, y) { this.shift = [this.shift[0] + x, this.shift[1] + y]; }
  rotate(angle) { this.turned += angle * 180 / Math.PI; }
  at(x, y) { return `${(x + this.shift[0]).toFixed(2)} ${(y + this.shift[1]).toFixed(2)}`; }
  beginPath() { this.path = ""; }
  moveTo(x, y) { this.path += `M${this.at(x, y)}`; }
  lineTo(x, y) { this.path += `L${this.at(x, y)}`; }
  closePath() { this.path += "Z"; }
  rect(x, y, w, h) { this.path += `M${this.at(x, y)}h${w}v${h}h${-w}Z`; }
  arc(x, y, r) {
    this.path += `M${this.at(x - r, y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  }
  clip() {
    const id = `clip${this.parts.length}`;
    this.parts.push(`<clipPath id="${id}"><path d="${this.path}"/></clipPath>`);
    this.clipped = id;
  }
  get inside() { return this.clipped ? ` clip-path="url(#${this.clipped})"` : ""; }
  setLineDash(dash) { this.dash = dash; }
  stroke() {
    this.parts.push(`<path d="${this.path}" fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}"`
      + ` stroke-dasharray="${this.dash.join(" ")}" opacity="${this.globalAlpha}" stroke-linejoin="round"${this.inside}/>`);
  }
  fill() { this.parts.push(`<path d="${this.path}" fill="${this.fillStyle}" opacity="${this.globalAlpha}"${this.inside}/>`); }
  fillRect(x, y, w, h) { this.beginPath(); this.rect(x, y, w, h); this.fill(); }
  measureText(text) { return { width: text.length * parseFloat(this.font.match(/([\d.]+)px/)[1]) * 0.52 }; }
  fillText(text, x, y) {
    const anchor = { left: "start", center: "middle", right: "end" }[this.textAlign];
    const base = this.textBaseline === "middle" ? "central" : "auto";
    const [cx, cy] = [x + this.shift[0], y + this.shift[1]];
    const safe = String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
    const turn = this.turned ? ` transform="rotate(${this.turned} ${this.shift[0]} ${this.shift[1]})"` : "";
    this.parts.push(`<text x="${cx.toFixed(2)}" y="${cy.toFixed(2)}" fill="${this.fillStyle}" text-anchor="${anchor}"`
      + ` dominant-baseline="${base}" style="font:${this.font}"${turn}>${safe}</text>`);
  }
  text(background) {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${this.height}">`
      + `<rect width="100%" height="100%" fill="${background}"/>${this.parts.join("")}</svg>`;
  }
}

function isDark(element) {
  const [r, g, b] = getComputedStyle(element).color.match(/[\d.]+/g).map(Number);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 127;
}

function inksOf(root, facts) {
  const dark = isDark(root), text = getComputedStyle(root).color, [r, g, b] = text.match(/[\d.]+/g);
  return { dark, text, series: dark ? facts.colors.dark : facts.colors.light,
           grid: `rgba(${r},${g},${b},0.14)`, line: `rgba(${r},${g},${b},0.45)`,
           soft: `rgba(${r},${g},${b},0.72)`, card: dark ? "#1c242b" : "#ffffff",
           back: dark ? "#12171c" : "#ffffff" };
}

// A frame of axes: where numbers land, with ticks at 1, 2 and 5.
function frameOf(width, height, size, box) {
  const pad = { left: size * 4.2, right: size, top: size * 0.9, bottom: size * 2.9 };
  const w = width - pad.left - pad.right, h = height - pad.top - pad.bottom;
  return { ...pad, w, h, box,
    x: (value) => pad.left + (value - box[0]) / (box[1] - box[0]) * w,
    y: (value) => pad.top + (box[3] - value) / (box[3] - box[2]) * h,
    ux: (x) => box[0] + (x - pad.left) / w * (box[1] - box[0]),
    uy: (y) => box[3] - (y - pad.top) / h * (box[3] - box[2]) };
}

function ticks(low, high, most) {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

function drawAxes(pen, frame, inks, size, titles, percent) {
  pen.font = `${size}px "Source Sans", "Source Sans Pro", sans-serif`;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  for (const value of ticks(frame.box[2], frame.box[3], frame.h / (size * 3))) {
    line(pen, [[frame.left, frame.y(value)], [frame.left + frame.w, frame.y(value)]], inks.grid);
    write(pen, shown(value, percent), frame.left - size * 0.5, frame.y(value), inks.soft, "right", "middle");
  }
  for (const value of ticks(frame.box[0], frame.box[1], frame.w / (size * 4.5))) {
    line(pen, [[frame.x(value), frame.top], [frame.x(value), frame.top + frame.h]], inks.grid);
    write(pen, shown(value), frame.x(value), frame.top + frame.h + size * 1.25, inks.soft, "center");
  }
  write(pen, titles[0], frame.left + frame.w / 2, frame.top + frame.h + size * 2.5, inks.soft, "center");
  pen.save();
  pen.translate(size * 0.95, frame.top + frame.h / 2);
  pen.rotate(-Math.PI / 2);
  write(pen, titles[1], 0, 0, inks.soft, "center");
  pen.restore();
}

function shown(value, percent) {
  if (percent) return `${Math.round(value * 100)}%`;
  return String(Number(value.toPrecision(6))).replace("-", "−");
}

function line(pen, points, ink, width = 1, dash = [], alpha = 1) {
  pen.beginPath();
  let open = false;
  for (const [x, y] of points) {
    if (!Number.isFinite(y)) { open = false; continue; }
    if (open) pen.lineTo(x, y); else pen.moveTo(x, y);
    open = true;
  }
  Object.assign(pen, { strokeStyle: ink, lineWidth: width, globalAlpha: alpha, lineJoin: "round" });
  pen.setLineDash(dash);
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

function dot(pen, x, y, radius, ink, alpha = 1) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  Object.assign(pen, { fillStyle: ink, globalAlpha: alpha });
  pen.fill();
  pen.globalAlpha = 1;
}

function write(pen, text, x, y, ink, align = "left", base = "alphabetic") {
  Object.assign(pen, { fillStyle: ink, textAlign: align, textBaseline: base });
  pen.fillText(text, x, y);
}

function arrow(pen, from, to, ink, width) {
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]), head = 4 + 2 * width;
  if (Math.hypot(to[0] - from[0], to[1] - from[1]) < 2) return;
  line(pen, [from, to], ink, width);
  pen.beginPath();
  pen.moveTo(...to);
  for (const turn of [2.6, -2.6]) pen.lineTo(to[0] + head * Math.cos(angle + turn), to[1] + head * Math.sin(angle + turn));
  pen.closePath();
  pen.fillStyle = ink;
  pen.fill();
}
