// Helps while a value is typed: shows its length and any spaces or line breaks at its ends, or generates one.
// A value stays in its field until the form is sent.
//
// A value's field has data-secret. Beside it: data-weight = where the value's length is shown, data-generate = the
// button that generates a value, data-recipe = the fields for its length and characters, shown once a value has been
// generated.

import { all, closest, isControl } from "./dom.js";

const CLASSES = {
  numbers: ["0123456789"],
  alphanumeric: ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"],
  symbols: ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789", "!#%*+,-./:=?@^_~"],
};
const USUAL = 32;
const LONGEST = 1024;
const ONE_OF_EACH_FROM = 4;

/** @param {number} bound */
function randomBelow(bound) {
  const limit = 2 ** 32 - (2 ** 32 % bound);
  const drawn = new Uint32Array(1);
  do crypto.getRandomValues(drawn); while ((drawn[0] ?? 0) >= limit);
  return (drawn[0] ?? 0) % bound;
}

/**
 * Returns a random value, by the same rule as the server: if it has at least 4 characters, it contains every class of
 * characters.
 * @param {number} length
 * @param {string} charset
 */
export function generateValue(length = USUAL, charset = "symbols") {
  if (charset === "uuid") return crypto.randomUUID();
  const classes = CLASSES[/** @type {keyof typeof CLASSES} */ (charset)] ?? CLASSES.symbols;
  const alphabet = classes.join("");
  const wanted = Math.min(Math.max(Math.trunc(length) || USUAL, 1), LONGEST);
  for (;;) {
    const text = Array.from({ length: wanted }, () => alphabet[randomBelow(alphabet.length)]).join("");
    if (wanted < ONE_OF_EACH_FROM || classes.every((each) => [...each].some((one) => text.includes(one)))) return text;
  }
}

/**
 * Describes the invisible characters at the ends of a value; "" if there are none.
 * @param {string} text
 */
export function endsOf(text) {
  if (!text.trim()) return text ? "Only spaces and line breaks" : "";
  const before = text.slice(0, text.length - text.trimStart().length), after = text.slice(text.trimEnd().length);
  const named = (/** @type {string} */ part) => (/[\n\r]/.test(part) ? "a line break" : "a space");
  if (!before) return after && `Ends with ${named(after)}`;
  if (!after) return `Starts with ${named(before)}`;
  const same = named(before) === named(after);
  return same ? `Starts and ends with ${named(before)}` : `Starts with ${named(before)} and ends with ${named(after)}`;
}

/** @param {string} text */
export function lengthOf(text) {
  const count = [...text].length, lines = text.split("\n").length;
  const told = `${count.toLocaleString("en")} character${count === 1 ? "" : "s"}`;
  return lines > 1 ? `${told}, ${lines.toLocaleString("en")} lines` : told;
}

/** @param {Element} near */
function areaOf(near) {
  const area = (near.closest("[data-pair]") ?? near.closest(".field"))?.querySelector("textarea[data-secret]");
  return area instanceof HTMLTextAreaElement ? area : null;
}

/** @param {HTMLTextAreaElement} area */
function weigh(area) {
  const place = (area.closest("[data-pair]") ?? area.closest(".field"))?.querySelector("[data-weight]");
  if (!place) return;
  place.replaceChildren();
  if (!area.value) return;
  place.append(`${lengthOf(area.value)}.`);
  const ends = endsOf(area.value);
  if (!ends) return;
  const note = Object.assign(document.createElement("span"), { className: "warn-ink", textContent: ` ${ends}. ` });
  place.append(note);
  if (!area.value.trim()) return;
  const remove = Object.assign(document.createElement("button"), { type: "button", className: "textbtn", textContent: "Remove" });
  remove.addEventListener("click", () => {
    fillIn(area, area.value.trim());
    area.focus();
  });
  place.append(remove);
}

/**
 * @param {HTMLTextAreaElement} area
 * @param {string} text
 */
function fillIn(area, text) {
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

/**
 * Fills a field with a random value and shows the value, because this is the only time that anyone sees it.
 * @param {HTMLTextAreaElement} area
 */
export function generateInto(area) {
  const recipe = area.closest(".field")?.querySelector("[data-recipe]");
  const [length, charset] = recipe ? all(recipe, "input, select").filter(isControl) : [];
  fillIn(area, generateValue(Number(length?.value ?? USUAL), charset?.value));
  area.classList.add("shown");
  area.closest(".field")?.querySelector("[data-peek]")?.setAttribute("aria-pressed", "true");
  recipe?.removeAttribute("hidden");
}

/** @param {HTMLFormElement} form */
export function serveValues(form) {
  const areas = () => all(form, "textarea[data-secret]").filter((each) => each instanceof HTMLTextAreaElement);
  form.addEventListener("input", ({ target }) => {
    if (target instanceof HTMLTextAreaElement && "secret" in target.dataset) weigh(target);
    const area = target instanceof Element && target.closest("[data-recipe]") ? areaOf(target) : null;
    if (area) generateInto(area);
  });
  form.addEventListener("click", (event) => {
    const button = closest(event, "[data-generate]");
    const area = button && areaOf(button);
    if (area) generateInto(area);
  });
  form.addEventListener("reset", () => queueMicrotask(() => {
    for (const area of areas()) weigh(area);
    for (const recipe of all(form, "[data-recipe]")) recipe.hidden = true;
    for (const peek of all(form, "[data-peek]")) peek.setAttribute("aria-pressed", "false");
  }));
}
