import assert from "node:assert/strict";
import { test } from "node:test";
import { script } from "./page.js";

const { effectOf } = await script("effect");

const NOTHING = { capabilities: [], opens: 0, hidden: 0, projects: [] };
const project = (id, secrets, rights = ["secrets.view:single"]) => ({ id, secrets, rights });
const seen = (capabilities, projects, hidden = 0) => ({ capabilities, opens: projects.length + hidden, hidden, projects });

test("what an invited person gets is counted", () => {
  const after = seen(["audit.view", "members.view"], [project("a", 11), project("b", 1)]);

  assert.equal(effectOf(NOTHING, after), "Gains 2 capabilities, 2 projects, 12 secrets.");
});

test("what is gained and what is lost are both named", () => {
  const before = seen(["audit.view"], [project("a", 4), project("b", 2, ["x", "y"])]);
  const after = seen(["alerts.view", "members.view"], [project("b", 3, ["x"]), project("c", 1)]);

  assert.equal(effectOf(before, after), "Gains 2 capabilities, 1 project, 2 secrets. Loses 1 capability, 1 project, 4 secrets, some rights in 1 project.");
  assert.equal(effectOf(after, before).includes("more rights in 1 project"), true);
});

test("projects that the person can't see themselves are counted as projects", () => {
  assert.equal(effectOf(NOTHING, seen([], [project("a", 0)], 2)), "Gains 3 projects.");
});

test("the sentence says if nothing changes, and if a list was cut off", () => {
  const cut = { ...seen([], [project("a", 1)]), opens: 300 };

  assert.equal(effectOf(NOTHING, NOTHING), "Nothing changes in what they can see and do.");
  assert.equal(effectOf(NOTHING, cut), "Gains 1 project, 1 secret. Not all projects are counted.");
});
