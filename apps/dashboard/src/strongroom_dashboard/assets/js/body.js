// From the fields of a form to the JSON that the API takes.
//
// On a field: data-as = text | number | boolean | list | json | null | fragment, data-empty = omit | null | text
// (what an empty text becomes), data-local (never sent), data-item (a list of objects with this member),
// data-of + data-part (a list inside the object of that item). Dotted names nest.

import { readPairs } from "./pairs.js";

function put(body, name, value) {
  const parts = name.split(".");
  const last = parts.pop();
  const at = parts.reduce((tree, part) => (tree[part] ??= {}), body);
  at[last] = value;
}

function isSent(control) {
  return control.name && !("local" in control.dataset) && !control.matches(":disabled, button, fieldset, output");
}

function differs(control) {
  if (control.type === "hidden") return true;
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control instanceof HTMLSelectElement) return [...control.options].some((each) => each.selected !== each.defaultSelected);
  return control.value !== control.defaultValue;
}

function several(text) {
  return text.split(/[\n,]/).map((each) => each.trim()).filter(Boolean);
}

/** Returns the value of one control, or undefined where it is left out. Raises SyntaxError for bad JSON. */
function valueOf(control) {
  const { as = "text", empty = "omit" } = control.dataset;
  const text = control.type === "password" || "secret" in control.dataset ? control.value : control.value.trim();
  if (as === "null") return null;
  if (as === "fragment") return globalThis.srFragment ?? location.hash.slice(1);
  if (as === "list") return several(control.value);
  if (as === "boolean") return text === "true";
  if (text === "") return empty === "null" ? null : empty === "text" ? "" : undefined;
  if (as === "number") return Number(text);
  return as === "json" ? JSON.parse(text) : text;
}

/** Returns a list for boxes that share a name: of texts, or of objects with a part of their own. */
function ticked(boxes) {
  const heads = boxes.filter((box) => !("of" in box.dataset));
  return heads.filter((box) => box.checked).map((box) => {
    if (!box.dataset.item) return box.value;
    const parts = boxes.filter((part) => part.dataset.of === box.value);
    const chosen = parts.filter((part) => part.checked);
    const item = { [box.dataset.item]: box.value };
    if (chosen.length && chosen.length < parts.length) item[parts[0].dataset.part] = chosen.map((part) => part.value);
    return item;
  });
}

function boxesOf(controls) {
  const groups = new Map();
  for (const box of controls.filter((each) => each.type === "checkbox" && "tick" in each.dataset)) {
    groups.set(box.name, [...(groups.get(box.name) ?? []), box]);
  }
  return groups;
}

/** Returns `{body, count, take}`: `take(name)` is what a placeholder of the address gets, and removes it. */
export function readForm(form, { changedOnly = false } = {}) {
  const body = {};
  const sent = [...form.elements].filter(isSent);
  for (const [name, boxes] of boxesOf(sent)) {
    if (!changedOnly || boxes.some(differs)) put(body, name, ticked(boxes));
  }
  for (const control of sent) {
    if ("tick" in control.dataset || (changedOnly && !differs(control))) continue;
    if (control.type === "radio" && !control.checked) continue;
    const value = control.type === "checkbox" ? control.checked : valueOf(control);
    if (value !== undefined) put(body, control.name, value);
  }
  form.querySelectorAll("[data-pairs]").forEach((list) => {
    if (list.closest("fieldset:disabled")) return;
    const { fields, removed } = readPairs(list);
    if (Object.keys(fields).length) put(body, list.dataset.pairs, fields);
    if (list.dataset.removes && removed.length) put(body, list.dataset.removes, removed);
  });
  const take = (name) => {
    const control = sent.find((each) => each.name === name && (each.type !== "radio" || each.checked));
    delete body[name];
    return control?.value;
  };
  return { body, take };
}

/** Returns whether something stands in a field that was not there before. */
export function hasTyped(form) {
  return [...form.elements].some((each) => each.matches("input:not([type=hidden], [type=checkbox], [type=radio]), textarea") && !each.readOnly && differs(each));
}

/** Returns what was typed into a field that is no secret, for texts. */
export function typedInto(form, name) {
  const control = form.elements.namedItem(name);
  if (!(control instanceof HTMLElement) || "secret" in control.dataset || control.type === "password") return undefined;
  return control.value;
}
