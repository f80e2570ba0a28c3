import assert from "node:assert/strict";
import { test } from "node:test";
import { script, show, type } from "./page.js";

const { applyChoices, fill, fillFromUrl, hasTyped, member, readForm, typedInto } = await script("body");

test("names with dots nest, and empty fields are left out", () => {
  const form = show('<form><input name="name" value=" API_KEY "><input name="generate.length" data-as="number" value="32"><input name="note"></form>');

  assert.deepEqual(readForm(form).body, { name: "API_KEY", generate: { length: 32 } });
});

test("a field takes its text from the page's URL, unless something was typed", () => {
  const form = show('<form><input name="key" data-query="secret"><input name="typed" data-query="secret" value="mine"><input name="none" data-query="missing"></form>');
  fillFromUrl(form);

  assert.deepEqual(readForm(form).body, { key: "sk_b", typed: "mine" });
});

test("an empty field can be sent as null or as an empty string", () => {
  const form = show('<form><input name="note" data-empty="null"><input name="reason" data-empty="text"></form>');

  assert.deepEqual(readForm(form).body, { note: null, reason: "" });
});

test("secrets and passwords are sent exactly as typed, and other text is trimmed", () => {
  const form = show('<form><textarea name="value" data-secret=""></textarea><input name="password" type="password"><input name="name"></form>');
  for (const control of form.elements) control.value = " two words ";

  assert.deepEqual(readForm(form).body, { value: " two words ", password: " two words ", name: "two words" });
});

test("lists are split at commas and lines, and booleans and JSON are parsed", () => {
  const form = show(`<form><input name="tags" data-as="list" value="pci, payments,,">
    <input name="on" data-as="boolean" value="true"><input name="more" data-as="json" value='{"a": 1}'></form>`);

  assert.deepEqual(readForm(form).body, { tags: ["pci", "payments"], on: true, more: { a: 1 } });
});

test("a link's token comes from the link that was pasted, and otherwise from the page's own", () => {
  const form = show('<form><input name="token" data-as="fragment"></form>');
  globalThis.srFragment = "srl_own";

  assert.deepEqual(readForm(form).body, { token: "srl_own" });
  for (const pasted of ["https://vault.example/invitation#srl_x", " srl_x "]) {
    type(form.elements[0], pasted);
    assert.deepEqual(readForm(form).body, { token: "srl_x" });
  }
  delete globalThis.srFragment;
});

test("claims can have any names, and more claims can be given as lines", () => {
  const form = show(`<form><input name="conditions" data-claim="kubernetes.io/namespace" value="shop"><input name="conditions" data-claim="ref">
    <textarea name="conditions" data-as="claims"></textarea></form>`);
  const [, ref, more] = [...form.elements];
  type(more, "\n job_workflow_ref = acme/ci/*=x \nactor=ada\nwrong");
  const conditions = { "kubernetes.io/namespace": "shop", job_workflow_ref: "acme/ci/*=x", actor: "ada", wrong: "" };

  assert.deepEqual(readForm(form).body, { conditions });
  type(more, "");
  assert.deepEqual(readForm(form).body, { conditions: { "kubernetes.io/namespace": "shop" } });
  type(ref, "main");
  assert.deepEqual(readForm(form).body.conditions.ref, "main");
});

test("a day is sent as its end in UTC, and null once it is cleared", () => {
  const form = show('<form><input name="endsAt" type="date" data-as="day" data-empty="null" value="2026-12-31"></form>');

  assert.deepEqual(readForm(form).body, { endsAt: "2026-12-31T23:59:59Z" });
  type(form.elements[0], "");
  assert.deepEqual(readForm(form).body, { endsAt: null });
});

test("ticked boxes can be grouped by a name, such as an environment", () => {
  const form = show(`<form><input type="hidden" name="overrides" data-as="json" value="{}">
    <input type="checkbox" name="rights" data-tick="" value="a" checked>
    <fieldset><input type="checkbox" name="overrides" data-claim="eu.west" data-tick="" value="a" checked></fieldset>
    <input type="checkbox" name="overrides" data-claim="dev" data-tick="" value="a" checked disabled></form>`);

  assert.deepEqual(readForm(form).body, { overrides: { "eu.west": ["a"] }, rights: ["a"] });
  form.querySelector('[data-claim="eu.west"]').checked = false;
  assert.deepEqual(readForm(form).body.overrides, { "eu.west": [] });
});

test("local, disabled and unnamed fields are not sent", () => {
  const form = show('<form><input name="typed" data-local="" value="x"><input name="off" disabled value="x"><input value="x"><button name="go">Go</button></form>');

  assert.deepEqual(readForm(form).body, {});
});

test("with changedOnly, only changed and hidden fields are sent", () => {
  const form = show('<form><input name="name" value="old"><input name="note" value="kept"><input type="hidden" name="id" value="1"></form>');
  type(form.elements.namedItem("name"), "new");

  assert.deepEqual(readForm(form, { changedOnly: true }).body, { name: "new", id: "1" });
  assert.equal(hasTyped(form), true);
});

test("checked boxes become objects", () => {
  const form = show(`<form>
    <input type="checkbox" data-tick="" name="grants" value="a" data-item="secretId" checked>
    <input type="checkbox" data-tick="" name="grants" value="b" data-item="secretId" checked>
    <input type="checkbox" data-tick="" name="grants" value="c" data-item="secretId"></form>`);

  assert.deepEqual(readForm(form).body, { grants: [{ secretId: "a" }, { secretId: "b" }] });
});

test("a part that doesn't match the choice is hidden and isn't sent", () => {
  const form = show(`<form><select name="kind"><option value="single" selected></option><option value="structured"></option></select>
    <fieldset data-when="kind=single"><input name="value" value="x"></fieldset>
    <fieldset data-when="kind=structured"><input name="other" value="y"></fieldset></form>`);
  applyChoices(form);

  assert.deepEqual([...form.querySelectorAll("fieldset")].map((part) => part.hidden), [false, true]);
  assert.deepEqual([...form.querySelectorAll("fieldset")].map((part) => part.disabled), [false, true]);
});

test("a field that is used in the path is left out of the body", () => {
  const form = show('<form><input name="machineId" value="a/b"><input name="name" value="x"></form>');
  const { body, take } = readForm(form);
  const path = fill("/api/machines/{machineId}", take, encodeURIComponent);

  assert.equal(path, "/api/machines/a%2Fb");
  assert.deepEqual(body, { name: "x" });
});

test("messages never contain a secret or a password", () => {
  const form = show('<form><input name="name" value="KEY"><textarea name="value" data-secret="">s3cret</textarea><input type="password" name="password" value="s3cret"></form>');
  const text = fill("{name} {value}{password}{missing}.", (name) => typedInto(form, name));

  assert.equal(text, "KEY .");
});

test("a message can contain the text of the chosen option", () => {
  const form = show('<form><select name="projectId"><option value="">Choose</option><option value="p1" selected>shop/web</option></select></form>');

  assert.equal(fill("{projectId} {projectId.text}", (name) => typedInto(form, name)), "p1 shop/web");
});

test("members of a response are found by dotted names", () => {
  assert.equal(member({ a: { b: 1 } }, "a.b"), 1);
  assert.equal(member({ a: null }, "a.b"), undefined);
});
