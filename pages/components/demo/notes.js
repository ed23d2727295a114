// The note below the sentence: what the preset and the view are about, and how good a guess was.

function note(demo) {
  const preset = demo.preset(), view = demo.state.view, extras = extrasOf(demo.state, demo.facts);
  const about = preset?.extras && !extras ? "The preset’s runs have no paths; these are the sliders’ runs, on synthetic clients." : preset?.about;
  return [about, viewNote(demo, view)].filter(Boolean).join(" ");
}

function viewNote(demo, view) {
  const error = SIDES.map((side) => guessError(demo, side));
  if (!demo.hidden && view === 1 && error.some((each) => each !== null)) {
    const off = (each, side) => each === null ? "" : `${side} ${isShare(demo.state.metric) ? `${(100 * each).toFixed(1)} points` : three(each)}`;
    return `Your guess was off, on average, by: ${[off(error[0], "left"), off(error[1], "right")].filter(Boolean).join("; ")}.`;
  }
  if (view === 2) {
    const pictures = SIDES.map((side) => demo.shownPicture("two", side)).filter(Boolean);
    const has = (name) => pictures.some((picture) => picture[name].values.some((value) => value !== 0));
    return [
      "Logistic regression with two parameters on ten clients of its own. Star: the lowest mean loss.",
      has("corrections") && "Violet: how far its correction moves each of the two chosen clients in the round.",
      has("pulls") && "Teal: the proximal pull on each of the two chosen clients, 20 times as long as in one step.",
    ].filter(Boolean).join(" ");
  }
  if (view === 3) {
    const shares = demo.shownPicture("plane", "right")?.shares;
    return `The network’s own parameters on the plane of the server’s path and the clients’ spread${shares ? `; on the right it shows ${percentOf(shares[2])} of all drawn models’ variance` : ""}.`;
  }
  return "";
}
