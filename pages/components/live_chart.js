// Draws a Plotly figure that arrives in parts and keeps zoom, selection and layout while it grows.
// data.order names the parts (layout first, then traces) by digest; data.fresh brings the new ones.

let loading = null;

function plotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { loading = null; reject(new Error("The chart library did not load.")); };
    document.head.appendChild(script);
  });
  return loading;
}

function luminance(color) {
  const [r, g, b] = (color.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}

// A figure is made of the light theme's colours; the dark theme has a twin for each.
function pageColors(element) {
  const probe = getComputedStyle(element);
  const dark = luminance(probe.color) > 0.5;
  const text = probe.color;
  const [r, g, b] = text.match(/[\d.]+/g);
  return { dark, text, grid: `rgba(${r},${g},${b},0.13)`, line: `rgba(${r},${g},${b},0.35)`,
           card: dark ? "#1c242b" : "#ffffff", page: dark ? "#12171c" : "#ffffff" };
}

function dressed(part, colors, twins) {
  let text = JSON.stringify(part);
  if (colors.dark) for (const [light, dark] of twins) text = text.replaceAll(light, dark);
  return JSON.parse(text.replaceAll("$text", colors.text).replaceAll("$card", colors.card)
    .replaceAll("$page", colors.page));
}

function dressedLayout(part, colors, twins) {
  const layout = dressed(part, colors, twins);
  layout.font = { ...layout.font, color: colors.text };
  layout.hoverlabel = { bgcolor: colors.card, bordercolor: colors.line,
                        ...layout.hoverlabel, font: { ...layout.font, color: colors.text } };
  layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: colors.line, activecolor: colors.text };
  for (const name of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
    layout[name] = { gridcolor: colors.grid, linecolor: colors.line, tickcolor: colors.line,
                     ...layout[name] };
  }
  return layout;
}

function buttons(Plotly, name) {
  const save = (plot, format, scale) => Plotly.downloadImage(pictured(plot),
    { format, filename: name, scale, width: plot.clientWidth, height: plot.clientHeight });
  const png = { name: "png", title: "Download as PNG", icon: Plotly.Icons.camera,
                click: (plot) => save(plot, "png", 2) };
  const svg = { name: "svg", title: "Download as SVG", icon: Plotly.Icons.disk,
                click: (plot) => save(plot, "svg", 1) };
  // Nothing leaves this machine: no "Share chart", which would upload the data to Plotly's cloud.
  return { displaylogo: false, responsive: true, showSendToCloud: false, plotlyServerURL: "",
           modeBarButtonsToRemove: ["toImage", "select2d", "lasso2d", "autoScale2d"],
           modeBarButtonsToAdd: [png, svg] };
}

// What a file shows: the chart as it is zoomed, with the dots that are painted on the page.
function pictured(plot) {
  return isPainted(plot) ? { data: plot.whole, layout: plot.layout } : plot;
}

// On a phone a legend has a row for each name: they must not eat the chart.
function legendRoom(plot, order) {
  const traces = order.slice(1).map((digest) => plot.parts.get(digest));
  const named = traces.filter((trace) => trace.name && trace.showlegend !== false).length;
  return plot.clientWidth < NAMES_FROM ? 20 * Math.max(0, named - 2) : 0;
}

// New data in the middle of a drag would end it: they wait until the mouse button is up.
async function untilReleased(plot) {
  while (plot._dragging) await new Promise((resolve) => setTimeout(resolve, 100));
}

// Chart, list and readout of networks share one set of data; other charts have none.
function linkNetworks(plot, data, colors, setStateValue) {
  if (!data.linked) return;
  const figure = plot.closest(".live-chart");
  if (!plot.networks) {
    plot.networks = new LinkedNetworks(plot, figure);
    plot.painted = new PaintedDots(plot, figure.querySelector(".live-chart-over"));
    followPointer(plot, figure.querySelector(".live-chart-stage"));
  }
  const look = `${data.linked} ${colors.dark}`;
  if (plot.linkedLook !== look) {
    plot.linkedLook = look;
    plot.freshLinked = dressed(plot.parts.get(data.linked), colors, data.twins);
  }
  // There the x axis's title leaves no room for the toolbar beside it, once the list has its own.
  figure.classList.toggle("live-chart-narrow", plot.clientWidth < 900);
  figure.style.setProperty("--live-chart-card", colors.card);
  const pick = data.pick ? (id) => setStateValue("picked", { id, at: Date.now() }) : null;
  plot.networks.update(plot.freshLinked, pick, data);
}

// Names at the ends of lines instead of a legend, where there is room for them.
function withNames(plot, layout) {
  const room = nameRoom(plot, layout, plot.clientWidth);
  if (!plot.linked?.ends.length || plot.clientWidth < NAMES_FROM) return layout;
  return { ...layout, showlegend: false, margin: { ...layout.margin, r: layout.margin.r + room } };
}

// A readout says what a box would, and covers nothing.
function withoutBox({ hovertemplate, ...trace }) {
  return hovertemplate ? { ...trace, hoverinfo: "none" } : trace;
}

