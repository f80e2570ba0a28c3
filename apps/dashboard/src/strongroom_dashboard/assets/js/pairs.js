// Rows of a name and a value, for the fields of a structured secret. They are made here, because a
// value that is typed belongs to the page alone.
//
// On the list: data-pairs = member, data-names = JSON list of the rows that exist already,
// data-blank = generate | omit (a blank value of a new row), data-removes = member.

const ROWS = "[data-rows]";

function make(tag, className, attributes = {}) {
  const element = Object.assign(document.createElement(tag), { className });
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  return element;
}

function small(text, label, press) {
  const button = make("button", "btn ghost sm", { type: "button", "aria-label": label });
  button.textContent = text;
  button.addEventListener("click", press);
  return button;
}

function addRow(list, known = "") {
  const row = make("div", "pair", { "data-pair": "" });
  const name = make("input", "input mono", { "aria-label": "Field name", placeholder: "name", autocomplete: "off", spellcheck: "false", maxlength: "255", "data-pair-name": "" });
  const value = make("textarea", "input mono covered", { "aria-label": "Field value", rows: "1", autocomplete: "off", spellcheck: "false", "data-pair-value": "", "data-secret": "", placeholder: known ? "unchanged" : list.dataset.blank === "generate" ? "blank: generated" : "value" });
  const will = make("span", "will");
  const problem = make("span", "problem", { "data-problem": "" });
  const cell = make("div", "");
  cell.append(value, will);
  if (known) {
    name.value = known;
    name.readOnly = true;
    row.dataset.known = known;
  }
  const generate = small("Generate", "Generate this value", () => {
    row.classList.toggle("is-generated");
    row.classList.remove("is-removed");
    const on = row.classList.contains("is-generated");
    generate.setAttribute("aria-pressed", String(on));
    generate.textContent = on ? "Type it" : "Generate";
    will.textContent = on ? "32 random characters" : "";
    value.value = "";
  });
  const remove = small("Remove", "Remove this field", () => {
    if (!known) return row.remove();
    const on = row.classList.toggle("is-removed");
    remove.textContent = on ? "Keep" : "Remove";
    value.disabled = on;
  });
  if (known && !list.dataset.removes) remove.hidden = true;
  row.append(name, cell, generate, remove, problem);
  list.querySelector(ROWS).append(row);
  return name;
}

function namesOf(list) {
  try {
    return JSON.parse(list.dataset.names || "[]");
  } catch {
    return [];
  }
}

/** Puts the rows back to those that exist already, and one blank row where there are none. */
export function resetPairs(list) {
  list.querySelector(ROWS).replaceChildren();
  const names = namesOf(list);
  names.forEach((name) => addRow(list, name));
  if (!names.length) addRow(list);
}

/** Returns the fields to send and the names to remove. */
export function readPairs(list) {
  const fields = {}, removed = [];
  list.querySelectorAll("[data-pair]").forEach((row) => {
    const name = row.querySelector("[data-pair-name]").value.trim();
    const value = row.querySelector("[data-pair-value]").value;
    const generated = row.classList.contains("is-generated");
    if (row.classList.contains("is-removed")) removed.push(name);
    else if (generated) fields[name] = null;
    else if (value !== "") fields[name] = value;
    else if (!row.dataset.known && name && list.dataset.blank === "generate") fields[name] = null;
  });
  return { fields, removed };
}

/** Returns `[control, sentence]` of every row that cannot be sent. */
export function problemsOfPairs(list) {
  const seen = new Set(), found = [];
  list.querySelectorAll("[data-pair]:not(.is-removed)").forEach((row) => {
    const control = row.querySelector("[data-pair-name]"), value = row.querySelector("[data-pair-value]");
    const name = control.value.trim();
    if (!name && value.value) found.push([control, "Give this field a name."]);
    else if (seen.has(name)) found.push([control, "There is a field of this name above."]);
    else if (name && !value.value && !row.dataset.known && list.dataset.blank !== "generate" && !row.classList.contains("is-generated")) found.push([value, "Type a value, or press Generate."]);
    if (name) seen.add(name);
  });
  if (!seen.size && !found.length) {
    const first = list.querySelector("[data-pair-name]");
    if (first) found.push([first, "Name at least one field."]);
  }
  return found;
}

export function servePairs(form) {
  form.querySelectorAll("[data-pairs]").forEach((list) => {
    if (list.dataset.served !== list.dataset.names + "!") resetPairs(list);
    list.dataset.served = list.dataset.names + "!";
  });
}

export function listenForPairs() {
  document.addEventListener("click", (event) => {
    const add = event.target instanceof Element ? event.target.closest("[data-add-pair]") : null;
    if (add) addRow(add.closest("[data-pairs]")).focus();
  });
}
