// What links the dots of a chart with the list of its networks and the line of text above it.
// All of it happens in the browser: only a choice goes to the server.

const NEAR = 6; // pixels within which dots are one stack
const FAN = 12; // dots that a stack is fanned out into; zooming in tells more of them apart
const ROW = 34; // pixels of a row of the list
const HINT = "Hover over a dot, or move through the networks with the arrow keys.";
const COLUMNS = [["name", "Network"], ["sparsities", "Sparsity"], ["accuracies", "Accuracy"],
                 ["scores", "Score"]];

const shownAs = {
  sparsities: (value) => `${(100 * value).toFixed(2)}%`,
  accuracies: (value) => `${(100 * value).toFixed(1)}%`,
  scores: (value) => value.toFixed(3),
};

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

// Places of the dots, in pixels of the plot.
function placeOf(plot, index) {
  const { xaxis, yaxis } = plot._fullLayout, { x, y } = plot.linked;
  return [xaxis._offset + xaxis.d2p(x[index]), yaxis._offset + yaxis.d2p(y[index])];
}

function inSight(plot, [left, top]) {
  const { l, t, w, h } = plot._fullLayout._size;
  return left >= l - 1 && left <= l + w + 1 && top >= t - 1 && top <= t + h + 1;
}

function stackAt(plot, index) {
  const [left, top] = placeOf(plot, index);
  const found = [];
  for (let other = 0; other < plot.linked.ids.length; other++) {
    const [x, y] = placeOf(plot, other);
    if (Math.hypot(x - left, y - top) <= NEAR) found.push(other);
  }
  return found;
}

class LinkedNetworks {
  constructor(plot, figure) {
    this.plot = plot;
    this.figure = figure;
    this.stage = figure.querySelector(".live-chart-stage");
    this.readout = figure.querySelector(".live-chart-readout");
    this.over = figure.querySelector(".live-chart-over");
    this.list = figure.querySelector(".live-chart-list");
    this.rows = figure.querySelector(".live-chart-rows");
    this.sort = ["scores", -1];
    this.active = null;
    this.build();
  }

  build() {
    this.ring = element("div", "live-chart-ring");
    this.ring.hidden = true;
    this.over.append(this.ring);
    const head = this.list.querySelector(".live-chart-head");
    for (const [column, title] of COLUMNS) {
      const button = element("button", "", title);
      button.type = "button";
      button.dataset.column = column;
      button.addEventListener("click", () => this.sortBy(column));
      head.append(button);
    }
    this.space = element("div", "live-chart-space");
    this.space.setAttribute("role", "presentation");
    this.rows.append(this.space);
    this.rows.addEventListener("scroll", () => this.drawRows());
    for (const place of [this.rows, this.stage]) {
      place.addEventListener("keydown", (event) => this.onKey(event));
    }
    this.stage.addEventListener("mouseleave", () => { if (!this.fan) this.activate(null); });
    this.rows.addEventListener("mouseleave", () => this.activate(null));
    document.addEventListener("pointerdown", (event) => {
      if (this.fan && !this.fan.contains(event.target)) this.closeFan();
    }, true);
  }

  // New data: the networks may be others, or stand elsewhere.
  update(linked, pick, { listed, beside, chosen }) {
    this.pick = pick;
    this.marked = new Set(chosen);
    const id = this.active === null ? null : this.plot.linked?.ids[this.active];
    if (linked !== this.plot.linked) {
      this.plot.linked = linked;
      this.index = new Map(linked.ids.map((each, index) => [each, index]));
      this.order();
    }
    const inList = this.list.contains(document.activeElement);
    this.list.hidden = !listed;
    this.figure.classList.toggle("live-chart-split", listed && !beside);
    this.figure.classList.toggle("live-chart-beside", listed && beside);
    this.figure.classList.add("live-chart-linked");
    this.readout.hidden = false;
    this.takeKeys(listed, inList);
    this.closeFan();
    this.activate(id === null ? null : this.index.get(id) ?? null);
    this.drawRows();
  }

  // The arrow keys work in the list, and on the chart while a card stands in the list's place:
  // who has clicked a row goes on from there.
  takeKeys(listed, inList) {
    const seen = listed && this.list.checkVisibility();
    if (seen) this.stage.removeAttribute("tabindex");
    else this.stage.tabIndex = 0;
    if (inList && !seen) this.stage.focus({ preventScroll: true });
  }

