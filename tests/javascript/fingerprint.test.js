import assert from "node:assert/strict";
import { test } from "node:test";
import { script, show, type } from "./page.js";

const { differsBeside, SrFingerprint } = await script("fingerprint");
customElements.define("sr-fingerprint", SrFingerprint);

const PRINT = "9f2c41d0b8e70c357ad9e61458fb23a0c4d196be0f72ae58d30b71c94e86f2ad";
const GROUPS = PRINT.match(/.{4}/g);

/** Pastes a text to compare with the fingerprint, and returns the result. */
function compare(text) {
  const card = show(`<section class="waiting"><sr-fingerprint value="${PRINT}"><div data-groups></div><input><span data-verdict></span></sr-fingerprint><form></form></section>`);
  type(card.querySelector("input"), text);
  return { verdict: card.querySelector("[data-verdict]").textContent, blocked: differsBeside(card.querySelector("form")) };
}

test("the same fingerprint matches, no matter how it is written", () => {
  const same = { verdict: "All 64 characters match.", blocked: false };

  assert.deepEqual(compare(PRINT), same);
  assert.deepEqual(compare(PRINT.toUpperCase()), same);
  assert.deepEqual(compare(`sha256:${GROUPS.join(" ")}`), same);
  assert.deepEqual(compare(`registered; fingerprint ${GROUPS.join(" ")} (web-1)`), same);
});

test("a different fingerprint names the first group that differs, and blocks approval", () => {
  const other = [...GROUPS.slice(0, 15), "0000"].join(" ");

  assert.deepEqual(compare(other), { verdict: "Mismatch in group 16. Don't approve.", blocked: true });
});

test("a partial fingerprint isn't a match, and one that is too long is an error", () => {
  assert.deepEqual(compare(PRINT.slice(0, 12)), { verdict: "The first 12 of 64 characters match.", blocked: false });
  assert.deepEqual(compare(`${PRINT}00`), { verdict: "Too long for a fingerprint.", blocked: true });
  assert.deepEqual(compare(""), { verdict: "", blocked: false });
});
