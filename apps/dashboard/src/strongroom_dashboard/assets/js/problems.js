// Shows a field's error below the field, in place of its help.

import { problemsOfPairs } from "./pairs.js";

import { all, controlsOf, isControl } from "./dom.js";

/** @import { Control } from "./dom.js" */

let counter = 0;

/** @param {Control} control */
function nameOf(control) {
  const label = control.labels?.[0]?.querySelector(".label") ?? control.labels?.[0];
  return (label?.firstChild?.textContent ?? control.getAttribute("aria-label") ?? control.name).trim();
}

/**
 * Returns a label as part of a sentence: `a name`, `an email`.
 * @param {string} label
 */
export function withArticle(label) {
  const word = /^[A-Z][a-z]/.test(label) ? label.slice(0, 1).toLowerCase() + label.slice(1) : label;
  return `${/^[aeio]/i.test(word) ? "an" : "a"} ${word}`;
}

/**
 * Returns a control's error, or "" if it is valid.
 * @param {Control} control
 */
export function complaint(control) {
  const { equals } = control.dataset;
  if (equals !== undefined && control.value.trim() !== equals) return `Type ${equals} to confirm.`;
  if (control.dataset.as === "json" && control.value.trim()) {
    try {
      JSON.parse(control.value);
    } catch {
      return control.dataset.type ?? "Not valid JSON: look for a missing comma or quote.";
    }
  }
  const is = control.validity;
  const says = control.dataset;
  if (is.valid) return "";
  if (is.valueMissing) return says.missing ?? `${control instanceof HTMLSelectElement ? "Choose" : "Enter"} ${withArticle(nameOf(control))}.`;
  if (is.badInput) return says.type ?? "Enter a number.";
  if (is.typeMismatch) return says.type ?? (control.type === "email" ? "Enter a valid email, such as name@example.org." : "Enter a URL that starts with https://.");
  if (control instanceof HTMLSelectElement) return control.validationMessage;
  if (is.patternMismatch) return says.pattern ?? "Contains characters that aren't allowed.";
  if (is.tooShort) return says.short ?? `Use at least ${control.minLength} characters. You have ${control.value.length}.`;
  if (is.tooLong) return says.long ?? `Use at most ${control.maxLength} characters. You have ${control.value.length}.`;
  if (control instanceof HTMLTextAreaElement) return control.validationMessage;
  if (is.rangeUnderflow) return says.low ?? `Must be ${control.min} or more.`;
  if (is.rangeOverflow) return says.high ?? `Must be ${control.max} or less.`;
  return control.validationMessage;
}

/** @param {Element} control */
function placeFor(control) {
  return (control.closest("[data-pair]") ?? control.closest(".field"))?.querySelector("[data-problem]") ?? null;
}

/**
 * Shows or removes a control's error. Returns whether the control has a place for errors.
 * @param {Element} control
 * @param {string} text
 */
export function tell(control, text) {
  const place = placeFor(control);
  if (text) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
  if (!place) return false;
  place.id ||= `sr-problem-${++counter}`;
  place.textContent = text;
  describe(control, place);
  return true;
}

/**
 * Links help and error to their control, for screen readers.
 * @param {Element} control
 */
export function describe(control, place = placeFor(control)) {
  const help = control.closest(".field")?.querySelector(".help");
  if (help) help.id ||= `sr-help-${++counter}`;
  const ids = [place?.textContent ? place.id : help?.id].filter(Boolean).join(" ");
  if (ids) control.setAttribute("aria-describedby", ids);
}

/** @param {Control} control */
function isChecked(control) {
  return control.willValidate && !control.matches("fieldset, button, output, :disabled");
}

/**
 * Checks a form. Returns the first control with an error, or null.
 * @param {HTMLFormElement} form
 */
export function checkForm(form) {
  /** @type {Control | null} */
  let first = null;
  for (const control of controlsOf(form)) {
    if (!isChecked(control)) continue;
    const text = complaint(control);
    if (text || control.hasAttribute("aria-invalid")) tell(control, text);
    if (text) first ??= control;
  }
  for (const list of all(form, "[data-pairs]")) {
    if (list.closest("fieldset:disabled")) continue;
    for (const control of all(list, "[aria-invalid]")) tell(control, "");
    for (const [control, text] of problemsOfPairs(list)) {
      tell(control, text);
      first ??= control;
    }
  }
  return first;
}

/**
 * Finds the control for an API error: the control for the error's member, or the first control nested in that member.
 * @param {HTMLFormElement} form
 * @param {string} field
 */
export function controlFor(form, field) {
  /** @param {Control} control */
  const fits = (control) => control.name === field || control.name?.startsWith(`${field}.`) || (control.dataset?.also ?? "").split(" ").includes(field);
  const found = controlsOf(form).find((control) => fits(control) && control.type !== "hidden" && !control.matches(":disabled"));
  return found ?? all(form, `[data-pairs="${CSS.escape(field)}"] [data-pair-name]`).find(isControl) ?? null;
}

/**
 * Shows an error that doesn't belong to a field, with a button if `act` is given.
 * @param {HTMLFormElement} form
 * @param {string} text
 * @param {{ text: string, press: () => void } | null} act
 */
export function tellForm(form, text, act = null) {
  const place = form.querySelector("[data-problem-text]");
  if (!place) return false;
  place.textContent = text;
  for (const each of place.parentElement?.querySelectorAll("button") ?? []) each.remove();
  if (text && act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "textbtn";
    button.textContent = act.text;
    button.addEventListener("click", act.press);
    place.parentElement?.append(button);
  }
  return true;
}

/**
 * Checks a field when it loses the focus and, once it has an error, on every input.
 * @param {HTMLFormElement} form
 */
export function checkWhileTyping(form) {
  form.addEventListener("focusin", ({ target }) => {
    if (isControl(target) && target.closest(".field") && target.willValidate) describe(target);
  });
  form.addEventListener("focusout", ({ target }) => {
    if (!isControl(target) || !target.willValidate || (!target.value && !target.hasAttribute("aria-invalid"))) return;
    const text = complaint(target);
    if (text || target.hasAttribute("aria-invalid")) tell(target, text);
  });
  form.addEventListener("input", ({ target }) => {
    if (isControl(target) && target.hasAttribute("aria-invalid")) tell(target, target.willValidate ? complaint(target) : "");
    tellForm(form, "");
  });
}
