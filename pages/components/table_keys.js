// A table of text that is wider than its place scrolls: the Tab key reaches it like any region that
// scrolls, and the arrow keys move it. Streamlit gives its place no tab stop.
if (!window.tableKeys) {
  window.tableKeys = setInterval(() => {
    for (const table of document.querySelectorAll("[data-testid='stTable'] table")) {
      const place = table.parentElement;
      if (place.scrollWidth > place.clientWidth) place.tabIndex = 0;
      else place.removeAttribute("tabindex");
    }
  }, 500);
}
