// Results that are shown only once: members of a response, as text or as a QR code, with a countdown. They are removed
// afterwards.

import { all } from "./dom.js";
import { member } from "./body.js";

/** @type {Map<Element, ReturnType<typeof setInterval>>} */
const ticking = new Map();

/** @param {number} milliseconds */
function left(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}` : `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

/**
 * @param {HTMLElement} place
 * @param {number} end
 */
function countDown(place, end) {
  const says = place.dataset.says ?? "{left}";
  const tick = () => {
    const rest = end - Date.now();
    place.textContent = rest > 0 ? says.replace("{left}", left(rest)) : place.dataset.over ?? "Expired.";
    place.toggleAttribute("data-over-now", rest <= 0);
    if (rest <= 0) clearInterval(ticking.get(place));
  };
  clearInterval(ticking.get(place));
  ticking.set(place, setInterval(tick, 1000));
  tick();
}

/**
 * @param {HTMLElement} place
 * @param {{ size: number, path: string } | undefined} code
 */
function drawCode(place, code) {
  place.querySelector("svg")?.setAttribute("viewBox", `0 0 ${code?.size ?? 1} ${code?.size ?? 1}`);
  place.querySelector("path")?.setAttribute("d", code?.path ?? "");
}

/**
 * @param {HTMLElement} place
 * @param {string} text
 */
function put(place, text) {
  if (place instanceof HTMLInputElement) place.value = text;
  else place.textContent = text;
}

/**
 * Whether a member of the response is true, or a list with something in it.
 * @param {unknown} value
 */
function says(value) {
  return value === true || (Array.isArray(value) && value.length > 0);
}

/**
 * Fills `[data-result]`, `[data-qr]` and `[data-expires]` of a form, or of its `[data-results]`, from the response. A
 * `[data-result-if]` is shown if that member is true, or a list that isn't empty. Dotted names nest.
 * @param {HTMLElement} scope
 * @param {Record<string, any>} answer
 */
export function showResults(scope, answer) {
  for (const place of all(scope, "[data-result]")) put(place, [member(answer, place.dataset.result ?? "") ?? ""].flat().join(", "));
  for (const place of all(scope, "[data-result-if]")) place.hidden = !says(member(answer, place.dataset.resultIf ?? ""));
  for (const place of all(scope, "[data-qr]")) drawCode(place, answer[place.dataset.qr ?? ""]);
  for (const place of all(scope, "[data-expires]")) {
    const end = Date.parse(answer[place.dataset.expires ?? ""] ?? "");
    if (!Number.isNaN(end)) countDown(place, end);
  }
}

/**
 * Removes every result from the page.
 * @param {HTMLElement} scope
 */
export function clearResults(scope) {
  for (const place of all(scope, "[data-qr]")) drawCode(place, undefined);
  for (const place of all(scope, "[data-result], [data-expires]")) {
    clearInterval(ticking.get(place));
    ticking.delete(place);
    put(place, "");
  }
}
