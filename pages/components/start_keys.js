// Ctrl+Enter starts what a page is about, wherever the focus is. A pill, a segment or a toggle that
// was clicked keeps the focus and swallows every Enter, and a number field has first to tell its
// value: both are left out of it, and the page gets the keys.
if (!window.startKeys) {
  window.startKeys = true;
  const waits = (element) =>
    element.closest("[data-react-aria-pressable]") ||
    (element.matches("input") && element.getAttribute("role") !== "combobox");
  window.addEventListener("keydown", (event) => {
    const wanted = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (!wanted || !(event.target instanceof Element) || !waits(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    event.target.blur();
    const { key, code, keyCode, ctrlKey, metaKey } = event;
    const again = { key, code, keyCode, which: keyCode, ctrlKey, metaKey, bubbles: true };
    document.body.dispatchEvent(new KeyboardEvent("keydown", again));
  }, { capture: true });
}
