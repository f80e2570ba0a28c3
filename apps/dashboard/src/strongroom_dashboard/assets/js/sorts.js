// How this person sorted each list, kept in this browser's localStorage. A link to the list that names no sort gets
// the one that was chosen last. Only the URL says how a list is sorted, so URLs that people share show the same order.

import { closest } from "./dom.js";

/** @typedef {Record<string, string>} Sorts The sort of each list, by the list's path. */

/**
 * Returns a list's path without IDs, so that all projects' secrets are one list.
 * @param {string} pathname
 */
const listOf = (pathname) => pathname.replace(/\/[a-z]+_[a-z0-9]+/g, "/*");

function key() {
  const shell = document.querySelector("[data-person]");
  return `strongroom-sorts-${shell instanceof HTMLElement ? shell.dataset.person : ""}`;
}

/** @returns {Sorts} */
function sorts() {
  try {
    return JSON.parse(localStorage.getItem(key()) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

/**
 * Returns a URL of this site with the sort that was chosen for its list. A URL with a sort or a cursor is
 * unchanged.
 * @param {string} url
 */
export function sorted(url) {
  const { origin, pathname, search, hash } = new URL(url, location.origin);
  const asked = new URLSearchParams(search);
  const sort = origin === location.origin && !asked.has("sort") && !asked.has("cursor") ? sorts()[listOf(pathname)] : undefined;
  if (!sort) return url;
  asked.set("sort", sort);
  return `${pathname}?${asked}${hash}`;
}

/** Notes a click on a column's head. */
export function serveSorts() {
  document.addEventListener("click", (event) => {
    const head = closest(event, "th a[href]");
    if (!(head instanceof HTMLAnchorElement)) return;
    const { pathname, searchParams } = new URL(head.href);
    const sort = searchParams.get("sort");
    if (sort) localStorage.setItem(key(), JSON.stringify({ ...sorts(), [listOf(pathname)]: sort }));
  });
}
