import assert from "node:assert/strict";
import { test } from "node:test";
import { show, type } from "./page.js";

const article = (id, title, path, text = "") => `<article id="${id}"><h3>${title}</h3><p class="route">${path}</p><p>${text}</p></article>`;

test("search sorts operations by where the words occur, and clearing it restores the order", async (test) => {
  show(`<div><input id="find" type="search"><nav><ul><li><a href="#readSecret">Read secret</a></li><li><a href="#signIn">Sign in</a></li></ul></nav><main>
    <section id="start">Secrets</section>
    <section class="part">${article("signIn", "Sign in", "/api/session")}${article("listTrash", "List trash", "/api/trash", "A secret can be restored.")}</section>
    <section class="part">${article("listReaders", "List readers", "/api/secrets/{id}/readers")}${article("readSecret", "Return a secret", "/api/secrets/{id}")}</section>
    <p id="none" hidden></p></main></div>`);
  const page = { addEventListener: () => {}, scrollTo: () => {} };
  Object.assign(globalThis, page);
  test.after(() => { for (const name in page) delete globalThis[name]; });
  await import("../../apps/api/src/strongroom_api/reference/assets/reference.js");
  const field = document.getElementById("find");
  const order = () => [...document.querySelectorAll("article")].filter((each) => !each.closest("[hidden]")).map((each) => each.id);
  type(field, "secret");
  const found = order();
  const links = [...document.querySelectorAll("nav li")].map((each) => each.hidden);
  type(field, "nothing-like-it");
  const none = [order(), document.getElementById("none").hidden];
  type(field, "");

  assert.deepEqual(found, ["readSecret", "listReaders", "listTrash"]);
  assert.deepEqual(links, [false, true]);
  assert.deepEqual(none, [[], false]);
  assert.deepEqual(order(), ["signIn", "listTrash", "listReaders", "readSecret"]);
});
