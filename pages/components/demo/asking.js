// What is asked of the server, and what becomes of its answers.

function missing(demo) {
  const views = { 2: ["two"], 3: ["plane"] }[demo.state.view] ?? [], wanted = new Map();
  for (const side of SIDES) {
    for (const each of linesOf(demo.state, side, demo.facts)) {
      if (!demo.numbers.history(each.run)) wanted.set(`curves|${keyOf(each.run, demo.facts)}`, ["curves", each.run]);
    }
    const run = runOf(demo.state, side);
    for (const view of views) if (!demo.numbers.picture(view, run) || (view === "plane" && demo.planes !== pairOf(demo))) {
      wanted.set(`${view}|${keyOf(run, demo.facts)}|${side}`, [view, run]);
    }
  }
  return wanted;
}

// Planes share their axis ranges: a new one asks for both.
function pairOf(demo) { return SIDES.map((side) => keyOf(runOf(demo.state, side), demo.facts)).join("|"); }

const PAUSE = 120; // milliseconds without a move before the server is asked
const LOST = 8000; // an answer can be lost between two runs of the page

// One question at a time: a drag over many positions asks for where it began and where it ends.
function ask(demo) {
  clearTimeout(demo.askTimer);
  demo.waitingFor = missing(demo);
  if (!demo.waitingFor.size) return;
  demo.askedAt ??= performance.now();
  const open = demo.question ? demo.question.sent + LOST - performance.now() : 0;
  demo.askTimer = setTimeout(() => {
    demo.question = { at: Date.now(), sent: performance.now() };
    const runs = [...demo.waitingFor.values()].map(([view, run]) => ({ view, ...run }));
    demo.send("asked", { runs, at: demo.question.at });
    ask(demo);
  }, Math.max(PAUSE, open));
}

function take(demo, answers, at) {
  if (at === demo.question?.at) demo.question = undefined;
  for (const each of answers) demo.numbers.addAnswer(each.view, each.run, each.answer);
  const planes = answers.filter((each) => each.view === "plane");
  if (planes.length) {
    // Of the pair that was asked for: meanwhile a slider may have moved on.
    demo.planes = planes.map((each) => keyOf(each.run, demo.facts)).join("|");
  }
  // A background may be of the picture that was shown until the answer came.
  if (answers.length) demo.backgrounds = {};
  if (!missing(demo).size) {
    if (demo.askedAt && answers.length) demo.root.dataset.live = String(Math.round(performance.now() - demo.askedAt));
    demo.askedAt = undefined;
  }
  ask(demo);
  demo.refresh();
}

function askGif(demo) {
  // What the page shows: of paths the main line alone, of costs always the accuracy.
  const { view, metric } = demo.state, hasPaths = view === 2 || view === 3;
  const runs = SIDES.map((side) => ({
    title: titleOf(demo, side), lines: hasPaths ? [demo.mainLine(side)] : demo.lines(side),
  }));
  demo.part("status").textContent = "Writing the GIF …";
  demo.send("gif", { view, metric: view === 4 ? "validation_accuracy" : metric, runs, at: Date.now() });
}
