// Turns the fields of a form into the JSON for the API.
//
// On a field: data-as = text | number | boolean | list | json | window | utc | day | claims | null | fragment, data-empty
// = omit | null | text (what is sent for an empty field), data-local (never sent), data-item (a list of objects with
// this member), data-query (the query parameter of the page's URL that fills it in). Dotted names nest; data-claim is a member with any name, as in `overrides` with `production`.

import { all, controlsOf, focus, isControl } from "./dom.js";
import { readPairs } from "./pairs.js";

/** @import { Control } from "./dom.js" */
const PLACEHOLDER = /\{([A-Za-z][A-Za-z0-9.]*)\}/g;

/** @typedef {Record<string, any>} Body The JSON of a request. */

/**
 * @param {Body} body
 * @param {string} name
 * @param {unknown} value
 */
function put(body, name, value) {
  const parts = name.split(".");
  const last = parts.pop() ?? name;
  const at = parts.reduce((tree, part) => (tree[part] ??= {}), body);
  at[last] = value;
}

/**
 * Adds members to the object at a name.
 * @param {Body} body
 * @param {string} name
 * @param {object} members
 */
function add(body, name, members) {
  put(body, name, { ...member(body, name), ...members });
}

/** @param {Control} control */
function isSent(control) {
  return control.name && !("local" in control.dataset) && !control.matches(":disabled, button, fieldset, output");
}

/** @param {Control} control */
function differs(control) {
  if (control instanceof HTMLSelectElement) return [...control.options].some((each) => each.selected !== each.defaultSelected);
  if (control.type === "hidden") return true;
  if ("query" in control.dataset && control.value === new URLSearchParams(location.search).get(control.dataset.query ?? "")) return false;
  if (isTickable(control)) return control.checked !== control.defaultChecked;
  return control.value !== control.defaultValue;
}

/**
 * @param {Control} control
 * @returns {control is HTMLInputElement}
 */
function isTickable(control) {
  return control.type === "checkbox" || control.type === "radio";
}

/** @param {string} text */
function several(text) {
  return text.split(/[\n,]/).map((each) => each.trim()).filter(Boolean);
}

/**
 * Returns a time window, from "08:00-18:00 Europe/Oslo 1-5". Text in another format is sent as it is, so that the
 * server can explain the error.
 * @param {string} text
 */
function windowOf(text) {
  if (text === "") return null;
  const [hours = "", zone = "", days = "1-7"] = text.split(/\s+/);
  const [start = "", end = ""] = hours.split(/[-–]/);
  return { start, end, zone, days: days.split(",").flatMap(daysOf) };
}

/**
 * Returns the claims in lines of `name = value`. A line in another format is sent without a value, so that the server
 * can explain the error.
 * @param {string} text
 */
function claimsOf(text) {
  const lines = text.split("\n").map((each) => each.trim()).filter(Boolean);
  return Object.fromEntries(lines.map((line) => {
    const [name = "", ...rest] = line.split("=");
    return [name.trim(), rest.join("=").trim()];
  }));
}

