// View 4: a target that is dragged, and what it cost to reach it.

function drawTarget(demo, pen, frame, inks) {
  const y = frame.y(demo.state.target), words = `Target ${Math.round(demo.state.target * 100)}% · drag`;
  line(pen, [[frame.left, y], [frame.left + frame.w, y]], inks.text, 2, [6, 4]);
  dot(pen, frame.left + frame.w - pen.size, y, pen.size * 0.55, inks.text);
  write(pen, words, frame.left + pen.size * 0.5, y - pen.size * 0.45, inks.text);
}

// What it cost to reach the target: rounds, MB, gradient evaluations; null where it is not reached.
function costOf(demo, run, target) {
  const column = demo.numbers.column(run, "validation_accuracy");
  const round = column ? reachedAt(column, target) : -1;
  if (round < 0) return null;
  const at = (name) => demo.numbers.column(run, name)[round];
  return { round, megabytes: at("bytes") / 1e6, gradients: at("gradient_evaluations"), epochs: at("epoch") };
}

function sayCosts(demo) {
  const target = demo.state.target, cell = (text) => Object.assign(document.createElement("td"), { textContent: text });
  demo.part("costs-caption").textContent = `Cost of ${Math.round(target * 100)}% validation accuracy`;
  const rows = SIDES.flatMap((side) => demo.lines(side).map((each) => {
    const cost = costOf(demo, each.run, target), row = document.createElement("tr");
    const said = cost ? [cost.round, cost.megabytes.toFixed(2), cost.gradients.toLocaleString("en")] : ["not reached", "not reached", "not reached"];
    row.append(...[side, `${each.run.extra ? "" : `${dataName(each.run)}: `}${each.label}`, ...said].map(cell));
    return row;
  }));
  demo.part("costs").replaceChildren(...rows);
}
