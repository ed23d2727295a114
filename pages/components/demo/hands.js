// What a person does: sliders, buttons, keys, and drawing on a half.

function listen(demo) {
  const on = (element, kind, act) => element.addEventListener(kind, act);
  const chosen = (role, act) => on(demo.part(role), "input", (event) => act(event.target.value));
  chosen("preset", (value) => demo.choosePreset(value));
  chosen("metric", (metric) => { demo.guess = {}; demo.set({ metric }, true); });
  chosen("left", (i) => demo.set({ left: HETEROGENEITIES[i] }));
  chosen("right", (i) => demo.set({ right: HETEROGENEITIES[i] }));
  chosen("k", (i) => demo.set({ k: STEPS[i], k2: 0, vary: demo.state.vary.startsWith("k") ? "" : demo.state.vary }));
  chosen("c", (value) => demo.set({ c: Number(value), c2: 0, vary: demo.state.vary.startsWith("c") ? "" : demo.state.vary }));
  chosen("mu", (value) => demo.set({ mu: Number(value) }));
  chosen("alg", (alg) => demo.set({ alg }));
  chosen("alg2", (alg2) => demo.set({ alg2 }));
  chosen("vary", (vary) => demo.set({ vary }));
  chosen("target", (value) => demo.set({ target: Number(value) }, true));
  chosen("one", (value) => demo.set({ one: Number(value) }, true));
  chosen("two", (value) => demo.set({ two: Number(value) }, true));
  chosen("speed", (value) => demo.set({ speed: Number(value) }, true));
  chosen("round", (value) => { demo.play(false); demo.go(Number(value)); });
  on(demo.root, "click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.view) demo.set({ view: Number(button.dataset.view) }, true);
    if (button.dataset.algorithm) demo.set({ alg: button.dataset.algorithm, alg2: "" });
    act(demo, button.dataset.do);
  });
  for (const side of SIDES) listenToHand(demo, demo.canvas(side), side);
  demo.onKey = (event) => key(demo, event);
  document.addEventListener("keydown", demo.onKey);
  on(demo.root, "fullscreenchange", () => setTimeout(() => demo.sayFull(), 60));
  demo.onSize = new ResizeObserver(() => demo.refresh());
  for (const side of SIDES) demo.onSize.observe(demo.canvas(side));
}

function act(demo, name) {
  ({ play: () => demo.play(), back: () => demo.step(-1), on: () => demo.step(1), full: () => demo.full(),
     predict: () => demo.predict(), reveal: () => demo.reveal(), png: () => savePng(demo), svg: () => saveSvg(demo),
     csv: () => saveCsv(demo), gif: () => askGif(demo) })[name]?.();
}

function key(demo, event) {
  if (!demo.root.isConnected) return document.removeEventListener("keydown", demo.onKey);
  const element = event.target, typing = element.matches?.("input, textarea, select, [contenteditable]");
  if (event.ctrlKey || event.metaKey || event.altKey || (typing && !demo.root.contains(element)) || element.matches?.("select")) return;
  const slides = element.matches?.('input[type="range"]'), does = {
    " ": () => !element.matches?.("button, summary") && demo.play(), ArrowRight: () => !slides && demo.step(1),
    ArrowLeft: () => !slides && demo.step(-1), f: () => demo.full(), F: () => demo.full(),
  };
  for (const view of [1, 2, 3, 4]) does[view] = () => demo.set({ view }, true);
  if (!does[event.key] || (element.matches?.("button, summary") && event.key === " ") || (slides && event.key.startsWith("Arrow"))) return;
  event.preventDefault();
  does[event.key]();
}

// A finger or a mouse on a half: a guess in the first view, the target in the fourth.
function listenToHand(demo, canvas, side) {
  const at = (event) => {
    const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    const pen = { width: canvas.clientWidth, height: canvas.clientHeight, size: document.fullscreenElement === demo.root ? FONT_FULL : FONT };
    const frame = curvesFrame(demo, pen, demo.state.view === 4 ? "validation_accuracy" : demo.state.metric);
    return { round: Math.round(frame.ux(x)), value: Math.max(frame.box[2], Math.min(frame.box[3], frame.uy(y))) };
  };
  let last = null;
  const move = (event) => {
    if (!last) return;
    const now = at(event);
    if (demo.state.view === 4) return demo.set({ target: Math.round(now.value * 100) / 100 }, true);
    if (!demo.isHiding) return;
    demo.guess[side] ??= Array(demo.rounds() + 1).fill(undefined);
    const [from, to] = [last, now].sort((a, b) => a.round - b.round);
    for (let r = Math.max(0, from.round); r <= Math.min(demo.rounds(), to.round); r++) {
      const share = to.round === from.round ? 1 : (r - from.round) / (to.round - from.round);
      demo.guess[side][r] = from.value + (to.value - from.value) * share;
    }
    last = now;
    demo.refresh();
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    move(event);
  });
  canvas.addEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { last = null; });
}
