import assert from "node:assert/strict";
import { test } from "node:test";
import { script, show } from "./page.js";

const { showSuggestions } = await script("suggestions");
const { showResults } = await script("results");
const { applyChoices, readForm } = await script("body");

const NONE = { name: null, lifetimeSeconds: null, looking: false, projects: null };

/** Shows the form that approves a key, with two projects to choose from. */
function form() {
  const page = show(`<div data-suggested="suggested"><form><input name="name">
    <select name="lifetimeSeconds" data-as="number"><option value="28800">8 hours</option><option value="86400" selected>1 day</option></select>
    <input type="checkbox" name="looking">
    <input type="radio" name="scope" value="all" data-local="" checked><input type="radio" name="scope" value="some" data-local="">
    <fieldset data-when="scope=some"><div data-chosen-if="suggested.projects">
      <input type="checkbox" name="projects" value="proj_a" data-tick=""><input type="checkbox" name="projects" value="proj_b" data-tick="">
    </div></fieldset></form></div>`);
  const found = page.querySelector("form");
  found.addEventListener("change", () => applyChoices(found));
  return found;
}

const suggest = (of, suggested) => showSuggestions(of.closest("div").parentElement, { suggested: { ...NONE, ...suggested } });

/** The projects that would be sent; null for all. */
const projects = (of) => of.querySelector("fieldset").disabled ? null : readForm(of).body.projects;
const sent = (of) => ({ ...readForm(of).body, projects: projects(of) });

test("without suggestions, a form stays as it is", () => {
  const shown = form();
  suggest(shown, {});

  assert.deepEqual(sent(shown), { lifetimeSeconds: 86400, looking: false, projects: null });
});

test("suggestions fill in the fields, and make the choice that shows them", () => {
  const shown = form();
  suggest(shown, { name: "ci", lifetimeSeconds: 28800, looking: true, projects: ["proj_b"] });

  assert.deepEqual(sent(shown), { name: "ci", lifetimeSeconds: 28800, looking: true, projects: ["proj_b"] });
});

test("if none of the suggested projects can be chosen, the choice isn't all projects", () => {
  const shown = form();
  suggest(shown, { projects: [] });

  assert.deepEqual(projects(shown), []);
});

test("another lifetime becomes an option, and the next response removes what this one suggested", () => {
  const shown = form();
  suggest(shown, { name: "ci", lifetimeSeconds: 1209600, looking: true, projects: ["proj_a"] });

  assert.equal(shown.querySelector("select").selectedOptions[0].text, "14 days");

  suggest(shown, {});

  assert.equal(shown.querySelectorAll("option").length, 2);
  assert.deepEqual(sent(shown), { lifetimeSeconds: 86400, looking: false, projects: null });
});

test("results can be nested, lists, and conditions", () => {
  const shown = show(`<div><b data-result="a.names"></b><p data-result-if="a.names" hidden></p><p data-result-if="a.none"></p></div>`);
  showResults(shown, { a: { names: ["x", "y"], none: [] } });

  assert.equal(shown.querySelector("b").textContent, "x, y");
  assert.deepEqual([...shown.querySelectorAll("p")].map((each) => each.hidden), [false, true]);
});
