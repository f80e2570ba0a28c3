// While the person types a secret's name, shows the variable that programs will see, or an error if another secret in
// the project already has that variable. The rule is the same as in strongroom_wire/variables.py.
//
// On the name: data-variable = path of the project's secrets, data-own = the ID of the secret being renamed,
// data-fields = JSON list of its fields, data-dangerous = JSON of the variables that commands reject.
// Beside it: data-seen = where to show the variable.

import { all } from "./dom.js";
import { namesIn } from "./pairs.js";
import { complaint, tell } from "./problems.js";
import { send } from "./request.js";

const PAUSE = 250;
const SHOWN = 4;

/**
 * Returns the variable for a secret, or for a secret and its field.
 * @param {string[]} parts
 */
export function variableName(...parts) {
  const name = parts.join("_").replace(/[^A-Za-z0-9_]/gu, "_").toUpperCase();
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

/**
 * Returns the variables of a secret: one for each field, or one if it has no fields.
 * @param {string} name
 * @param {string[]} fields
 */
export function variablesOf(name, fields) {
  return fields.length ? fields.map((field) => variableName(name, field)) : [variableName(name)];
}

/**
 * Returns whether commands reject a variable because it can change which code a program runs.
 * @param {string} variable
 * @param {{ names: string[], prefixes: string[], ordinary: string[] }} known The lists in
 *   strongroom_wire/dangerous_names.py.
 */
export function isDangerous(variable, known) {
  if (known.ordinary.includes(variable)) return false;
  return known.names.includes(variable) || known.prefixes.some((each) => variable.startsWith(each));
}

/** @param {HTMLFormElement} form */
function nameOf(form) {
  const control = form.querySelector("[data-variable]");
  return control instanceof HTMLInputElement ? control : null;
}

/**
 * Returns the variables for the current input, or none if there is no name.
 * @param {HTMLFormElement} form
 * @param {HTMLInputElement} control
 */
function typed(form, control) {
  const name = control.value.trim();
  if (!name) return [];
  const lists = all(form, "[data-pairs]").filter((each) => !each.closest("fieldset:disabled"));
  const fields = [...JSON.parse(control.dataset.fields || "[]"), ...lists.flatMap(namesIn)];
  return lists.length && !fields.length ? [] : variablesOf(name, fields);
}

/**
 * @param {HTMLElement} place
 * @param {string[]} variables
 * @param {string} [dangerous] JSON of the variables that commands reject.
 */
function show(place, variables, dangerous) {
  if (place.dataset.now === variables.join()) return;
  place.dataset.now = variables.join();
  place.replaceChildren();
  if (!variables.length) return;
  place.append("Programs see ");
  for (const [at, variable] of variables.slice(0, SHOWN).entries()) {
    if (at) place.append(", ");
    place.append(Object.assign(document.createElement("span"), { className: "mono strong", textContent: variable }));
  }
  const more = variables.length - SHOWN;
  place.append(more > 0 ? ` and ${more} more.` : ".");
  const rejected = dangerous ? variables.filter((each) => isDangerous(each, JSON.parse(dangerous))) : [];
  if (!rejected.length) return;
  const why = `The commands run and export reject ${rejected.join(", ")}, because it can change which code programs run. Choose another name.`;
  place.append(" ", Object.assign(document.createElement("span"), { className: "warn-ink", textContent: why }));
}

/**
 * Looks for another secret that already has one of the variables. Returns the error, or "" if there is none.
 * @param {HTMLInputElement} control
 * @param {string[]} variables
 * @param {string | undefined} vault
 */
async function clash(control, variables, vault) {
  const path = `${control.dataset.variable}?variable=${variables.join()}&limit=2`;
  const outcome = await send({ method: "GET", path, vault });
  if (!outcome.ok) return "";
  /** @type {{ id: string, name: string, fieldNames: string[] }[]} */
  const items = outcome.answer.items;
  const other = items.find((each) => each.id !== control.dataset.own);
  if (!other) return "";
  if (other.name === control.value.trim()) return "This project already has a secret with this name.";
  const variable = variablesOf(other.name, other.fieldNames).find((each) => variables.includes(each));
  return `Programs would see it as ${variable}, like the existing secret ${other.name}. Choose another name.`;
}

/**
 * Shows a warning while the name typed for a standalone project is an application's name. data-like = JSON list of
 * these names.
 * @param {HTMLFormElement} form
 */
export function warnOfLikeNames(form) {
  const place = form.querySelector("[data-like]"), name = form.elements.namedItem("name"), application = form.elements.namedItem("applicationId");
  if (!(place instanceof HTMLElement) || !(name instanceof HTMLInputElement)) return;
  const alone = !(application instanceof HTMLSelectElement) || application.value === "";
  place.hidden = !alone || !JSON.parse(place.dataset.like || "[]").includes(name.value.trim().toLowerCase());
}

/** @param {HTMLFormElement} form */
export function serveNames(form) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let asked = "";
  const look = () => {
    warnOfLikeNames(form);
    const control = nameOf(form);
    const place = control?.closest(".field")?.querySelector("[data-seen]");
    if (!control || !(place instanceof HTMLElement)) return;
    const variables = typed(form, control);
    show(place, variables, control.dataset.dangerous);
    if (variables.join() === asked) return;
    asked = variables.join();
    clearTimeout(timer);
    control.setCustomValidity("");
    if (!variables.length || control.value === control.defaultValue) return;
    const vault = form.closest("[data-vault]")?.getAttribute("data-vault") ?? undefined;
    timer = setTimeout(async () => {
      const text = await clash(control, variables, vault);
      if (asked !== variables.join() || complaint(control)) return;
      // Because this is the field's own error, it stays until the name changes.
      control.setCustomValidity(text);
      tell(control, text);
    }, PAUSE);
  };
  form.addEventListener("input", look);
  form.addEventListener("change", look);
  form.addEventListener("click", () => queueMicrotask(look));
  form.addEventListener("reset", () => queueMicrotask(look));
}
