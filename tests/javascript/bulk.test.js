import assert from "node:assert/strict";
import { test } from "node:test";
import { script, show } from "./page.js";

const { incomplete, newTags, sendEach } = await script("bulk");
const { SrPicks, pickOf } = await script("picks");
customElements.define("sr-picks", SrPicks);

const picks = ["A", "B", "C", "D"].map((name) => ({ pick: name.toLowerCase(), name }));
const make = ({ pick }) => ({ method: "DELETE", path: `/api/secrets/${pick}` });
const ok = { ok: true, status: 204, answer: {} };
const gone = { ok: false, status: 404, problem: { detail: "there is no such secret" }, retryAfter: 0 };
const busy = { ok: false, status: 429, problem: { detail: "too many" }, retryAfter: 3 };

/** Sends the requests, which have these outcomes in this order. */
async function run(outcomes, goesOn = () => true) {
  const waits = [], said = [];
  const summary = await sendEach(picks, make, async () => outcomes.shift(), { progress: (text) => said.push(text), goesOn, wait: async (seconds) => { waits.push(seconds); } });
  return { summary, waits, said };
}

test("a missing object is named, and the others are processed", async () => {
  const { summary, said } = await run([ok, gone, ok, ok]);

  assert.deepEqual(summary.done.map(({ name }) => name), ["A", "C", "D"]);
  assert.equal(incomplete(summary, 4), "3 of 4 done. Not done: B (no longer exists).");
  assert.equal(said.at(-1), "3 of 4 done…");
});

test("a busy server is retried, and canceling the password dialog stops the rest", async () => {
  const { summary, waits } = await run([busy, ok, null]);

  assert.deepEqual(waits, [3]);
  assert.equal(incomplete(summary, 4), "Canceled. 1 of 4 done. 3 not tried.");
});

test("without a connection, nothing more is sent", async () => {
  const lost = { ok: false, status: 0, problem: { detail: "connection lost" }, retryAfter: 0 };
  const outcomes = [ok, lost, ok, ok];
  const { summary } = await run(outcomes);

  assert.equal(outcomes.length, 2);
  assert.equal(summary.done.length, 1);
});

test("tags are added and removed, and the other tags stay", () => {
  assert.deepEqual(newTags('["pci","web"]', { addTags: ["Web", "eu"], removeTags: ["PCI"] }), ["web", "eu"]);
  assert.equal(newTags('["web"]', { addTags: ["web"] }), null);
});

test("a selection survives new rows, extends with shift, and counts rows on other pages", async () => {
  const row = (id) => `<tr data-row><td><input type="checkbox" data-pick="${id}" data-name="${id}"></td></tr>`;
  const element = show(`<sr-picks><b data-picks-count></b><button data-picks-clear></button><table><tr><th><input type="checkbox" data-pick-all></th></tr><tbody>${["a", "b", "c"].map(row).join("")}</tbody></table></sr-picks>`);
  const boxes = () => [...element.querySelectorAll("[data-pick]")];
  const press = (box, shiftKey = false) => box.dispatchEvent(new window.MouseEvent("click", { bubbles: true, shiftKey }));
  press(boxes()[0]);
  press(boxes()[2], true);
  assert.deepEqual(element.chosen.map(({ pick }) => pick), ["a", "b", "c"]);
  element.querySelector("tbody").innerHTML = ["c", "d"].map(row).join("");
  await new Promise((resolve) => setTimeout(resolve));

  assert.deepEqual(boxes().map((box) => box.checked), [true, false]);
  assert.equal(element.querySelector("[data-picks-count]").textContent, "3 selected, 2 not on this page");
  element.querySelector("[data-picks-clear]").click();
  assert.equal(element.hasAttribute("data-some"), false);
});

test("all rows of the list are selected, page by page, and only if every page was read", async () => {
  const asked = [];
  let broken = false;
  globalThis.fetch = async (path) => {
    asked.push(path);
    if (broken) throw new TypeError("network");
    const second = path.includes("cursor=c2");
    const items = second ? [{ id: "c", name: "C", revision: 3, tags: ["x"] }] : [{ id: "a", name: "A", revision: 1, tags: [] }, { id: "b", name: "B", revision: 2, tags: [] }];
    return { ok: true, status: 200, headers: new Map([["Content-Type", "application/json"]]), text: async () => JSON.stringify({ items, total: 3, nextCursor: second ? null : "c2" }) };
  };
  const list = show(`<sr-picks noun="secret|secrets"><b data-picks-count></b>
    <button data-picks-everything="/api/projects/p/secrets?q=x">All</button>
    <input type="checkbox" data-pick="a" data-name="A"><input type="checkbox" data-pick="b" data-name="B"></sr-picks>`);
  const [button] = list.getElementsByTagName("button");
  const settled = async () => { for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setTimeout(resolve)); };
  button.click();
  await settled();

  assert.deepEqual(asked, ["/api/projects/p/secrets?q=x&limit=200", "/api/projects/p/secrets?q=x&limit=200&cursor=c2"]);
  assert.deepEqual(list.chosen.map(({ pick, name, revision }) => [pick, name, revision]).at(-1), ["c", "C", "3"]);
  assert.equal(list.querySelector("[data-picks-count]").textContent, "3 selected, 1 not on this page");

  list.clear();
  broken = true;
  button.click();
  await settled();

  assert.equal(list.chosen.length, 0);
});

test("an item of the trash is selected with its path", () => {
  const base = { id: "x", name: "X", trashedAt: "2026-01-01T00:00:00Z", purgedAt: "2026-02-01T00:00:00Z" };

  assert.deepEqual(pickOf({ ...base, kind: "secret" }), { pick: "x", name: "X", path: "/api/secrets/x", body: "object" });
  assert.deepEqual(pickOf({ ...base, kind: "project" }), { pick: "x", name: "X", path: "/api/projects/x", body: "none" });
});
