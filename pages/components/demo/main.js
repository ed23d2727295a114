// The demo itself: one clock, two halves, and what the sliders do. Nothing here waits for the
// server, except for runs that lie between the grid's: until they come the old picture stays.

const SIDES = ["left", "right"];
const HETEROGENEITIES = ["iid", ...Array.from({ length: 21 }, (_, i) => i / 10)];
const STEPS = [1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 70, 100, 140, 200];
const SHOWN_FIRST = 4; // algorithms with a button of their own; the rest is behind "More"
const FONT = 14, FONT_FULL = 20;
const LINES = [["", "One run"], ["k:1,5,20,100", "K = 1, 5, 20, 100"], ["k:1,5,10,20", "K = 1, 5, 10, 20"],
  ["c:30,15,6", "30, 15 and 6 clients"], ["alg:minibatch_sgd,fedavg,fedprox,scaffold", "Algorithms"]];

function penOf(canvas, like) {
  const pen = canvas.getContext("2d"), ratio = like.canvas.width / like.width;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return Object.assign(pen, { width: like.width, height: like.height, size: like.size, big: like.big });
}

class Demo {
  constructor(root, facts, send) {
    Object.assign(this, { root, facts, send, state: readState(facts.presets), guess: {}, hidden: false, backgrounds: {},
      waitingFor: new Map(), kept: {}, frames: [], moves: [] });
    this.numbers = new Numbers(facts);
    this.part = (role) => root.querySelector(`[data-role="${role}"]`);
    this.fill();
    this.listen();
  }

  rounds() {
    const run = this.main("left"), history = this.numbers.history(run);
    return history ? history.length / this.facts.columns.length - 1 : this.facts.rounds;
  }
  shownRound() { return Math.floor(this.hidden ? 0 : this.time); }
  lines(side) {
    const wanted = linesOf(this.state, side, this.facts);
    return wanted.every((each) => this.numbers.history(each.run)) ? (this.kept[side] = wanted) : this.kept[side] ?? wanted;
  }
  main(side) {
    const lines = this.lines(side), own = runOf(this.state, side);
    return (lines.find((each) => !each.run.extra && keyOf(each.run, this.facts) === keyOf(own, this.facts)) ?? lines.at(-1)).run;
  }
  preset() { return this.facts.presets.find((each) => each.name === this.state.preset); }
  canvas(side) { return this.root.querySelector(`[data-half="${side}"]`); }
  inkOf(each, i, count) { return count > 1 || each.run.extra ? i % this.facts.colors.light.length : this.facts.palette[each.run.algorithm] ?? 0; }
  shownPicture(view, side) {
    const found = this.numbers.picture(view, this.main(side));
    return found ? (this.kept[view + side] = found) : this.kept[view + side];
  }

  // ---- what is asked of the server ----
  missing() {
    const views = { 2: ["two"], 3: ["plane"] }[this.state.view] ?? [], wanted = new Map();
    for (const side of SIDES) {
      for (const each of linesOf(this.state, side, this.facts)) {
        if (!this.numbers.history(each.run)) wanted.set(`curves|${keyOf(each.run, this.facts)}`, ["curves", each.run]);
      }
      const run = runOf(this.state, side);
      if (this.preset()?.extras) continue;
      for (const view of views) if (!this.numbers.picture(view, run) || (view === "plane" && this.planes !== this.pair())) {
        wanted.set(`${view}|${keyOf(run, this.facts)}|${side}`, [view, run]);
      }
    }
    return wanted;
  }
  // Planes share their axis ranges: a new one asks for both.
  pair() { return SIDES.map((side) => keyOf(runOf(this.state, side), this.facts)).join("|"); }
  ask() {
    clearTimeout(this.askTimer);
    this.waitingFor = this.missing();
    if (!this.waitingFor.size) return;
    this.askedAt ??= performance.now();
    this.askTimer = setTimeout(() => {
      this.send("asked", { runs: [...this.waitingFor.values()].map(([view, run]) => ({ view, ...run })), at: Date.now() });
      this.askTimer = setTimeout(() => this.ask(), 8000); // an answer can be lost between two runs of the page
    }, 120);
  }
  take(answers) {
    for (const each of answers) this.numbers.addAnswer(each.view, each.run, each.answer);
    if (answers.some((each) => each.view === "plane")) {
      this.planes = this.pair();
      this.backgrounds = {};
    }
    if (!this.missing().size) {
      if (this.askedAt && answers.length) this.root.dataset.live = String(Math.round(performance.now() - this.askedAt));
      this.askedAt = undefined;
    }
    this.ask();
    this.refresh();
  }

