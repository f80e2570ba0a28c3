import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { script, show, type } from "./page.js";

const { isDangerous, serveNames, variableName } = await script("names");
const CASES = JSON.parse(readFileSync(new URL("../../packages/wire/vectors/variables.json", import.meta.url), "utf8"));
const PATH = "/api/projects/proj_a/secrets";

const settled = (milliseconds = 300) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Shows a field for a name, and answers every request with these secrets. */
function form(items, attributes = "") {
  const asked = [];
  globalThis.fetch = async (path) => {
    asked.push(path);
    return new Response(JSON.stringify({ items }), { headers: { "Content-Type": "application/json" } });
  };
  const made = show(`<form><div class="field"><input name="name" data-variable="${PATH}" ${attributes}><span data-seen></span>
    <span data-problem></span></div></form>`);
  serveNames(made);
  return { asked, name: made.querySelector("input"), seen: made.querySelector("[data-seen]"), problem: made.querySelector("[data-problem]") };
}

test("the page, the CLI and the database derive the same variables", () => {
  assert.deepEqual(CASES.map(([parts]) => variableName(...parts)), CASES.map(([, expected]) => expected));
});

test("the variable is shown immediately, and a clash with another secret after a pause", async () => {
  const { asked, name, seen, problem } = form([{ id: "sk_b", name: "STRIPE-KEY", fieldNames: [] }]);
  type(name, "stripe k");
  type(name, "stripe key");
  const shown = seen.textContent;
  await settled();

  assert.equal(shown, "Programs see STRIPE_KEY.");
  assert.deepEqual(asked, [`${PATH}?variable=STRIPE_KEY&limit=2`]);
  assert.equal(problem.textContent, "Programs would see it as STRIPE_KEY, like the existing secret STRIPE-KEY. Choose another name.");
});

test("a secret that is being renamed doesn't clash with itself", async () => {
  const { name, problem, seen } = form([{ id: "sk_b", name: "smtp", fieldNames: ["host"] }], `value="smtp" data-own="sk_b" data-fields='["host","port"]'`);
  type(name, "SMTP");
  await settled();

  assert.equal(seen.textContent, "Programs see SMTP_HOST, SMTP_PORT.");
  assert.equal(problem.textContent, "");
});

test("the page and the CLI reject the same variables", () => {
  const { lists, cases } = JSON.parse(readFileSync(new URL("../../packages/wire/vectors/dangerous.json", import.meta.url), "utf8"));

  assert.deepEqual(cases.map(([variable]) => isDangerous(variable, lists)), cases.map(([, expected]) => expected));
});

test("a name gets a warning if commands would reject its variable", () => {
  const { name, seen } = form([], `data-dangerous='{"names":["PATH"],"prefixes":["LD_"],"ordinary":["LD_API_KEY"]}'`);
  const warned = ["path", "ld-preload", "ld_api_key", "PATHS"].map((typed) => {
    type(name, typed);
    return /reject (\S+),/.exec(seen.textContent)?.[1];
  });

  assert.deepEqual(warned, ["PATH", "LD_PRELOAD", undefined, undefined]);
});