  order() {
    const [column, sign] = this.sort, { names } = this.plot.linked;
    const values = column === "name" ? names : this.plot.linked[column];
    const compare = column === "name"
      ? (a, b) => sign * names[a].localeCompare(names[b], undefined, { numeric: true })
      : (a, b) => sign * (values[a] - values[b]) || a - b;
    this.sequence = [...names.keys()].sort(compare);
    this.cells = new Map();
    this.rank = new Map(this.sequence.map((index, rank) => [index, rank]));
    this.space.style.height = `${ROW * names.length}px`;
    this.list.style.setProperty("--live-chart-rows", names.length);
    for (const button of this.list.querySelectorAll("[data-column]")) {
      const chosen = button.dataset.column === column;
      const title = COLUMNS.find(([name]) => name === button.dataset.column)[1];
      button.textContent = chosen ? `${title} ${sign > 0 ? "▲" : "▼"}` : title;
      button.setAttribute("aria-label", chosen
        ? `${title}, sorted ${sign > 0 ? "ascending" : "descending"}` : `Sort by ${title}`);
      button.setAttribute("aria-pressed", String(chosen));
    }
  }

  sortBy(column) {
    const [before, sign] = this.sort;
    this.sort = [column, column === before ? -sign : column === "name" ? 1 : -1];
    this.order();
    this.rows.scrollTop = 0;
    this.drawRows();
  }

  // Only the rows in sight are elements: thousands of them would not scroll.
  drawRows() {
    if (this.list.hidden || !this.sequence) return;
    const first = Math.max(0, Math.floor(this.rows.scrollTop / ROW) - 4);
    const last = Math.min(this.sequence.length,
                          first + Math.ceil(this.rows.clientHeight / ROW) + 8);
    const drawn = this.sequence.slice(first, last).map((index, offset) => {
      if (!this.cells.has(index)) this.cells.set(index, this.row(index, first + offset));
      return this.cells.get(index);
    });
    // A row that stays is the same element: one that is replaced under the pointer takes no click.
    const kept = new Set(drawn);
    for (const row of [...this.space.children]) if (!kept.has(row)) row.remove();
    for (const row of drawn) {
      row.setAttribute("aria-selected", String(row.id === this.activeId()));
      row.setAttribute("aria-checked", String(this.marked.has(row.dataset.network)));
      if (!row.isConnected) this.space.append(row);
    }
    const active = this.activeId();
    if (drawn.some((row) => row.id === active)) this.rows.setAttribute("aria-activedescendant", active);
    else this.rows.removeAttribute("aria-activedescendant");
  }

  activeId() { return this.active === null ? "" : this.rowId(this.active); }

  rowId(index) { return `network-${this.plot.linked.ids[index]}`; }

  row(index, rank) {
    const { ids, names, colors, hollow, ...columns } = this.plot.linked;
    const row = element("div", "live-chart-row");
    row.id = this.rowId(index);
    row.dataset.network = ids[index];
    row.setAttribute("role", "option");
    row.setAttribute("aria-setsize", String(ids.length));
    row.setAttribute("aria-posinset", String(rank + 1));
    row.style.top = `${ROW * rank}px`;
    const name = element("span", "live-chart-name");
    name.append(element("span", "", names[index]));
    name.title = names[index];
    name.prepend(this.swatch(index));
    row.append(name, ...COLUMNS.slice(1).map(
      ([column]) => element("span", "", shownAs[column](columns[column][index]))));
    row.addEventListener("mouseenter", () => this.activate(index, false));
    row.addEventListener("click", () => {
      this.rows.focus({ preventScroll: true });
      this.choose(index);
    });
    return row;
  }

  swatch(index) {
    const { colors, hollow } = this.plot.linked;
    const swatch = element("i", "live-chart-swatch");
    swatch.style.borderColor = colors[index];
    swatch.style.background = hollow[index] ? "transparent" : colors[index];
    return swatch;
  }

  // Shows one network in the readout, on the plot and in the list.
  activate(index, scroll = true) {
    this.active = index;
    this.readout.replaceChildren(...this.said(index));
    this.ring.hidden = index === null || !this.plot._fullLayout?.xaxis;
    if (!this.ring.hidden) {
      const place = placeOf(this.plot, index);
      this.ring.hidden = !inSight(this.plot, place);
      this.ring.style.transform = `translate(${place[0]}px, ${place[1]}px)`;
    }
    if (index !== null && scroll && !this.list.hidden) this.scrollTo(this.rank.get(index));
    this.drawRows();
  }