  // ---- drawing ----
  pen(canvas) {
    const ratio = Math.min(2, window.devicePixelRatio || 1), { clientWidth: width, clientHeight: height } = canvas;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d"), big = document.fullscreenElement === this.root;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return Object.assign(pen, { width, height, big, size: big ? FONT_FULL : FONT });
  }
  draw(pen, side, inks) {
    pen.font = `${pen.size}px "Source Sans", "Source Sans Pro", sans-serif`;
    ({ 1: drawCurves, 2: drawTwo, 3: drawPlane, 4: drawCurves })[this.state.view](this, pen, side, inks);
  }
  paint() {
    const inks = inksOf(this.root, this.facts);
    for (const side of SIDES) {
      const canvas = this.canvas(side);
      if (canvas.clientWidth) this.draw(this.pen(canvas), side, inks);
    }
    const round = this.shownRound();
    if (this.paintedRound !== round || this.stale) this.sayRound(round, inks);
    this.root.dataset.painted = String(Number(this.root.dataset.painted ?? 0) + 1);
  }
  sayRound(round, inks) {
    Object.assign(this, { paintedRound: round, stale: false });
    this.part("round").value = round;
    this.part("round-name").textContent = `Round ${round} of ${this.rounds()}`;
    for (const side of SIDES) {
      const canvas = this.root.querySelector(`[data-why="${side}"]`), run = this.main(side);
      drawWhy(this, this.pen(canvas), side, inks);
      canvas.setAttribute("aria-label", `${titleOf(this, side)}. ${causes(this, run)}`);
      const value = this.numbers.column(run, "validation_accuracy")?.[round];
      this.canvas(side).setAttribute("aria-label", `${titleOf(this, side)}, round ${round}, validation accuracy ${Number.isFinite(value) ? percentOf(value) : "unknown"}`);
    }
    if (!this.playing || round % 5 === 0) this.part("sentence").textContent = this.hidden ? "Draw the curve that you expect in both halves." : sentence(this);
    if (this.state.view === 4) this.sayCosts();
  }
  sayCosts() {
    const target = this.state.target, cell = (text) => Object.assign(document.createElement("td"), { textContent: text });
    this.part("costs-caption").textContent = `Cost of ${Math.round(target * 100)}% validation accuracy`;
    const rows = SIDES.flatMap((side) => this.lines(side).map((each) => {
      const cost = costOf(this, each.run, target), row = document.createElement("tr");
      const said = cost ? [cost.round, cost.megabytes.toFixed(2), cost.gradients.toLocaleString("en")] : ["not reached", "not reached", "not reached"];
      row.append(...[side, `${each.run.extra ? "" : `${dataName(each.run)}: `}${each.label}`, ...said].map(cell));
      return row;
    }));
    this.part("costs").replaceChildren(...rows);
  }
  refresh() { this.stale = true; requestAnimationFrame(() => this.paint()); }

