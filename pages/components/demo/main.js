// The demo itself: one clock, two halves, and what the sliders do. Nothing here waits for the
// server, except for runs that lie between the grid's: until they come the old picture stays.

const SIDES = ["left", "right"];
const HETEROGENEITIES = ["iid", ...Array.from({ length: 21 }, (_, i) => i / 10)];
const STEPS = [1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 70, 100, 140, 200];
const SHOWN_FIRST = 4; // algorithms with a button of their own; the rest is behind "More"
const FONT = 14, FONT_FULL = 20, BUNDLED = "bundled";
const LINES = [["", "One run"], ["k:1,5,20,100", "K = 1, 5, 20, 100"], ["k:1,5,10,20", "K = 1, 5, 10, 20"],
  ["c:30,15,6", "30, 15 and 6 clients"], ["alg:minibatch_sgd,fedavg,fedprox,scaffold", "Algorithms"]];

function penOf(canvas, like) {
  const pen = canvas.getContext("2d"), ratio = like.canvas.width / like.width;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return Object.assign(pen, { width: like.width, height: like.height, size: like.size, big: like.big });
}

class Demo {
  constructor(root, facts, send) {
    Object.assign(this, { root, facts, send, state: readState(facts), guess: {}, hidden: false, backgrounds: {},
      waitingFor: new Map(), kept: {}, frames: [], moves: [] });
    this.numbers = new Numbers(facts);
    this.part = (role) => root.querySelector(`[data-role="${role}"]`);
    fill(this);
    listen(this);
  }

  rounds() {
    const run = this.main("left"), history = this.numbers.history(run);
    return history ? history.length / this.facts.columns.length - 1 : this.facts.rounds;
  }
  // Only curves are guessed: the other views show what they always show.
  get isHiding() { return this.hidden && this.state.view === 1; }
  shownRound() { return Math.floor(this.isHiding ? 0 : this.time); }
  lines(side) {
    const wanted = linesOf(this.state, side, this.facts);
    return wanted.every((each) => this.numbers.history(each.run)) ? (this.kept[side] = wanted) : this.kept[side] ?? wanted;
  }
  // The line that sentences, reasons and paths are about: the sliders' own, else the last.
  mainLine(side) {
    const lines = this.lines(side), own = runOf(this.state, side);
    return lines.find((each) => !each.run.extra && keyOf(each.run, this.facts) === keyOf(own, this.facts)) ?? lines.at(-1);
  }
  main(side) { return this.mainLine(side).run; }
  preset() { return presetNamed(this.facts, this.state.preset); }
  canvas(side) { return this.root.querySelector(`[data-half="${side}"]`); }
  // Lines that vary alike in both halves look alike in both; prepared runs are all different ones.
  inkOf(each, i, count) {
    const colors = this.facts.colors.light.length, extras = extrasOf(this.state, this.facts);
    if (each.run.extra) return [...extras?.left ?? [], ...extras?.right ?? []].indexOf(each.run.extra) % colors;
    return count > 1 ? i % colors : this.facts.palette[each.run.algorithm] ?? 0;
  }
  shownPicture(view, side) {
    const found = this.numbers.picture(view, this.main(side));
    return found ? (this.kept[view + side] = found) : this.kept[view + side];
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
    if (!this.playing || round % 5 === 0) this.part("sentence").textContent = this.isHiding ? "Draw the curve that you expect in both halves." : sentence(this);
    if (this.state.view === 4) sayCosts(this);
  }
  refresh() { this.stale = true; requestAnimationFrame(() => this.paint()); }

  // ---- the clock ----
  go(round) {
    this.time = Math.max(0, Math.min(this.rounds(), round));
    this.state.round = this.time >= this.rounds() ? -1 : Math.floor(this.time);
    writeState(this.state, this.facts);
    this.refresh();
  }
  play(on = !this.playing) {
    this.playing = on;
    const button = this.root.querySelector('[data-do="play"]');
    button.textContent = on ? "Pause" : "Play";
    if (!on) return this.go(Math.floor(this.time));
    if (this.hidden) this.reveal(); // ends at the last round
    if (this.time >= this.rounds()) this.time = 0;
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
    const isLast = !this.playing && this.state.round < 0;
    this.time = isLast ? this.rounds() : Math.min(this.time, this.rounds());
    show(this);
    this.paint();
    this.moves.push(performance.now() - began);
    ask(this);
    writeState(this.state, this.facts);
  }
  choosePreset(name) {
    const preset = presetNamed(this.facts, name);
    const { view, speed, target, seed } = this.state;
    this.guess = {};
    this.hidden = false;
    this.set({ ...START, view, speed, target, seed, ...preset?.state, preset: name }, true);
    this.go(this.rounds());
  }
  predict() {
    Object.assign(this, { guess: {}, hidden: true, time: this.rounds() });
    this.play(false);
    show(this);
    this.refresh();
  }
  reveal() {
    this.hidden = false;
    this.time = this.rounds();
    show(this);
    this.refresh();
  }
  step(by) { this.play(false); this.go(Math.floor(this.time) + by); }
  sayFull() {
    this.root.querySelector('[data-do="full"]').textContent = document.fullscreenElement === this.root ? "Leave full screen" : "Full screen";
    this.refresh();
  }
  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.();
  }
  receive(data) {
    if (data.grid && this.grid !== data.digest) {
      this.grid = data.digest;
      this.numbers.addGrid(data.grid);
      this.state.seed = data.grid.runs[0][5]; // another draw has a grid of its own
      addExtras(this.numbers, data.extras);
      // Who computed another draw wants to see it; prepared runs are of other data.
      if (data.digest !== BUNDLED && extrasOf(this.state, this.facts)) this.state.preset = "";
      this.time = this.state.round < 0 ? this.rounds() : Math.min(this.state.round, this.rounds());
    }
    if (data.gif && data.gif.at !== this.gifAt) {
      this.gifAt = data.gif.at;
      if (data.gif.content) saveGif(data.gif);
      this.part("status").textContent = data.gif.said;
    }
    if (data.error || this.isFailing) this.part("status").textContent = data.error;
    this.isFailing = Boolean(data.error);
    take(this, data.answers, data.answered);
    show(this);
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
