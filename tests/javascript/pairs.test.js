import assert from "node:assert/strict";
import { test } from "node:test";
import { script, show, type } from "./page.js";

const { namesIn, problemsOfPairs, readPairs, servePairs } = await script("pairs");

/** Shows the rows of a form, and returns the list with its inputs by row. */
function rows(attributes) {
  const form = show(`<form><div data-pairs="fields" data-longest="64" ${attributes}><div data-rows></div></div></form>`);
  servePairs(form);
  const list = form.querySelector("[data-pairs]");
  const inputs = [...list.querySelectorAll("[data-pair]")].map((row) => ({
    name: row.querySelector("[data-pair-name]"), value: row.querySelector("[data-pair-value]"),
    press: (text) => [...row.querySelectorAll("button")].find((each) => each.textContent === text).click(),
  }));
  return { list, inputs };
}

test("existing rows that weren't touched are not sent", () => {
  const { list, inputs } = rows(`data-names='["user","password"]' data-blank="omit"`);
  type(inputs[1].value, " new ");

  assert.deepEqual(readPairs(list), { fields: { password: " new " }, removed: [] });
});

test("rows can be generated and removed", () => {
  const { list, inputs } = rows(`data-names='["user","password"]' data-blank="omit" data-removes="removeFields"`);
  inputs[0].press("Remove");
  inputs[1].press("Generate");

  assert.deepEqual(namesIn(list), ["password"]);
  assert.match(readPairs(list).fields.password, /^.{32}$/);
  assert.deepEqual(readPairs(list).removed, ["user"]);
});

test("a blank value of a new row is generated", () => {
  const { list, inputs } = rows('data-blank="generate"');
  type(inputs[0].name, "token");

  assert.deepEqual(readPairs(list).fields, { token: null });
});

test("rows with a missing or duplicate name can't be sent", () => {
  const { list, inputs } = rows('data-blank="omit"');
  assert.deepEqual(problemsOfPairs(list).map(([, text]) => text), ["Enter the name of at least one field."]);
  type(inputs[0].value, "x");

  assert.deepEqual(problemsOfPairs(list), [[inputs[0].name, "Enter a name."]]);
});
