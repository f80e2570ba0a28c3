import assert from "node:assert/strict";
import { test } from "node:test";
import { script } from "./page.js";

const { changesOf, levelOf, saysForMachine, saysForSecrets, set, setSame, sumsOf } = await script("access_rows");

/** Returns a row with these parts: [name, before]. */
function row(id, parts, { byField = false, attached = true, closed = false } = {}) {
  return { id, name: id, closed, attached, byField, parts: parts.map(([name, had]) => ({ name, machine: "m", secret: byField ? id : name, had, now: had })) };
}

test("giving and taking fields sends the whole secret, some fields, or none", () => {
  const rows = ["a", "b", "c"].map((id) => row(id, [["x", "all"], ["y", "none"]], { byField: true }));
  set(rows[0], true);
  set(rows[1], false);
  rows[2].parts[0].now = "none";
  rows[2].parts[1].now = "all";

  assert.deepEqual(changesOf(rows).map((each) => [each.secretId, each.access]), [["a", "all"], ["b", "none"], ["c", ["y"]]]);
  assert.equal(saysForMachine("web-1", sumsOf(rows)), "web-1 will gain access to 1 secret, lose access to 1 secret and read other fields of 1 secret.");
});

test("only what differs is sent, and access to some fields is kept until it is changed", () => {
  const rows = [row("m", [["a", "all"], ["b", "some"], ["c", "none"]])];
  assert.equal(levelOf(rows[0]), "some");
  assert.deepEqual(changesOf(rows), []);
  set(rows[0], true);

  assert.deepEqual(changesOf(rows).map((each) => [each.secretId, each.access]), [["b", "all"], ["c", "all"]]);
});

test("machines that aren't attached are counted, and closed ones can't be changed", () => {
  const rows = [row("a", [["s", "none"]], { attached: false }), row("b", [["s", "none"]], { attached: false, closed: true }), row("c", [["s", "all"]])];
  for (const each of rows.slice(0, 2)) set(each, true);
  set(rows[2], false);

  assert.equal(saysForSecrets("shop", sumsOf(rows)), "1 machine gets access and 1 machine loses access. 1 machine will also be attached to shop.");
  assert.equal(changesOf(rows).length, 2);
});

test("access copied from another machine includes its secrets and fields, and nothing else", () => {
  const rows = [row("a", [["", "none"]], { byField: true }), row("b", [["x", "all"], ["y", "all"]], { byField: true }), row("c", [["", "all"]], { byField: true })];
  setSame(rows, new Map([["a", null], ["b", ["y"]]]));

  assert.deepEqual(changesOf(rows).map((each) => [each.secretId, each.access]), [["a", "all"], ["b", ["y"]], ["c", "none"]]);
});
