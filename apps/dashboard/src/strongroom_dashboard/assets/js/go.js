// Navigation without reloading the page: the bridge passes the URL to React Router.

import { closest } from "./dom.js";
import { sorted } from "./sorts.js";
import { toast } from "./toasts.js";

/**
 * Goes to a URL on this site. A list keeps the order in which it was last sorted.
 * @param {string} path
 */
export function go(path, { replace = false } = {}) {
  const url = sorted(path);
  if (document.documentElement.dataset.srReady === undefined) location.assign(url);
  else window.dispatchEvent(new CustomEvent("sr-go", { detail: { url, replace } }));
}

/**
 * Returns a link's path for the router, or null if the browser must follow the link.
 * @param {Element | null} link
 */
export function inside(link) {
  if (!(link instanceof HTMLAnchorElement) || !link.hasAttribute("href")) return null;
  if (link.target || link.hasAttribute("download") || "reload" in link.dataset) return null;
  const url = new URL(link.href);
  if (url.origin !== location.origin || /^\/(api|v1|health|metrics)(\/|$)/.test(url.pathname)) return null;
  const samePage = url.pathname === location.pathname && url.search === location.search;
  return samePage && url.hash ? null : url.pathname + url.search + url.hash;
}

/** Refreshes the screen. */
export function refresh() {
  if (document.documentElement.dataset.srReady === undefined) location.reload();
  else document.getElementById("sr-refresh")?.click();
}

/**
 * Returns ?next= if it is a URL on this site, otherwise the fallback. The page where an invitation is answered also gets
 * the token of its link, which this page keeps.
 * @param {string} fallback
 */
export function nextAddress(fallback) {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  const path = /^\/(?![/\\])/.test(next) && new URL(next, location.origin).origin === location.origin ? next : fallback;
  return path === "/invitations" && globalThis.srFragment ? `${path}#${globalThis.srFragment}` : path;
}

/**
 * Goes to a URL on this site, unless the server is unreachable. The router would then load the whole page, and the
 * browser would show its error page. While the websocket is disconnected, the page already says so.
 * @param {string} path
 * @param {{ replace: boolean }} options
 */
async function goIfReachable(path, options) {
  if (document.querySelector(".connection") === null) return go(path, options);
  try {
    await fetch("/favicon.svg", { method: "HEAD", cache: "no-store" });
  } catch {
    return toast({ text: "Can't open that page.|The server can't be reached. You're still where you were.", about: "connection", bad: true });
  }
  go(path, options);
}

/** @param {MouseEvent} event */
function followed(event) {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = closest(event, "a[href]");
  const path = inside(link);
  if (!(link instanceof HTMLAnchorElement) || path === null) return null;
  const follow = () => {
    event.preventDefault();
    goIfReachable(path, { replace: "replace" in link.dataset });
  };
  return { link, path, follow };
}

export function followLinks() {
  // The router handles most links, but not if the server is unreachable or if the list has been sorted before.
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented) return;
    const found = followed(event);
    if (found === null || (document.querySelector(".connection") === null && sorted(found.path) === found.path)) return;
    found.follow();
  }, true);
  window.addEventListener("click", (event) => {
    const found = followed(event);
    if (found === null) return;
    closest({ target: found.link }, "[popover]")?.hidePopover();
    found.link.closest("dialog")?.close();
    if (!event.defaultPrevented) found.follow();
  });
}

/**
 * Calls back once React has hydrated the page. Until then, scripts must not change it.
 * @param {() => void} callback
 */
export function whenReady(callback) {
  if (document.documentElement.dataset.srReady !== undefined) callback();
  else window.addEventListener("sr-ready", () => callback(), { once: true });
}