async function arrange(plot, Plotly) {
  if (!plot.linked || plot.arranging) return;
  plot.arranging = true;
  try {
    await Plotly.relayout(plot, arranged(plot, plot.sentLayout));
  } finally {
    plot.arranging = false;
  }
  plot.painted.paint();
  plot.networks.activate(plot.networks.active, false);
}

async function draw(plot, setStateValue) {
  const Plotly = await plotly(plot.latest.library);
  await untilReleased(plot);
  const data = plot.latest;
  const [layout, ...traces] = data.order.map((digest) => plot.parts.get(digest));
  const colors = pageColors(plot);
  plot.settings ??= buttons(Plotly, data.name); // a new object would make Plotly start anew
  plot.pageColor = colors.page;
  linkNetworks(plot, data, colors, setStateValue);
  plot.sentLayout = withNames(plot, dressedLayout(layout, colors, data.twins));
  const all = traces.map((trace) => dressed(trace, colors, data.twins));
  plot.whole = data.linked ? all.map(withoutBox) : all;
  const painted = isPainted(plot) ? plot.whole.filter(isDots) : [];
  const left = plot.whole.filter((trace) => !painted.includes(trace));
  await Plotly.react(plot, [...left, ...endsOf(painted, plot.sentLayout)],
                     structuredClone(plot.sentLayout), plot.settings);
  plot.painted?.show(painted);
  await arrange(plot, Plotly);
  // A chart would cost eight Tab stops; what its toolbar does is of use to a mouse only, and the
  // numbers are below.
  for (const button of plot.querySelectorAll(".modebar-btn")) button.tabIndex = -1;
  plot.dataset.points = traces.reduce((sum, trace) => sum + (trace.x?.length ?? 0), 0);
  plot.dataset.drawn = named(data);
  if (!plot.listening) listen(plot, Plotly, setStateValue);
}

// Dots that are painted on a canvas of their own: an axis without a range is made for them too.
function endsOf(painted, layout) {
  if (!painted.length) return [];
  const ends = (name) => {
    const least = layout[`${name}axis`]?.type === "log" ? Number.MIN_VALUE : -Infinity;
    const known = painted.flatMap((trace) => [...trace[name]])
      .filter((value) => Number.isFinite(value) && value >= least);
    return [Math.min(...known), Math.max(...known)];
  };
  return [{ type: "scatter", mode: "text", x: ends("x"), y: ends("y"), text: ["", ""],
            hoverinfo: "skip", showlegend: false }];
}

function listen(plot, Plotly, setStateValue) {
  plot.listening = true;
  plot.on("plotly_click", (event) => {
    const id = event.points.find((point) => point.customdata)?.customdata[0];
    if (id && plot.linked) plot.networks.click(id);
    // With the time: the same dot may be clicked again after something else was chosen. A state
    // all the same: an event can be lost between two runs of a page that polls.
    else if (id) setStateValue("picked", { id, at: Date.now() });
  });
  plot.on("plotly_hover", (event) => {
    const id = event.points.find((point) => point.customdata)?.customdata[0];
    if (id) plot.networks?.hover(id);
    else plot.networks?.say(event.points[0]?.text);
  });
  plot.on("plotly_relayouting", () => plot.painted?.paint());
  plot.on("plotly_relayout", (change) => {
    if (plot.arranging || !plot.linked) return;
    plot.networks.closeFan();
    if (change.autosize) draw(plot, setStateValue);
    else arrange(plot, Plotly);
  });
}

// The page's colours change without a new script run: redraw when they do.
function watchTheme(plot, redraw) {
  if (plot.themeTimer) return;
  let seen = getComputedStyle(plot).color;
  plot.themeTimer = setInterval(() => {
    const now = getComputedStyle(plot).color;
    if (now !== seen) { seen = now; redraw(); }
  }, 500);
}

// An answer can be lost, too: what a busy browser has not shown yet is overtaken by the next run,
// and data that are the same as before do not call this script again.
function askUntilSent(plot, ask) {
  ask();
  plot.asking = setInterval(ask, 2000);
  return () => clearInterval(plot.asking);
}

// What a chart consists of: when none of it is new, nothing is drawn.
function named(data) {
  return [...data.order, data.linked, data.pick, data.beside].join(" ");
}

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const figure = parentElement.querySelector(".live-chart");
  const plot = figure.querySelector(".live-chart-plot");
  figure.querySelector("figcaption").textContent = data.alt;
  clearInterval(plot.asking);
  plot.parts ??= new Map();
  for (const [digest, part] of Object.entries(data.fresh)) plot.parts.set(digest, part);
  const used = data.linked ? [...data.order, data.linked] : data.order;
  if (used.some((digest) => !plot.parts.has(digest))) {
    return askUntilSent(plot, () => setTriggerValue("missing", data.order.join(" ")));
  }
  for (const digest of plot.parts.keys()) if (!used.includes(digest)) plot.parts.delete(digest);
  plot.style.height = `${data.height + legendRoom(plot, data.order)}px`;
  plot.latest = data;
  const redraw = () => draw(plot, setStateValue).catch((error) => {
    figure.querySelector("figcaption").textContent = `${error.message} ${data.alt}`;
  });
  if (plot.dataset.drawn !== named(data)) redraw();
  watchTheme(plot, redraw);
  return () => { clearInterval(plot.themeTimer); plot.themeTimer = null; };
}
