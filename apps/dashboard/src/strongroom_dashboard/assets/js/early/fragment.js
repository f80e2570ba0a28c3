// Runs before every other script. The token of a one-time link is in the fragment, which browsers send to
// nobody; but the websocket tells the server the whole address. So it is taken out of it, and out of the
// history, and kept here for the one form that sends it: also of a link that follows in the same tab.

function take() {
  if (location.pathname !== "/setup" || location.hash.length < 2) return;
  globalThis.srFragment = location.hash.slice(1);
  history.replaceState(history.state, "", location.pathname + location.search);
  document.documentElement.dataset.srLink = "";
}

take();
// Registered first, so that whoever else listens finds the address without it.
window.addEventListener("popstate", take);
window.addEventListener("hashchange", take);
