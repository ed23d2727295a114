// The controls: what they offer, and what the state makes them say.

function fill(demo) {
  const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
  const fill = (role, pairs) => demo.part(role).replaceChildren(...pairs.map(([v, t]) => option(v, t)));
  fill("preset", [["", "None"], ...demo.facts.presets.map((each) => [each.name, each.title])]);
  fill("metric", Object.entries(METRICS));
  fill("alg", Object.entries(demo.facts.labels));
  fill("alg2", [["", "The same"], ...Object.entries(demo.facts.labels)]);
  const clients = Array.from({ length: 10 }, (_, k) => [k, `client ${k + 1}`]);
  fill("one", clients);
  fill("two", clients);
  demo.part("round").max = demo.facts.rounds;
  for (const side of SIDES) Object.assign(demo.part(side), { min: 0, max: HETEROGENEITIES.length - 1 });
  Object.assign(demo.part("k"), { min: 0, max: STEPS.length - 1 });
  demo.part("algorithms").replaceChildren(...demo.facts.first.map((name) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: demo.facts.labels[name] });
    button.dataset.algorithm = name;
    return button;
  }));
}

// Make every control say what the state is.
function show(demo) {
  const s = demo.state, nearest = (list, value) => list.reduce((best, each, i) => Math.abs(each - value) < Math.abs(list[best] - value) ? i : best, 0);
  const place = (value) => value === "iid" ? 0 : 1 + nearest(HETEROGENEITIES.slice(1), value);
  // Prepared runs are not the sliders': a value beside a slider would be that of another picture.
  const prepared = Boolean(extrasOf(s, demo.facts)), told = (name, value) => prepared ? name : `${name}: ${value}`;
  demo.part("sliders-note").textContent = prepared ? "Move a slider to go on with synthetic clients." : "";
  const h = (value) => value === "iid" ? "IID" : `α = β = ${value}`;
  for (const side of SIDES) {
    demo.part(side).value = place(s[side]);
    demo.part(`${side}-name`).textContent = prepared ? `Heterogeneity, ${side} half` : `${side === "left" ? "Left" : "Right"} half: ${h(s[side])}`;
    demo.part(side).setAttribute("aria-valuetext", h(s[side]));
    demo.root.querySelector(`[data-title="${side}"]`).textContent = titleOf(demo, side);
  }
  demo.part("k").value = nearest(STEPS, s.k);
  demo.part("k").setAttribute("aria-valuetext", String(s.k));
  demo.part("k-name").textContent = told("Local steps K", s.k);
  demo.part("c").value = s.c;
  demo.part("c-name").textContent = told("Clients a round", `${s.c} of 30`);
  demo.part("mu").value = s.mu;
  demo.part("mu-name").textContent = `FedProx’s μ: ${s.mu}`;
  demo.part("target").value = s.target;
  demo.part("target-name").textContent = `Target ${Math.round(s.target * 100)}%`;
  const varied = LINES.some(([value]) => value === s.vary) ? LINES : [...LINES, [s.vary, s.vary]];
  demo.part("vary").replaceChildren(...varied.map(([value, textContent]) => Object.assign(document.createElement("option"), { value, textContent })));
  for (const role of ["preset", "metric", "alg", "alg2", "one", "two", "speed", "vary"]) demo.part(role).value = String(s[role]);
  for (const each of demo.root.querySelectorAll("[data-view]")) if (each !== demo.root) each.setAttribute("aria-pressed", String(Number(each.dataset.view) === s.view));
  for (const each of demo.root.querySelectorAll("[data-algorithm]")) each.setAttribute("aria-pressed", String(!prepared && each.dataset.algorithm === s.alg));
  for (const each of demo.root.querySelectorAll("[data-only]")) each.toggleAttribute("data-off", !each.dataset.only.includes(s.view));
  demo.part("round").max = demo.rounds();
  demo.root.dataset.view = s.view;
  demo.root.dataset.mode = demo.isHiding ? "predict" : "";
  demo.root.querySelector('[data-do="reveal"]').disabled = !demo.hidden;
  demo.part("note").textContent = note(demo);
}
