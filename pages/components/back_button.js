// One press of Back leaves a page. Streamlit pushes an entry into the browser's history each time
// the server changes the address, so a page that writes down what it shows (run, axes, view) would
// need a press for each. A change of the query alone replaces the entry instead.
if (!window.history.onePress) {
  window.history.onePress = true;
  const push = window.history.pushState.bind(window.history);
  window.history.pushState = (state, title, url) => {
    const samePage = url != null &&
      new URL(url, window.location.href).pathname === window.location.pathname;
    if (samePage) window.history.replaceState(state, title, url);
    else push(state, title, url);
  };
}
