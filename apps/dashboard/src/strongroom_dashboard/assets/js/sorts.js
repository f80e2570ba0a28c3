// How this person sorted each list, kept in this browser's localStorage. A link to a list without a sort gets the sort
// that was last chosen. Only the URL determines how a list is sorted, so shared URLs show the same order to everyone.

import { closest } from "./dom.js";

/** @typedef {Record<string, string>} Sorts The sort of each list, by the list's path. */

/**
 * Returns a list's path without IDs, so that the secrets of all projects count as one list.
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
 * Returns a URL on this site with the sort that was chosen for its list. A URL that has a sort or a cursor stays as it
 * is.
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

/** Remembers the sort when a column's head is clicked. */
export function serveSorts() {
  document.addEventListener("click", (event) => {
    const head = closest(event, "th a[href]");
    if (!(head instanceof HTMLAnchorElement)) return;
    const { pathname, searchParams } = new URL(head.href);
    const sort = searchParams.get("sort");
    if (sort) localStorage.setItem(key(), JSON.stringify({ ...sorts(), [listOf(pathname)]: sort }));
  });
}
