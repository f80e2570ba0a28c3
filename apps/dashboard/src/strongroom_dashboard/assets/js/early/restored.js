// Runs before every other script. A browser can keep a whole page in memory and show it again for Back, even
// after its session has ended. What it shows then is removed before anyone sees it, and the page is loaded again.

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.documentElement.replaceChildren();
  location.reload();
});