  said(index) {
    if (index === null) return [this.plot.linked?.ids.length ? HINT : ""];
    const { names, texts } = this.plot.linked;
    const stack = this.plot._fullLayout?.xaxis ? stackAt(this.plot, index).length : 1;
    const more = stack > 1 && !this.fan ? ` · ${stack} networks here: click to tell them apart` : "";
    return [element("b", "", names[index]), ` · ${texts[index]}${more}`];
  }

  scrollTo(rank) {
    const top = ROW * rank, { scrollTop, clientHeight } = this.rows;
    if (top < scrollTop) this.rows.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight) this.rows.scrollTop = top + ROW - clientHeight;
  }

  onKey(event) {
    const page = Math.max(1, Math.floor(this.rows.clientHeight / ROW) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page,
                    Home: -Infinity, End: Infinity };
    const from = this.active ?? this.index.get(this.chosen) ?? null;
    const at = from === null ? -1 : this.rank.get(from);
    if (event.key === "Escape") this.closeFan();
    else if (event.key === "Enter" && this.active !== null && event.target === event.currentTarget) {
      this.choose(this.active);
    } else if (event.key in steps && this.sequence.length) {
      const wanted = Math.max(0, Math.min(this.sequence.length - 1, at + steps[event.key]));
      this.activate(this.sequence[wanted]);
    } else return;
    event.preventDefault();
  }

  choose(index) {
    this.closeFan();
    this.chosen = this.plot.linked.ids[index];
    this.pick?.(this.plot.linked.ids[index]);
  }

  hover(id) {
    const index = this.index.get(id);
    if (index !== undefined && !this.fan) this.activate(index);
  }

  // What is no network of the list, such as a cut that nobody has fine-tuned, says it in full.
  say(text) {
    if (!text) return;
    this.activate(null);
    this.readout.textContent = text.replace(/<br>/g, " · ").replace(/<[^>]*>/g, "");
  }

  // A click on dots that lie on each other asks which one is meant.
  click(id) {
    const index = this.index.get(id);
    if (index === undefined) return;
    const stack = stackAt(this.plot, index);
    if (stack.length > 1) this.fanOut(index, stack);
    else this.choose(index);
  }

  fanOut(index, stack) {
    this.closeFan();
    const shown = stack.slice(0, FAN);
    const radius = Math.max(30, (shown.length * 30) / (2 * Math.PI));
    const [left, top] = placeOf(this.plot, index);
    this.fan = element("div", "live-chart-fan");
    this.fan.setAttribute("role", "group");
    this.fan.setAttribute("aria-label", `${stack.length} networks at one place`);
    shown.forEach((each, turn) => {
      const angle = (2 * Math.PI * turn) / shown.length - Math.PI / 2;
      const place = [left + radius * Math.cos(angle), top + radius * Math.sin(angle)];
      this.fan.append(this.fanned(each, place));
    });
    this.over.append(this.fan);
    this.fan.querySelector("button").focus({ preventScroll: true });
    const left_out = stack.length - shown.length;
    if (left_out > 0) this.readout.append(` · ${left_out} more here: zoom in to tell them apart`);
  }

  fanned(index, [left, top]) {
    const { names, texts, colors, hollow } = this.plot.linked;
    const button = element("button", "live-chart-fanned");
    button.type = "button";
    button.setAttribute("aria-label", `${names[index]}: ${texts[index]}`);
    const { width, height } = this.plot.getBoundingClientRect();
    button.style.left = `${Math.max(14, Math.min(width - 14, left))}px`;
    button.style.top = `${Math.max(14, Math.min(height - 14, top))}px`;
    button.style.borderColor = colors[index];
    button.style.background = hollow[index] ? "var(--live-chart-card)" : colors[index];
    button.addEventListener("mouseenter", () => this.activate(index));
    button.addEventListener("focus", () => this.activate(index));
    button.addEventListener("click", () => this.choose(index));
    return button;
  }

  closeFan() {
    this.fan?.remove();
    this.fan = null;
  }
}