  // ---- the clock ----
  go(round) {
    this.time = Math.max(0, Math.min(this.rounds(), round));
    this.state.round = this.time >= this.rounds() ? -1 : Math.floor(this.time);
    writeState(this.state);
    this.refresh();
  }
  play(on = !this.playing) {
    this.playing = on;
    const button = this.root.querySelector('[data-do="play"]');
    button.textContent = on ? "Pause" : "Play";
    if (!on) return this.go(Math.floor(this.time));
    if (this.time >= this.rounds()) this.time = 0;
    if (this.hidden) this.reveal();
    this.frames = [];
    let last = performance.now();
    const step = (now) => {
      if (!this.playing || !this.root.isConnected) return;
      this.frames.push(now);
      // A browser that was busy for seconds goes on where it was, and does not jump to the end.
      const seconds = Math.min(0.1, Math.max(0, now - last) / 1000);
      this.time = Math.min(this.rounds(), this.time + seconds * this.state.speed);
      last = now;
      this.paint();
      if (this.time >= this.rounds()) return this.play(false);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  // ---- what a person does ----
  set(changes, keepPreset = false) {
    const began = performance.now();
    if (!keepPreset && this.state.preset) Object.assign(this.state, { preset: "" });
    Object.assign(this.state, changes);
    this.stale = true;
    this.time = Math.min(this.time, this.rounds());
    this.show();
    this.paint();
    this.moves.push(performance.now() - began);
    this.ask();
    writeState(this.state);
  }
  choosePreset(name) {
    const preset = this.facts.presets.find((each) => each.name === name);
    const { view, speed, target } = this.state;
    this.guess = {};
    this.hidden = false;
    this.set({ ...START, view, speed, target, ...preset?.state, preset: name }, true);
    this.go(this.rounds());
  }
  fill() {
    const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
    const fill = (role, pairs) => this.part(role).replaceChildren(...pairs.map(([v, t]) => option(v, t)));
    fill("preset", [["", "None"], ...this.facts.presets.map((each) => [each.name, each.title])]);
    fill("metric", Object.entries(METRICS));
    fill("alg", Object.entries(this.facts.labels));
    fill("alg2", [["", "The same"], ...Object.entries(this.facts.labels)]);
    const clients = Array.from({ length: 10 }, (_, k) => [k, `client ${k + 1}`]);
    fill("one", clients);
    fill("two", clients);
    this.part("round").max = this.facts.rounds;
    for (const side of SIDES) Object.assign(this.part(side), { min: 0, max: HETEROGENEITIES.length - 1 });
    Object.assign(this.part("k"), { min: 0, max: STEPS.length - 1 });
    this.part("algorithms").replaceChildren(...this.facts.first.map((name) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: this.facts.labels[name] });
      button.dataset.algorithm = name;
      return button;
    }));
  }
  // Make every control say what the state is.
  show() {
    const s = this.state, nearest = (list, value) => list.reduce((best, each, i) => Math.abs(each - value) < Math.abs(list[best] - value) ? i : best, 0);
    const place = (value) => value === "iid" ? 0 : 1 + nearest(HETEROGENEITIES.slice(1), value);
    const h = (value) => value === "iid" ? "IID" : `α = β = ${value}`;
    for (const side of SIDES) {
      this.part(side).value = place(s[side]);
      this.part(`${side}-name`).textContent = `${side === "left" ? "Left" : "Right"} half: ${h(s[side])}`;
      this.part(side).setAttribute("aria-valuetext", h(s[side]));
      this.root.querySelector(`[data-title="${side}"]`).textContent = titleOf(this, side);
    }
    this.part("k").value = nearest(STEPS, s.k);
    this.part("k").setAttribute("aria-valuetext", String(s.k));
    this.part("k-name").textContent = `Local steps K: ${s.k}`;
    this.part("c").value = s.c;
    this.part("c-name").textContent = `Clients a round: ${s.c} of 30`;
    this.part("mu").value = s.mu;
    this.part("mu-name").textContent = `FedProx’s μ: ${s.mu}`;
    this.part("target").value = s.target;
    this.part("target-name").textContent = `Target ${Math.round(s.target * 100)}%`;
    const varied = LINES.some(([value]) => value === s.vary) ? LINES : [...LINES, [s.vary, s.vary]];
    this.part("vary").replaceChildren(...varied.map(([value, textContent]) => Object.assign(document.createElement("option"), { value, textContent })));
    for (const role of ["preset", "metric", "alg", "alg2", "one", "two", "speed", "vary"]) this.part(role).value = String(s[role]);
    for (const each of this.root.querySelectorAll("[data-view]")) if (each !== this.root) each.setAttribute("aria-pressed", String(Number(each.dataset.view) === s.view));
    for (const each of this.root.querySelectorAll("[data-algorithm]")) each.setAttribute("aria-pressed", String(each.dataset.algorithm === s.alg));
    for (const each of this.root.querySelectorAll("[data-only]")) each.toggleAttribute("data-off", Number(each.dataset.only) !== s.view);
    this.part("round").max = this.rounds();
    this.root.dataset.view = s.view;
    this.root.dataset.mode = this.hidden ? "predict" : "";
    this.root.querySelector('[data-do="reveal"]').disabled = !this.hidden;
    this.part("note").textContent = this.note();
  }
  note() {
    const preset = this.preset(), view = this.state.view;
    return [preset?.about, this.viewNote(view)].filter(Boolean).join(" ");
  }
  viewNote(view) {
    const error = SIDES.map((side) => guessError(this, side));
    if (!this.hidden && view === 1 && error.some((each) => each !== null)) {
      const off = (each, side) => each === null ? "" : `${side} ${isShare(this.state.metric) ? `${(100 * each).toFixed(1)} points` : three(each)}`;
      return `Your guess was off, on average, by: ${[off(error[0], "left"), off(error[1], "right")].filter(Boolean).join("; ")}.`;
    }
    if (view === 2) return "Logistic regression with two parameters, ten clients. Star: the lowest mean loss. Violet: SCAFFOLD’s correction in a round; teal: FedProx’s pull, 20 times as long as in one step.";
    if (view === 3) {
      const shares = this.shownPicture("plane", "right")?.shares;
      return `The network’s own parameters on the plane of the server’s path and the clients’ spread${shares ? `; on the right it shows ${percentOf(shares[2])} of all drawn models’ variance` : ""}.`;
    }
    return "";
  }
  predict() {
    Object.assign(this, { guess: {}, hidden: true, time: this.rounds() });
    this.play(false);
    this.show();
    this.refresh();
  }
  reveal() {
    this.hidden = false;
    this.time = this.rounds();
    this.show();
    this.refresh();
  }
  listen() {
    const on = (element, kind, act) => element.addEventListener(kind, act);
    const chosen = (role, act) => on(this.part(role), "input", (event) => act(event.target.value));
    chosen("preset", (value) => this.choosePreset(value));
    chosen("metric", (metric) => { this.guess = {}; this.set({ metric }, true); });
    chosen("left", (i) => this.set({ left: HETEROGENEITIES[i] }));
    chosen("right", (i) => this.set({ right: HETEROGENEITIES[i] }));
    chosen("k", (i) => this.set({ k: STEPS[i], k2: 0, vary: this.state.vary.startsWith("k") ? "" : this.state.vary }));
    chosen("c", (value) => this.set({ c: Number(value), c2: 0, vary: this.state.vary.startsWith("c") ? "" : this.state.vary }));
    chosen("mu", (value) => this.set({ mu: Number(value) }));
    chosen("alg", (alg) => this.set({ alg }));
    chosen("alg2", (alg2) => this.set({ alg2 }));
    chosen("vary", (vary) => this.set({ vary }));
    chosen("target", (value) => this.set({ target: Number(value) }, true));
    chosen("one", (value) => this.set({ one: Number(value) }, true));
    chosen("two", (value) => this.set({ two: Number(value) }, true));
    chosen("speed", (value) => this.set({ speed: Number(value) }, true));
    chosen("round", (value) => { this.play(false); this.go(Number(value)); });
    on(this.root, "click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.view) this.set({ view: Number(button.dataset.view) }, true);
      if (button.dataset.algorithm) this.set({ alg: button.dataset.algorithm, alg2: "" });
      this.act(button.dataset.do);
    });
    for (const side of SIDES) this.listenToHand(this.canvas(side), side);
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    on(this.root, "fullscreenchange", () => setTimeout(() => this.refresh(), 60));
    this.onSize = new ResizeObserver(() => this.refresh());
    for (const side of SIDES) this.onSize.observe(this.canvas(side));
  }
  act(name) {
    ({ play: () => this.play(), back: () => this.step(-1), on: () => this.step(1), full: () => this.full(),
       predict: () => this.predict(), reveal: () => this.reveal(), png: () => savePng(this), svg: () => saveSvg(this),
       csv: () => saveCsv(this), gif: () => this.askGif() })[name]?.();
  }
  askGif() {
    const runs = SIDES.map((side) => ({ title: titleOf(this, side), lines: this.lines(side) }));
    this.part("status").textContent = "Writing the GIF …";
    this.send("gif", { view: this.state.view, metric: this.state.metric, runs, at: Date.now() });
  }
  step(by) { this.play(false); this.go(Math.floor(this.time) + by); }
  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.();
  }
  key(event) {
    if (!this.root.isConnected) return document.removeEventListener("keydown", this.onKey);
    const element = event.target, typing = element.matches?.("input, textarea, select, [contenteditable]");
    if (event.ctrlKey || event.metaKey || event.altKey || (typing && !this.root.contains(element)) || element.matches?.("select")) return;
    const slides = element.matches?.('input[type="range"]'), does = {
      " ": () => !element.matches?.("button, summary") && this.play(), ArrowRight: () => !slides && this.step(1),
      ArrowLeft: () => !slides && this.step(-1), f: () => this.full(), F: () => this.full(),
    };
    for (const view of [1, 2, 3, 4]) does[view] = () => this.set({ view }, true);
    if (!does[event.key] || (element.matches?.("button, summary") && event.key === " ") || (slides && event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    does[event.key]();
  }
  // A finger or a mouse on a half: a guess in the first view, the target in the fourth.
  listenToHand(canvas, side) {
    const at = (event) => {
      const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
      const pen = { width: canvas.clientWidth, height: canvas.clientHeight, size: document.fullscreenElement === this.root ? FONT_FULL : FONT };
      const frame = curvesFrame(this, pen, this.state.view === 4 ? "validation_accuracy" : this.state.metric);
      return { round: Math.round(frame.ux(x)), value: Math.max(frame.box[2], Math.min(frame.box[3], frame.uy(y))) };
    };
    let last = null;
    const move = (event) => {
      if (!last) return;
      const now = at(event);
      if (this.state.view === 4) return this.set({ target: Math.round(now.value * 100) / 100 }, true);
      if (this.state.view !== 1 || !this.hidden) return;
      this.guess[side] ??= Array(this.rounds() + 1).fill(undefined);
      const [from, to] = [last, now].sort((a, b) => a.round - b.round);
      for (let r = Math.max(0, from.round); r <= Math.min(this.rounds(), to.round); r++) {
        const share = to.round === from.round ? 1 : (r - from.round) / (to.round - from.round);
        this.guess[side][r] = from.value + (to.value - from.value) * share;
      }
      last = now;
      this.refresh();
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      last = at(event);
      move(event);
    });
    canvas.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { last = null; });
  }
  receive(data) {
    if (data.grid && this.grid !== data.digest) {
      this.grid = data.digest;
      this.numbers.addGrid(data.grid);
      this.state.seed = data.grid.runs[0][5]; // another draw has a grid of its own
      addExtras(this.numbers, data.extras);
      this.time = this.state.round < 0 ? this.rounds() : Math.min(this.state.round, this.rounds());
    }
    if (data.gif && data.gif.at !== this.gifAt) {
      this.gifAt = data.gif.at;
      if (data.gif.content) saveGif(data.gif);
      this.part("status").textContent = data.gif.said;
    }
    this.part("status").textContent = data.error || this.part("status").textContent;
    this.take(data.answers);
    this.show();
    this.root.dataset.ready = "yes";
  }
}

// The page's colours change without a new script run: redraw when they do.
function watchColors(demo) {
  let seen = "";
  clearInterval(demo.colorTimer);
  demo.colorTimer = setInterval(() => {
    if (!demo.root.isConnected) return clearInterval(demo.colorTimer);
    const now = getComputedStyle(demo.root).color;
    if (seen && seen !== now) { demo.backgrounds = {}; demo.refresh(); }
    seen = now;
  }, 500);
}

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".demo");
  root.demo ??= new Demo(root, data.facts, null);
  root.demo.send = (name, value) => name === "gif" ? setTriggerValue(name, value) : setStateValue(name, value);
  if (!data.grid && root.demo.grid !== data.digest) {
    setTriggerValue("missing", data.digest);
    return undefined;
  }
  root.demo.receive(data);
  watchColors(root.demo);
  return undefined;
}
