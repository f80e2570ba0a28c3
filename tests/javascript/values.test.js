import assert from "node:assert/strict";
import { test } from "node:test";
import { script, show, type } from "./page.js";

const { endsOf, generateValue, lengthOf, serveValues } = await script("values");

/** Shows the field for a value. */
function field() {
  const form = show(`<form><div class="field"><textarea data-secret></textarea><span data-weight></span>
    <button type="button" data-generate></button><div data-recipe hidden><input value="8"><select><option>numbers</option></select></div></div></form>`);
  serveValues(form);
  return { form, area: form.querySelector("textarea"), weight: form.querySelector("[data-weight]") };
}

test("leading and trailing spaces and line breaks are pointed out, and can be removed", () => {
  const { area, weight } = field();
  type(area, " key\n");
  const told = weight.textContent;
  weight.querySelector("button").click();

  assert.equal(told, "5 characters, 2 lines. Starts with a space and ends with a line break. Remove");
  assert.equal(area.value, "key");
  assert.equal(weight.textContent, "3 characters.");
  assert.deepEqual(["", "a b", "\n\n", " a ", "a\r\n", "\ta"].map(endsOf), ["", "", "Only spaces and line breaks", "Starts and ends with a space", "Ends with a line break", "Starts with a space"]);
  assert.equal(lengthOf("🔑"), "1 character");
});

test("a generated value follows the recipe next to its field, and is shown there", () => {
  const { form, area } = field();
  form.querySelector("[data-generate]").click();

  assert.match(area.value, /^[0-9]{8}$/);
  assert.ok(area.classList.contains("shown"));
  assert.equal(form.querySelector("[data-recipe]").hidden, false);
});

test("generated values contain every class of characters, and no two are the same", () => {
  const made = Array.from({ length: 200 }, () => generateValue(16));

  // With four characters, there is one of each class, and in one run of 160, two of 200 values would be the same.
  for (const each of made.map(() => generateValue(4))) assert.match(each, /^(?=.*[A-Z])(?=.*[a-z])(?=.*[0-9])(?=.*[^A-Za-z0-9]).{4}$/);
  assert.equal(new Set(made).size, made.length);
  assert.match(generateValue(1, "uuid"), /^[0-9a-f-]{36}$/);
});
