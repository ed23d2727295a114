// PNG, SVG and CSV, made here from the numbers that are drawn; the server writes the GIF.

function save(name, content, kind) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type: kind }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function titleOf(demo, side) {
  const lines = demo.lines(side), run = lines[0].run, main = demo.main(side);
  if ([2, 3].includes(demo.state.view)) return `${dataName(main)}: ${labelOf(main, demo.facts)}`; // paths of one run
  if (run.extra) return demo.preset().titles[side];
  return lines.length > 1 ? dataName(run) : `${dataName(run)}: ${labelOf(run, demo.facts)}`;
}

function savePng(demo) {
  const [left, right] = SIDES.map((side) => demo.canvas(side)), ratio = left.width / left.clientWidth, top = 40 * ratio;
  const both = document.createElement("canvas");
  both.width = left.width + right.width;
  both.height = Math.max(left.height, right.height) + top;
  const pen = both.getContext("2d"), inks = inksOf(demo.root, demo.facts);
  pen.fillStyle = inks.back;
  pen.fillRect(0, 0, both.width, both.height);
  pen.font = `${20 * ratio}px "Source Sans", sans-serif`;
  SIDES.forEach((side, i) => {
    pen.drawImage(demo.canvas(side), i * left.width, top);
    write(pen, `${titleOf(demo, side)}, round ${demo.shownRound()}`, i * left.width + 16 * ratio, 26 * ratio, inks.text);
  });
  both.toBlob((blob) => save("fedavg-demo.png", blob, "image/png"));
}

function saveSvg(demo) {
  const width = 640, height = 420, whole = new SvgPen(2 * width, height + 40), inks = inksOf(demo.root, demo.facts);
  whole.font = '18px "Source Sans", sans-serif';
  SIDES.forEach((side, i) => {
    write(whole, `${titleOf(demo, side)}, round ${demo.shownRound()}`, i * width + 16, 26, inks.text);
    const pen = new SvgPen(width, height);
    Object.assign(pen, { size: 14, big: false, parts: whole.parts, shift: [i * width, 40] });
    demo.draw(pen, side, inks);
  });
  save("fedavg-demo.svg", whole.text(inks.back), "image/svg+xml");
}

function saveCsv(demo) {
  const rows = [["half", "run", "round", ...demo.facts.columns].join(",")];
  for (const side of SIDES) for (const each of demo.lines(side)) {
    const columns = demo.facts.columns.map((name) => demo.numbers.column(each.run, name));
    if (!columns[0]) continue;
    const name = `"${dataNameOf(each.run)}: ${each.label}"`;
    columns[0].forEach((_, r) => rows.push([side, name, r, ...columns.map((c) => Number.isFinite(c[r]) ? c[r] : "")].join(",")));
  }
  save("fedavg-demo.csv", `${rows.join("\n")}\n`, "text/csv");
}

function dataNameOf(run) { return run.extra ? "bundled" : dataName(run); }

function saveGif(answer) {
  const text = atob(answer.content), bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  save("fedavg-demo.gif", new Blob([bytes], { type: "image/gif" }), "image/gif");
}
