import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { script, show, type } from "./page.js";

const { SrForm } = await script("form");
customElements.define("sr-form", SrForm);
const { fetch } = globalThis;
let sent = [];

beforeEach(() => {
  sent = [];
});

afterEach(() => {
  globalThis.fetch = fetch;
});

/** Sets the responses to the next requests, in this order. */
function answers(...responses) {
  globalThis.fetch = async (path, { body, headers }) => {
    sent.push({ path, body: body && JSON.parse(body), ifMatch: headers["If-Match"] });
    const { status, problem } = responses.shift();
    return new Response(JSON.stringify(problem ?? {}), { status, headers: { "Content-Type": "application/json" } });
  };
}

function form(attributes = "") {
  return show(`<div data-vault="v1"><sr-form action="/api/projects" method="POST" ${attributes}><form>
    <div class="field"><label><span class="label">Name</span><input name="name" required></label><span class="problem" data-problem=""></span></div>
    <div role="alert"><span data-problem-text=""></span></div><button type="submit">Create</button></form></sr-form></div>`).firstElementChild;
}

const error = (element) => element.querySelector("[data-problem-text]").textContent;

test("a form says whether it differs from what the server sent, so that its save bar can be hidden", async () => {
  const element = form(), input = element.querySelector("input");
  const changed = async (value) => {
    type(input, value);
    await Promise.resolve();
    return element.hasAttribute("data-changed");
  };

  assert.deepEqual([await changed("billing"), await changed(""), await changed("shop")], [true, false, true]);
  element.clear();
  await Promise.resolve();
  assert.equal(element.hasAttribute("data-changed"), false);
});

test("a form with an error isn't sent", async () => {
  answers();
  const element = form();
  await element.submit();

  assert.deepEqual(sent, []);
  assert.equal(element.querySelector("[data-problem]").textContent, "Enter a name.");
});

test("a form that is sent before the page has loaded waits for what the page fills in", async () => {
  answers({ status: 200 });
  const element = form(), page = element.parentElement, input = element.querySelector("input");
  page.dataset.vault = "";
  const sending = element.submit();
  input.value = "billing";
  page.dataset.vault = "v1";
  await sending;

  assert.deepEqual(sent.map((each) => each.body), [{ name: "billing" }]);
});

test("a form in a tab that has shown another screen waits until its own screen has loaded", async () => {
  answers({ status: 200 });
  const element = form(), page = element.parentElement, input = element.querySelector("input");
  const main = document.createElement("main"), loading = document.createElement("p");
  loading.dataset.loading = "";
  page.append(main);
  main.append(loading, element);
  const sending = element.submit();
  input.value = "billing";
  loading.remove();
  await sending;

  assert.deepEqual(sent.map((each) => each.body), [{ name: "billing" }]);
});

test("a form is sent once, no matter how often the button is pressed", async () => {
  answers({ status: 200 });
  const element = form();
  type(element.querySelector("input"), "billing");
  await Promise.all([element.submit(), element.submit()]);

  assert.deepEqual(sent, [{ path: "/api/projects", body: { name: "billing" }, ifMatch: undefined }]);
  assert.equal(element.querySelector("input").value, "");
});

test("an error keeps the input, and is shown at its field", async () => {
  answers({ status: 409, problem: { code: "name_taken", detail: "a project with this name exists" } });
  const element = form();
  type(element.querySelector("input"), "billing");
  await element.submit();

  assert.equal(element.querySelector("input").value, "billing");
  assert.equal(element.querySelector("[data-problem]").textContent, "A project with this name exists.");
});

test("a conflict sends the revision that the person saw, and keeps the input", async () => {
  answers({ status: 412, problem: { code: "changed", detail: "changed" } });
  const element = form('if-match="3"');
  element.querySelector("input").dispatchEvent(new Event("focusin", { bubbles: true }));
  type(element.querySelector("input"), "billing");
  element.setAttribute("if-match", "4");
  await element.submit();

  assert.equal(sent[0].ifMatch, '"3"');
  assert.equal(error(element), "This was changed elsewhere. Your changes aren't saved but are still here.");
});

test("closing warns once about input that would be lost", () => {
  const element = form();
  assert.equal(element.warns(), false);
  type(element.querySelector("input"), "billing");

  assert.deepEqual([element.warns(), element.warns()], [true, false]);
  assert.equal(error(element), "Press Esc again to discard your changes.");
});

test("follow-up requests are sent only after the form has succeeded, one for each project with ticked boxes", async () => {
  const box = ([project, secret]) => `<input type="checkbox" data-local data-then="${project}" value='{"secretId":"${secret}"}'>`;
  const boxes = [["proj_a", "sk_a"], ["proj_b", "sk_b"], ["proj_a", "sk_c"], ["proj_a", "sk_d"]].map(box).join("");
  const prepare = (ticked) => {
    const element = form('followed-by="PATCH /api/projects/{then}/grants"');
    element.querySelector("form").insertAdjacentHTML("beforeend", boxes);
    for (const each of [...element.querySelectorAll("[data-then]")].slice(0, ticked)) each.checked = true;
    type(element.querySelector("input"), "web-1");
    return element;
  };
  answers({ status: 403, problem: { detail: "denied" } });
  await prepare(3).submit();
  const denied = sent.length;
  answers({ status: 200 });
  await prepare(0).submit();
  const alone = sent.length - denied;
  answers({ status: 200 }, { status: 200 }, { status: 200 });
  await prepare(3).submit();

  assert.deepEqual([denied, alone], [1, 1]);
  assert.deepEqual(sent.slice(2).map(({ path, body }) => [path, body]), [
    ["/api/projects", { name: "web-1" }],
    ["/api/projects/proj_a/grants", { changes: [{ secretId: "sk_a" }, { secretId: "sk_c" }] }],
    ["/api/projects/proj_b/grants", { changes: [{ secretId: "sk_b" }] }],
  ]);
});

test("with 'create another', the form stays open, and only that checkbox keeps its value", async () => {
  answers({ status: 201 });
  const element = form('then="/elsewhere"');
  element.querySelector("form").insertAdjacentHTML("beforeend", '<input type="checkbox" name="again" data-local>');
  const again = element.querySelector("[name=again]");
  again.checked = true;
  type(element.querySelector("input"), "billing");
  await element.submit();

  assert.deepEqual(sent.map(({ body }) => body), [{ name: "billing" }]);
  assert.deepEqual([element.querySelector("input").value, again.checked], ["", true]);
});
