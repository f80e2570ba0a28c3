import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { script } from "./page.js";

const { duration, send, sentence, UNREACHABLE } = await script("request");
const { fetch } = globalThis;

afterEach(() => {
  globalThis.fetch = fetch;
});

/** Answers the next request, and returns the request that was sent. */
function answer(body, { status = 200, type = "application/json", headers = {} } = {}) {
  const asked = {};
  globalThis.fetch = async (path, options) => {
    Object.assign(asked, { path, ...options });
    return new Response(status === 204 ? null : body, { status, headers: { "Content-Type": type, ...headers } });
  };
  return asked;
}

test("a request has the client header, the vault and the quoted revision", async () => {
  const asked = answer("{}");
  await send({ method: "PATCH", path: "/api/secrets/sk_a", body: { note: null }, vault: "v1", ifMatch: "3" });

  assert.deepEqual(asked.headers, {
    Accept: "application/json", "X-Strongroom-Client": "dashboard", "X-Strongroom-Vault": "v1", "If-Match": '"3"', "Content-Type": "application/json",
  });
  assert.deepEqual([asked.method, asked.path, asked.body], ["PATCH", "/api/secrets/sk_a", '{"note":null}']);
  assert.deepEqual([asked.credentials, asked.cache, asked.redirect, asked.referrerPolicy], ["same-origin", "no-store", "error", "no-referrer"]);
});

test("a request without a body has no content type", async () => {
  const asked = answer(null, { status: 204 });
  const outcome = await send({ method: "DELETE", path: "/api/session" });

  assert.equal("Content-Type" in asked.headers, false);
  assert.deepEqual(outcome, { ok: true, status: 204, answer: {} });
});

test("an error contains the problem and how long to wait", async () => {
  answer('{"code":"too_many","detail":"too many requests"}', { status: 429, type: "application/problem+json", headers: { "Retry-After": "55" } });
  const outcome = await send({ method: "POST", path: "/api/session" });

  assert.deepEqual(outcome, { ok: false, status: 429, problem: { code: "too_many", detail: "too many requests" }, retryAfter: 55 });
});

test("a proxy's error page becomes an error without details", async () => {
  answer("<h1>Bad gateway</h1>", { status: 502, type: "text/html" });

  assert.deepEqual(await send({ method: "GET", path: "/api/x" }), { ok: false, status: 502, problem: {}, retryAfter: 0 });
});

test("a lost connection is an outcome, not an exception", async () => {
  globalThis.fetch = () => Promise.reject(new TypeError("network"));
  const outcome = await send({ method: "POST", path: "/api/x" });

  assert.equal(outcome.problem.code, UNREACHABLE);
  assert.equal(sentence(outcome.problem.detail), "Connection lost. Check whether the change went through before trying again.");
});

test("API messages become sentences", () => {
  assert.equal(sentence("name must be 1–100 characters"), "Name must be 1–100 characters.");
  assert.equal(sentence("Really?"), "Really?");
  assert.equal(sentence(undefined), "Something went wrong. Try again.");
});

test("waiting times are in seconds at first, then in minutes", () => {
  assert.deepEqual([1, 42, 89, 90, 895].map(duration), ["1 second", "42 seconds", "89 seconds", "2 minutes", "15 minutes"]);
});
