// Navigation without loading the page anew: the bridge hands the address to React Router.

/** Goes to an address of this site. */
export function go(url, { replace = false } = {}) {
  if (document.documentElement.dataset.srReady === undefined) location.assign(url);
  else window.dispatchEvent(new CustomEvent("sr-go", { detail: { url, replace } }));
}

/** Returns the path of a link that the router may follow, or null where the browser must. */
export function inside(link) {
  if (!(link instanceof HTMLAnchorElement) || !link.hasAttribute("href")) return null;
  if (link.target || link.hasAttribute("download") || "reload" in link.dataset) return null;
  const url = new URL(link.href);
  if (url.origin !== location.origin || /^\/(api|v1|health|metrics)(\/|$)/.test(url.pathname)) return null;
  const samePage = url.pathname === location.pathname && url.search === location.search;
  return samePage && url.hash ? null : url.pathname + url.search + url.hash;
}

/** Runs what a screen loads with, once more. */
export function refresh() {
  document.getElementById("sr-refresh")?.click();
}

/** Returns ?next= if it is an address of this site, else the fallback. */
export function nextAddress(fallback) {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  return /^\/(?![/\\])/.test(next) && new URL(next, location.origin).origin === location.origin ? next : fallback;
}

export function followLinks() {
  window.addEventListener("click", (event) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    const path = link && inside(link);
    if (path === null) return;
    link.closest("[popover]")?.hidePopover();
    link.closest("dialog")?.close();
    if (event.defaultPrevented) return;
    event.preventDefault();
    go(path, { replace: "replace" in link.dataset });
  });
}
