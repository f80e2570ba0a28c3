// Runs before every other script. A one-time link's token is in the fragment. Browsers don't send it, but
// the websocket would send the server the whole URL. So the token is removed from the URL and the history, and
// kept here for the one form that sends it. The same applies to a second link opened in the same tab.

const PAGES = ["/setup", "/verify", "/reset", "/confirm-email", "/not-me", "/cancel-recovery", "/invitation", "/invitations"];

function take() {
  if (!PAGES.includes(location.pathname) || location.hash.length < 2) return;
  globalThis.srFragment = location.hash.slice(1);
  history.replaceState(history.state, "", location.pathname + location.search);
  document.documentElement.dataset.srLink = "";
}

take();
// Registered first, so that other listeners see the URL without it.
window.addEventListener("popstate", take);
window.addEventListener("hashchange", take);
