// The command palette: Ctrl or Cmd+K, arrows, Enter, Esc. Results come from the screen's state; commands are filtered
// here. Some commands only fill in their first words; the state then lists the objects that they can act on.

import { all, closest } from "./dom.js";
import { showPlaces } from "./places.js";

/** @typedef {{ dialog: HTMLDialogElement, input: HTMLInputElement, options: HTMLElement[] }} Parts */

const ID = "sr-palette";
let counter = 0;
let moved = false;
let entered = false;

/** @returns {Parts | null} */
function parts() {
  const dialog = document.getElementById(ID);
  const input = dialog?.querySelector("input");
  if (!(dialog instanceof HTMLDialogElement) || !input) return null;
  const options = all(dialog, '[role="option"]').filter((each) => !each.hidden && each.offsetParent !== null);
  const leading = options.filter((each) => each.closest("[data-leads]"));
  return { dialog, input, options: [...leading, ...options.filter((each) => !leading.includes(each))] };
}

/** @param {HTMLElement | null} option */
function select(option) {
  const found = parts();
  if (!found) return;
  for (const each of all(found.dialog, '[aria-selected="true"]')) if (each !== option) each.setAttribute("aria-selected", "false");
  if (option) {
    option.id ||= `sr-option-${++counter}`;
    if (option.getAttribute("aria-selected") !== "true") option.setAttribute("aria-selected", "true");
    found.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    found.input.removeAttribute("aria-activedescendant");
  }
}

/**
 * Returns whether the letters abbreviate the text: they occur in this order, each at the start of a word or right after
 * the previous letter. `nsec` and `ns` abbreviate `new secret`.
 * @param {string} letters
 * @param {string} text
 * @returns {boolean}
 */
function abbreviates(letters, text, at = -1) {
  if (!letters) return true;
  for (let next = at + 1; next < text.length; next++) {
    const begins = next === 0 || text[next - 1] === " ";
    if (text[next] === letters[0] && (begins || (at >= 0 && next === at + 1)) && abbreviates(letters.slice(1), text, next)) return true;
  }
  return false;
}

/**
 * Returns whether the input matches a command: each word is part of the command's name or other words, or the whole
 * input abbreviates the name.
 * @param {string} typed
 * @param {string} name
 * @param {string} [others]
 */
export function means(typed, name, others = "") {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean), whole = name.toLowerCase();
  return words.every((word) => `${whole} ${others}`.includes(word)) || abbreviates(words.join(""), whole);
}

/**
 * @param {HTMLElement} dialog
 * @param {string} text
 */
function sift(dialog, text) {
  for (const each of all(dialog, "[data-command]")) each.hidden = !means(text, each.dataset.command ?? "", each.dataset.words);
  for (const each of all(dialog, "sr-places")) each.hidden = text.trim() !== "";
  // The state may still contain results for an earlier text.
  for (const list of all(dialog, ".palette-list")) list.toggleAttribute("data-blank", text.trim() === "");
  for (const group of all(dialog, "[data-commands]")) group.hidden = !group.querySelector("[data-command]:not([hidden])");
  for (const group of all(dialog, "[data-here]")) group.toggleAttribute("data-leads", leads(group, text));
}

/**
 * Returns whether the name of one of these commands begins with the typed text, such as "freeze".
 * @param {HTMLElement} group
 * @param {string} text
 */
function leads(group, text) {
  const typed = text.trim().toLowerCase();
  return typed !== "" && all(group, "[data-command]").some((each) => (each.dataset.command ?? "").toLowerCase().startsWith(typed));
}

/**
 * Returns whether the results belong to an earlier text rather than the current one.
 * @param {Parts} parts
 */
function isStale({ dialog, input }) {
  const list = all(dialog, "[data-for]").at(0);
  return list !== undefined && list.dataset.for !== input.value;
}

function settle({ fresh = false } = {}) {
  const found = parts();
  if (!found?.dialog.open) return;
  for (const list of all(found.dialog, "[data-for]")) list.toggleAttribute("data-stale", isStale(found));
  const chosen = found.options.find((each) => each.getAttribute("aria-selected") === "true");
  const current = fresh && !moved ? found.options[0] : chosen ?? found.options[0];
  select(current ?? null);
  if (entered && !isStale(found)) enter(found, current);
}

/**
 * Opens the selected option. If necessary, waits for the typed text's results first.
 * @param {Parts} found
 * @param {HTMLElement | undefined} option
 */
function enter(found, option) {
  entered = isStale(found) && !moved;
  if (!entered) option?.click();
}

/**
 * Enters a text into the palette's field in such a way that React notices it.
 * @param {HTMLInputElement} input
 * @param {string} text
 */
function fill(input, text) {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(input, text);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Opens the palette. Returns whether there is one. */
export function openPalette() {
  const found = parts();
  if (!found) return false;
  moved = entered = false;
  if (!found.dialog.open) found.dialog.showModal();
  for (const each of all(found.dialog, "sr-places")) showPlaces(each);
  found.input.select();
  sift(found.dialog, found.input.value);
  settle();
  return true;
}

export function servePalette() {
  document.addEventListener("click", (event) => {
    const opener = closest(event, "[data-opens-palette]");
    const dialog = document.getElementById(ID);
    if (opener && openPalette() && dialog && opener.dataset.opensPalette) return fill(/** @type {HTMLInputElement} */ (dialog.querySelector("input")), opener.dataset.opensPalette);
    if (!(dialog instanceof HTMLDialogElement)) return;
    const option = closest(event, `#${ID} [role="option"]`);
    if (option?.dataset.fills !== undefined && openPalette()) return fill(/** @type {HTMLInputElement} */ (dialog.querySelector("input")), option.dataset.fills);
    if (event.target === dialog || option) dialog.close();
    if (option?.dataset.presses) document.getElementById(option.dataset.presses)?.click();
    const shows = option?.dataset.shows ? document.getElementById(option.dataset.shows) : null;
    if (shows instanceof HTMLDialogElement) shows.showModal();
  });
  document.addEventListener("close", (event) => {
    const input = event.target instanceof HTMLDialogElement && event.target.id === ID ? event.target.querySelector("input") : null;
    if (input?.value) fill(input, "");
  }, true);
  document.addEventListener("input", (event) => {
    const dialog = closest(event, `#${ID}`);
    if (!dialog || !(event.target instanceof HTMLInputElement)) return;
    moved = entered = false;
    select(null);
    sift(dialog, event.target.value);
    settle();
  });
  document.addEventListener("keydown", (event) => {
    const found = closest(event, `#${ID}`) && parts();
    if (!found) return;
    const now = found.options.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const by = event.key === "ArrowDown" ? 1 : -1;
      moved = true;
      select(found.options[(now + by + found.options.length) % found.options.length] ?? null);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      enter(found, found.options[now]);
    }
  });
  document.addEventListener("pointermove", (event) => {
    const option = closest(event, `#${ID} [role="option"]`);
    if (option && option.getAttribute("aria-selected") !== "true") {
      moved = true;
      select(option);
    }
  });
  new MutationObserver((changes) => {
    const ours = changes.filter((change) => closest(change, `#${ID}`));
    if (ours.length) settle({ fresh: ours.some((change) => change.type === "attributes") });
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-for"] });
}
