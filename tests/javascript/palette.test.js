import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ORIGIN, script, show, type } from "./page.js";

const { means, openPalette, servePalette } = await script("palette");
const { pin, places, visit } = await script("places");
const { serveKeys } = await script("keys");
servePalette();
serveKeys();

beforeEach(() => localStorage.clear());

test("a command is found by parts of its words, by its synonyms, or by its initials", () => {
  const known = [["new sec", true], ["secret", true], ["ecr", true], ["create", true], ["nsec", true], ["ns", true], ["nes", true], ["cret new", true], ["tercs", false], ["nt", false], ["old", false]];

  for (const [typed, expected] of known) assert.equal(means(typed, "New secret", "create add"), expected, typed);
});

test("a command's keys, pressed one after the other, run it while the palette is closed", () => {
  show('<div id="sr-palette"><button role="option" data-keys="f f"></button><button role="option" data-keys="?"></button></div>');
  const ran = [];
  for (const each of document.querySelectorAll("[role=option]")) each.addEventListener("click", (event) => { event.preventDefault(); ran.push(each.dataset.keys); });
  const press = (key) => document.body.dispatchEvent(Object.assign(new Event("keydown", { bubbles: true, cancelable: true }), { key }));

  for (const key of ["f", "x", "f", "f", "?"]) press(key);

  assert.deepEqual(ran, ["f f", "?"]);
});

test("the palette starts with this person's pinned and recent projects, without the current one", () => {
  show('<div data-person="ada"><dialog id="sr-palette"><input><sr-places><span hidden><i></i></span><span hidden><b></b></span></sr-places></dialog></div>');
  window.happyDOM.setURL(`${ORIGIN}/projects/proj_a`);
  for (const name of ["a", "b", "c"]) visit({ href: `/projects/proj_${name}`, name: `shop/${name}` });
  pin({ href: "/projects/proj_b", name: "shop/b" });
  visit({ href: "/projects/proj_b", name: "shop/renamed" });
  openPalette();

  const shown = [...document.querySelectorAll("[role=group]")].map((each) => each.textContent);
  assert.deepEqual(shown, ["Pinnedshop/renamed", "Recentshop/c"]);

  document.querySelector("[data-person]").dataset.person = "bob";
  assert.deepEqual(places(), { pinned: [], recent: [] });
});

test("on a project's page, the project's own command comes first only if it matches the typed text", () => {
  show(`<dialog id="sr-palette"><input><div class="palette-list" data-for=""><div role="group" data-commands data-here>
    <a role="option" data-command="Freeze this project" data-words="block"></a></div></div></dialog>`);
  const group = document.querySelector("[data-here]"), leads = {};
  for (const text of ["fre", "freeze", "freeze ledger", "block", ""]) {
    type(document.querySelector("input"), text);
    leads[text] = group.hasAttribute("data-leads");
  }

  assert.deepEqual(leads, { fre: true, freeze: true, "freeze ledger": false, block: false, "": false });
});
