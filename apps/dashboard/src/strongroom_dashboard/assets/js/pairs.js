// Rows of a name and a value, for the fields of a structured secret. They are created here, not by React,
// so that values never become state.
//
// On the list: data-pairs = member, data-names = JSON list of the existing rows,
// data-blank = generate | omit (the meaning of a blank value in a new row), data-removes = member.

import { all, closest } from "./dom.js";
import { generateInto } from "./values.js";

/** @typedef {HTMLInputElement | HTMLTextAreaElement} TextControl */

const ROWS = "[data-rows]";

/** @type {WeakMap<Element, { name: HTMLInputElement, value: HTMLTextAreaElement }>} */
const controls = new WeakMap();

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {Record<string, string>} attributes
 */
function make(tag, className, attributes = {}) {
  const element = Object.assign(document.createElement(tag), { className });
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/**
 * @param {string} text
 * @param {string} label
 * @param {() => void} press
 */
function small(text, label, press) {
  const button = make("button", "btn ghost sm", { type: "button", "aria-label": label });
  button.textContent = text;
  button.addEventListener("click", press);
  return button;
}

/** @param {HTMLElement} list */
function addRow(list, known = "") {
  const row = make("div", "pair", { "data-pair": "" });
  const name = make("input", "input mono", { "aria-label": "Field name", placeholder: "name", autocomplete: "off", spellcheck: "false", maxlength: list.dataset.longest ?? "", "data-pair-name": "" });
  const value = make("textarea", "input mono covered", { "aria-label": "Field value", rows: "1", autocomplete: "off", spellcheck: "false", "data-pair-value": "", "data-secret": "", placeholder: known ? "unchanged" : list.dataset.blank === "generate" ? "blank: generated" : "value" });
  const weight = make("span", "help", { "data-weight": "", "aria-live": "polite" });
  const problem = make("span", "problem", { "data-problem": "" });
  const cell = make("div", "");
  cell.append(value, weight);
  if (known) {
    name.value = known;
    name.readOnly = true;
    name.tabIndex = -1;
    row.dataset.known = known;
  }
  const generate = small("Generate", "Generate this value", () => generateInto(value));
  const remove = small("Remove", "Remove this field", () => {
    if (!known) return row.remove();
    const on = row.classList.toggle("is-removed");
    remove.textContent = on ? "Keep" : "Remove";
    value.disabled = on;
  });
  if (known && !list.dataset.removes) remove.hidden = true;
  row.append(name, cell, generate, remove, problem);
  controls.set(row, { name, value });
  list.querySelector(ROWS)?.append(row);
  return name;
}

/**
 * @param {HTMLElement} list
 * @returns {string[]}
 */
function namesOf(list) {
  try {
    return JSON.parse(list.dataset.names || "[]");
  } catch {
    return [];
  }
}

/**
 * Resets the list to the existing rows, or to one blank row if there are none.
 * @param {HTMLElement} list
 */
export function resetPairs(list) {
  list.querySelector(ROWS)?.replaceChildren();
  const names = namesOf(list);
  for (const name of names) addRow(list, name);
  if (!names.length) addRow(list);
}

/** @param {HTMLElement} list */
function rowsOf(list) {
  return all(list, "[data-pair]").flatMap((row) => {
    const found = controls.get(row);
    return found ? [{ row, ...found }] : [];
  });
}

/**
 * Returns the names of the fields that the secret will have.
 * @param {HTMLElement} list
 */
export function namesIn(list) {
  const kept = rowsOf(list).filter(({ row }) => !row.classList.contains("is-removed"));
  return kept.map(({ name }) => name.value.trim()).filter(Boolean);
}

/**
 * Returns the fields to send and the names to remove.
 * @param {HTMLElement} list
 */
export function readPairs(list) {
  /** @type {Record<string, string | null>} */
  const fields = {};
  /** @type {string[]} */
  const removed = [];
  for (const { row, ...each } of rowsOf(list)) {
    const name = each.name.value.trim();
    const value = each.value.value;
    if (row.classList.contains("is-removed")) removed.push(name);
    else if (value !== "") fields[name] = value;
    else if (!row.dataset.known && name && list.dataset.blank === "generate") fields[name] = null;
  }
  return { fields, removed };
}

/**
 * Returns `[control, error]` for every row that can't be sent.
 * @param {HTMLElement} list
 */
export function problemsOfPairs(list) {
  const seen = new Set();
  /** @type {[TextControl, string][]} */
  const found = [];
  const rows = rowsOf(list);
  for (const { row, name: control, value } of rows) {
    if (row.classList.contains("is-removed")) continue;
    const name = control.value.trim();
    if (!name && value.value) found.push([control, "Enter a name."]);
    else if (seen.has(name)) found.push([control, "Another field already has this name."]);
    else if (name && !value.value && !row.dataset.known && list.dataset.blank !== "generate") found.push([value, "Enter a value, or generate one."]);
    if (name) seen.add(name);
  }
  if (!seen.size && !found.length && rows[0]) found.push([rows[0].name, "Enter the name of at least one field."]);
  return found;
}

/** @param {HTMLFormElement} form */
export function servePairs(form) {
  for (const list of all(form, "[data-pairs]")) {
    const names = `${list.dataset.names}!`;
    if (list.dataset.served !== names) resetPairs(list);
    list.dataset.served = names;
  }
}

export function listenForPairs() {
  document.addEventListener("click", (event) => {
    const list = closest({ target: closest(event, "[data-add-pair]") }, "[data-pairs]");
    if (list) addRow(list).focus();
  });
}
