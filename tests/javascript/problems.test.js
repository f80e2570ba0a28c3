import assert from "node:assert/strict";
import { test } from "node:test";
import { script, show } from "./page.js";

const { checkForm, complaint, controlFor, tell, tellForm, withArticle } = await script("problems");

const FIELD = (control, label = "Name") => `<form><div class="field"><label><span class="label">${label}</span>${control}</label><span class="help">Help</span><span class="problem" data-problem=""></span></div></form>`;

test("the error for an empty field uses its label", () => {
  const form = show(FIELD('<input name="name" required>'));

  assert.equal(complaint(form.elements[0]), "Enter a name.");
});

test("a label becomes part of a sentence", () => {
  assert.deepEqual(["Name", "Email", "New value", "IP address"].map(withArticle), ["a name", "an email", "a new value", "an IP address"]);
});

test("a field can have its own messages", () => {
  const form = show(FIELD('<input name="email" type="email" required data-missing="Enter your email.">'));

  assert.equal(complaint(form.elements[0]), "Enter your email.");
});

test("a name to confirm must be typed exactly", () => {
  const form = show(FIELD('<input name="typed" data-equals="web-1" value="web-2">'));

  assert.equal(complaint(form.elements[0]), "Type web-1 to confirm.");
});

test("numbers are checked against limits, and text against a pattern", () => {
  const number = show(FIELD('<input name="length" type="number" min="8" max="64" value="4">')).elements[0];
  assert.equal(complaint(number), "Must be 8 or more.");
  const text = show(FIELD('<input name="username" pattern="[a-z]+" value="A B">')).elements[0];
  assert.equal(complaint(text), "Contains characters that aren't allowed.");
});

test("the first invalid field is returned, marked, and described by its error", () => {
  const form = show(FIELD('<input name="name" required>'));
  const first = checkForm(form);

  assert.equal(first, form.elements[0]);
  assert.equal(first.getAttribute("aria-invalid"), "true");
  assert.equal(document.getElementById(first.getAttribute("aria-describedby")).textContent, "Enter a name.");
});

test("when an error is removed, the help describes the field again", () => {
  const form = show(FIELD('<input name="name">'));
  const [control] = form.elements;
  tell(control, "Wrong.");
  tell(control, "");

  assert.equal(control.hasAttribute("aria-invalid"), false);
  assert.equal(document.getElementById(control.getAttribute("aria-describedby")).textContent, "Help");
});

test("an API error is shown at its field, even a nested one", () => {
  const form = show(FIELD('<input name="generate.length">'));

  assert.equal(controlFor(form, "generate"), form.elements[0]);
  assert.equal(controlFor(form, "other"), null);
});

test("an error of the whole form is text, with at most one button", () => {
  const form = show('<form><div role="alert"><span data-problem-text=""></span></div></form>');
  let pressed = 0;
  const act = { text: "Reload", press: () => (pressed += 1) };
  tellForm(form, "<b>No</b>", act);
  tellForm(form, "<b>No</b>", act);
  form.querySelector("button").click();

  assert.equal(form.querySelector("[data-problem-text]").textContent, "<b>No</b>");
  assert.equal(form.querySelectorAll("button").length, 1);
  assert.equal(pressed, 1);
});
