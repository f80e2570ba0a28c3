// Saying what is wrong where it is wrong: at the field, in the place of its help, with what to do.

import { problemsOfPairs } from "./pairs.js";

let counter = 0;

function nameOf(control) {
  const label = control.labels?.[0]?.querySelector(".label") ?? control.labels?.[0];
  return (label?.firstChild?.textContent ?? control.getAttribute("aria-label") ?? control.name).trim();
}

/** Returns what is wrong with a control, or "" when nothing is. */
export function complaint(control) {
  const { equals } = control.dataset;
  if (equals !== undefined && control.value.trim() !== equals) return `Type ${equals} exactly to go on.`;
  if (control.dataset.as === "json" && control.value.trim()) {
    try {
      JSON.parse(control.value);
    } catch {
      return control.dataset.type ?? "This is not JSON: look for a missing comma or quote.";
    }
  }
  const is = control.validity, says = control.dataset, name = nameOf(control);
  if (is.valid) return "";
  if (is.valueMissing) return says.missing ?? `${name} is needed.`;
  if (is.badInput) return says.type ?? "Type a number.";
  if (is.typeMismatch) return says.type ?? (control.type === "email" ? "An e-mail address looks like name@example.org." : "An address begins with https://.");
  if (is.patternMismatch) return says.pattern ?? "Some character here is not allowed.";
  if (is.tooShort) return says.short ?? `At least ${control.minLength} characters; these are ${control.value.length}.`;
  if (is.tooLong) return says.long ?? `At most ${control.maxLength} characters; these are ${control.value.length}.`;
  if (is.rangeUnderflow) return says.low ?? `${control.min} or more.`;
  if (is.rangeOverflow) return says.high ?? `${control.max} or less.`;
  return control.validationMessage;
}

function placeFor(control) {
  return (control.closest("[data-pair]") ?? control.closest(".field"))?.querySelector("[data-problem]") ?? null;
}

/** Shows a sentence at a control, or takes it away. Returns whether there was a place for it. */
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

/** Ties help and problem to their control, for people who do not see them beside it. */
export function describe(control, place = placeFor(control)) {
  const help = control.closest(".field")?.querySelector(".help");
  if (help) help.id ||= `sr-help-${++counter}`;
  const ids = [place?.textContent ? place.id : help?.id].filter(Boolean).join(" ");
  if (ids) control.setAttribute("aria-describedby", ids);
}

function isChecked(control) {
  return control.willValidate && !control.matches("fieldset, button, output, :disabled");
}

/** Checks a form as it stands. Returns the first control that is wrong, or null. */
export function checkForm(form) {
  let first = null;
  for (const control of form.elements) {
    if (!isChecked(control)) continue;
    const text = complaint(control);
    if (text || control.hasAttribute("aria-invalid")) tell(control, text);
    if (text) first ??= control;
  }
  for (const list of form.querySelectorAll("[data-pairs]")) {
    if (list.closest("fieldset:disabled")) continue;
    list.querySelectorAll("[aria-invalid]").forEach((control) => tell(control, ""));
    for (const [control, text] of problemsOfPairs(list)) {
      tell(control, text);
      first ??= control;
    }
  }
  return first;
}

/** Finds the control that a problem of the API is about: by its member, or the first below it. */
export function controlFor(form, field) {
  if (!field) return null;
  const fits = (control) => control.name === field || control.name?.startsWith(`${field}.`) || (control.dataset?.also ?? "").split(" ").includes(field);
  const found = [...form.elements].find((control) => fits(control) && control.type !== "hidden" && !control.matches(":disabled"));
  return found ?? form.querySelector(`[data-pairs="${CSS.escape(field)}"] [data-pair-name]`);
}

/** Shows a problem that belongs to no field, with a button where there is something to press. */
export function tellForm(form, text, act = null) {
  const place = form.querySelector("[data-problem-text]");
  if (!place) return false;
  place.textContent = text;
  place.parentElement.querySelectorAll("button").forEach((each) => each.remove());
  if (text && act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "textbtn";
    button.textContent = act.text;
    button.addEventListener("click", act.press);
    place.parentElement.append(button);
  }
  return true;
}

/** Checks a field when it is left, and, once it was found wrong, at every key. */
export function checkWhileTyping(form) {
  form.addEventListener("focusin", ({ target }) => {
    if (target.closest?.(".field") && target.willValidate) describe(target);
  });
  form.addEventListener("focusout", ({ target }) => {
    if (!target.willValidate || target.matches("button") || (!target.value && !target.hasAttribute("aria-invalid"))) return;
    const text = complaint(target);
    if (text || target.hasAttribute("aria-invalid")) tell(target, text);
  });
  form.addEventListener("input", ({ target }) => {
    if (target.hasAttribute("aria-invalid")) tell(target, target.willValidate ? complaint(target) : "");
    tellForm(form, "");
  });
}