/** @param {string} part A day, or a range of days. */
function daysOf(part) {
  const [first = Number.NaN, last = first] = part.split(/[-–]/).map(Number);
  if (!(first >= 1 && last <= 7)) return [0];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

/**
 * Returns the value of one control; undefined leaves it out. Throws SyntaxError for invalid JSON.
 * @param {Control} control
 * @returns {unknown}
 */
function readValue(control) {
  const { as = "text", empty = "omit" } = control.dataset;
  const text = control.type === "password" || "secret" in control.dataset ? control.value : control.value.trim();
  if (as === "null") return null;
  if (as === "fragment") return text.split("#").pop() || (globalThis.srFragment ?? location.hash.slice(1));
  if (as === "list") return several(control.value);
  if (as === "boolean") return text === "true";
  if (as === "window") return windowOf(text);
  if (text === "") return empty === "null" ? null : empty === "text" ? "" : undefined;
  if (as === "number") return Number(text);
  if (as === "day") return `${text}T23:59:59Z`;
  if (as === "utc") return /Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`;
  return as === "json" ? JSON.parse(text) : text;
}

/**
 * Returns the list for checkboxes with the same name. It contains strings, numbers or objects.
 * @param {HTMLInputElement[]} boxes
 */
function ticked(boxes) {
  return boxes.filter((box) => box.checked).map((box) => {
    if (box.dataset.item) return { [box.dataset.item]: box.value };
    return box.dataset.as === "number" ? Number(box.value) : box.value;
  });
}

/** @param {Control[]} controls */
function boxesOf(controls) {
  return Map.groupBy(controls.filter(isTickable).filter((each) => "tick" in each.dataset), (each) => `${each.name}\n${each.dataset.claim ?? ""}`).values();
}

/**
 * Returns the body, and `take(name)`, which removes a member from it for a placeholder in the URL.
 * @param {HTMLFormElement} form
 */
export function readForm(form, { changedOnly = false } = {}) {
  /** @type {Body} */
  const body = {};
  const sent = controlsOf(form).filter(isSent);
  for (const control of sent) {
    if ("tick" in control.dataset || (changedOnly && !differs(control))) continue;
    if (control.type === "radio" && isTickable(control) && !control.checked) continue;
    const value = control.type === "checkbox" && isTickable(control) ? control.checked : readValue(control);
    if (value === undefined) continue;
    if (control.dataset.claim) add(body, control.name, { [control.dataset.claim]: value });
    else if (control.dataset.as === "claims") add(body, control.name, claimsOf(control.value));
    else put(body, control.name, value);
  }
  for (const boxes of boxesOf(sent)) {
    const [first] = boxes;
    if (!first || (changedOnly && !boxes.some(differs))) continue;
    if (first.dataset.claim) add(body, first.name, { [first.dataset.claim]: ticked(boxes) });
    else put(body, first.name, ticked(boxes));
  }
  for (const list of all(form, "[data-pairs]")) {
    if (list.closest("fieldset:disabled")) continue;
    const { fields, removed } = readPairs(list);
    if (Object.keys(fields).length) put(body, list.dataset.pairs ?? "", fields);
    if (list.dataset.removes && removed.length) put(body, list.dataset.removes, removed);
  }
  /** @param {string} name */
  const take = (name) => {
    const control = sent.find((each) => each.name === name && !(each.type === "radio" && isTickable(each) && !each.checked));
    delete body[name];
    return control?.value;
  };
  return { body, take };
}

/**
 * Fills in the fields that take their text from the page's URL, unless the person was faster.
 * @param {HTMLFormElement} form
 */
export function fillFromUrl(form) {
  const given = new URLSearchParams(location.search);
  for (const control of controlsOf(form)) {
    const text = "query" in control.dataset ? given.get(control.dataset.query ?? "") : null;
    if (text !== null && control.value === "" && control instanceof HTMLInputElement) control.value = control.defaultValue = text;
  }
}

/**
 * Returns whether a text field has changed, or a list has staged changes.
 * @param {HTMLFormElement} form
 */
export function hasTyped(form) {
  return form.querySelector("[data-staged]") !== null || controlsOf(form).some((each) => each.matches("input:not([type=hidden], [type=search], [type=checkbox], [type=radio], [readonly]), textarea:not([readonly])") && differs(each));
}

/**
 * Returns whether a field, box or select differs from what the server sent.
 * @param {HTMLFormElement} form
 */
export function hasChanged(form) {
  return controlsOf(form).some((each) => each.type !== "hidden" && differs(each));
}

/**
 * Returns a field's text for use in a message, or undefined for secrets. `name.text` is the text of a select's option.
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export function typedInto(form, name) {
  const control = form.elements.namedItem(name.replace(/\.text$/, ""));
  if (control instanceof HTMLSelectElement && name.endsWith(".text")) return control.selectedOptions[0]?.text;
  if (!isControl(control) || "secret" in control.dataset || control.type === "password") return undefined;
  return control.value;
}

/**
 * Returns `text` with its placeholders replaced by `find(name)`, each encoded by `wrap`.
 * @param {string} text
 * @param {(name: string) => unknown} find
 */
export function fill(text, find, wrap = (/** @type {string} */ value) => value) {
  return text.replace(PLACEHOLDER, (_, name) => {
    const value = find(name);
    return value === undefined || value === null ? "" : wrap(String(value));
  });
}

/**
 * Returns the first of several texts, separated by "|", in which every placeholder has a value; otherwise the last.
 * @param {string} texts
 * @param {(name: string) => unknown} find
 */
export function fillFirst(texts, find, wrap = (/** @type {string} */ value) => value) {
  const each = texts.split("|");
  const whole = each.find((text) => [...text.matchAll(PLACEHOLDER)].every(([, name]) => (find(name ?? "") ?? "") !== ""));
  return fill(whole ?? each.at(-1) ?? "", find, wrap);
}

/**
 * Returns the member at a dotted name, or undefined.
 * @param {any} tree
 * @param {string} name
 */
export function member(tree, name) {
  return name.split(".").reduce((at, part) => (at && typeof at === "object" ? at[part] : undefined), tree);
}

/**
 * Shows the parts (data-when="choice=value") that match the choices, and disables the others so that they aren't sent.
 * @param {HTMLFormElement} form
 */
export function applyChoices(form) {
  for (const part of form.querySelectorAll("fieldset[data-when]")) {
    if (!(part instanceof HTMLFieldSetElement)) continue;
    const [name = "", wanted] = (part.dataset.when ?? "").split("=");
    const outer = part.parentElement?.closest("fieldset[data-when]");
    const fits = choice(form.elements.namedItem(name)) === wanted && !outer?.matches(":disabled");
    part.hidden = !fits;
    part.disabled = !fits;
  }
}

/**
 * Makes the choice that a button represents (data-choose="choice=value"), and moves the focus to the fields that this
 * shows.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 */
export function choose(form, button) {
  const [name = "", value = ""] = (button?.dataset.choose ?? "").split("=");
  const control = form.elements.namedItem(name);
  if (!isControl(control)) return;
  control.value = value;
  applyChoices(form);
  focus(form.querySelector(`fieldset[data-when="${CSS.escape(name)}=${CSS.escape(value)}"] :is(input, textarea)`));
}

/** @param {Element | RadioNodeList | null} control */
function choice(control) {
  if (control instanceof RadioNodeList) return control.value;
  if (!isControl(control)) return undefined;
  return control.type === "checkbox" && isTickable(control) ? String(control.checked) : control.value;
}
