// Draws small images with a sign and a colour for what became of each; tiles that tell something
// when clicked are buttons. data.tiles, data.legend and data.name as core/figures/image_strip.py.

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function bar(told) {
  const row = element("span", "strip-bar");
  const words = element("span", "strip-words");
  words.append(element("span", "strip-name", told.name),
               element("span", "", `${Math.round(told.share * 100)}%`));
  const rail = element("span", `strip-rail strip-${told.network}`);
  const fill = element("span");
  fill.style.width = `${(told.share * 100).toFixed(1)}%`;
  rail.append(fill);
  row.append(words, rail);
  return row;
}

function badge(sign, color) {
  const made = element("span", "strip-sign", sign);
  made.style.background = color;
  made.setAttribute("aria-hidden", "true");
  return made;
}

function tile(told, pictures, pick) {
  const frame = element(told.pick ? "button" : "div", "strip-tile");
  frame.title = told.alt;
  frame.dataset.kind = told.kind;
  frame.style.setProperty("--kind", told.color);
  const picture = element("span", "strip-picture");
  const image = element("img");
  image.src = pictures[told.row];
  image.alt = told.alt;
  picture.append(image, badge(told.sign, told.color));
  const bars = element("span", "strip-bars");
  bars.setAttribute("aria-hidden", "true");  // the image's text says the same
  bars.append(...told.bars.map(bar));
  frame.append(picture, bars);
  if (told.note) frame.append(element("span", "strip-note", told.note));
  if (told.pick) {
    frame.type = "button";
    frame.addEventListener("click", () => pick(told.pick));
  }
  const item = element("li");
  item.append(frame);
  return item;
}

function legendItem(told) {
  const item = element("li");
  item.append(badge(told.sign, told.color),
              ` ${told.kind} ${told.count.toLocaleString("en-US")}`);
  return item;
}

export default function ({ parentElement, data, setStateValue }) {
  const figure = parentElement.querySelector(".image-strip");
  if (figure.dataset.drawn === data.digest) return;
  figure.dataset.drawn = data.digest;
  const focused = [...figure.querySelectorAll(".strip-tile")].indexOf(document.activeElement);
  figure.querySelector(".strip-legend").replaceChildren(...data.legend.map(legendItem));
  const list = figure.querySelector(".strip-tiles");
  list.setAttribute("aria-label", data.name);
  // With the time: the same tile may be clicked again after something else was chosen.
  const pick = (id) => setStateValue("picked", { id, at: Date.now() });
  list.replaceChildren(...data.tiles.map((told) => tile(told, data.pictures, pick)));
  if (focused >= 0) figure.querySelectorAll(".strip-tile")[focused]?.focus();
}
