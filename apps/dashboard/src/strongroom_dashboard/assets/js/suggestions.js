// Suggestions: a response fills in the fields of another form, which the person can change before they send it.
//
// A [data-suggested] names the member of the response whose members are the values of the fields in it, by their names.
// Inside it, a [data-chosen-if] names a member; if that isn't null, the choice that shows this part is made.

import { all, isControl } from "./dom.js";
import { member } from "./body.js";

/** @import { Control } from "./dom.js" */
const HOUR = 3600, DAY = 24 * HOUR;

/** @param {number} seconds */
function span(seconds) {
  const [number, unit] = seconds % DAY === 0 ? [seconds / DAY, "day"] : [Math.round(seconds / 360) / 10, "hour"];
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}

/**
 * Selects an option. A number of seconds that isn't among the options is added to them.
 * @param {HTMLSelectElement} select
 * @param {unknown} value
 */
function pick(select, value) {
  const known = [...select.options].some((each) => each.value === String(value));
  if (!known && typeof value === "number") {
    const added = document.createElement("option");
    added.value = String(value);
    added.textContent = span(value);
    added.dataset.added = "";
    select.append(added);
  }
  select.value = String(value);
}

/**
 * @param {Control} control
 * @param {unknown} value
 */
function put(control, value) {
  if (control instanceof HTMLSelectElement) pick(control, value);
  else if ("tick" in control.dataset && control instanceof HTMLInputElement) control.checked = Array.isArray(value) && value.includes(control.value);
  else if (control.type === "checkbox" && control instanceof HTMLInputElement) control.checked = value === true;
  else control.value = String(value);
}

/**
 * Fills in the forms in a part of the page. What a previous response suggested is removed.
 * @param {HTMLElement} scope
 * @param {Record<string, unknown>} answer
 */
export function showSuggestions(scope, answer) {
  for (const part of all(scope, "[data-suggested]")) {
    const given = member(answer, part.dataset.suggested ?? "") ?? {};
    for (const each of all(part, "option[data-added]")) each.remove();
    const forms = all(part, "form").filter((each) => each instanceof HTMLFormElement);
    for (const form of forms) form.reset();
    for (const each of all(part, "input, select, textarea")) {
      if (isControl(each) && (given[each.name] ?? null) !== null) put(each, given[each.name]);
    }
    for (const each of all(part, "[data-chosen-if]")) {
      const shows = each.closest("fieldset[data-when]");
      if (!(shows instanceof HTMLElement) || (member(answer, each.dataset.chosenIf ?? "") ?? null) === null) continue;
      const [name = "", value = ""] = (shows.dataset.when ?? "").split("=");
      const choices = [...shows.closest("form")?.elements ?? []].filter(isControl);
      const chosen = choices.find((each) => each.type === "radio" && each.name === name && each.value === value);
      if (chosen instanceof HTMLInputElement) chosen.checked = true;
    }
    for (const form of forms) form.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
