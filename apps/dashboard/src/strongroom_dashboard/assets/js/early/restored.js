// Runs before every other script. A browser can keep a whole page in memory and show it again when the person goes
// back, even after the session has ended. Its content is then removed before anyone sees it, and the page is reloaded.

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.documentElement.replaceChildren();
  location.reload();
});
