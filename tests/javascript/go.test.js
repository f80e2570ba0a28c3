import assert from "node:assert/strict";
import { test } from "node:test";
import { ORIGIN, script, show } from "./page.js";

const { go, inside, nextAddress } = await script("go");
const { serveSorts, sorted } = await script("sorts");

const link = (attributes) => inside(show(`<a ${attributes}>x</a>`));

test("the router follows links within the dashboard only", () => {
  assert.equal(link('href="/machines?state=enabled"'), "/machines?state=enabled");
  assert.equal(link('href="/api/audit/export"'), null);
  assert.equal(link('href="https://elsewhere.example/machines"'), null);
  assert.equal(link('href="/machines" target="_blank"'), null);
  assert.equal(link('href="/machines" download'), null);
  assert.equal(inside(null), null);
});

test("after signing in, only a path of this site is followed", () => {
  const next = (value) => {
    window.happyDOM.setURL(`${ORIGIN}/sign-in?next=${encodeURIComponent(value)}`);
    return nextAddress("/");
  };

  assert.equal(next("/audit?entry=1"), "/audit?entry=1");
  for (const bad of ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "audit", ""]) assert.equal(next(bad), "/");
});

test("after signing in, the page that answers an invitation gets its link's token, and no other page does", () => {
  globalThis.srFragment = "srl_x";
  const next = (value) => {
    window.happyDOM.setURL(`${ORIGIN}/sign-in?next=${encodeURIComponent(value)}`);
    return nextAddress("/");
  };

  assert.deepEqual([next("/invitations"), next("/audit"), next("")], ["/invitations#srl_x", "/audit", "/"]);
  delete globalThis.srFragment;
  assert.equal(next("/invitations"), "/invitations");
});

test("the bridge to the router gets the URL", () => {
  const heard = [];
  document.documentElement.dataset.srReady = "";
  window.addEventListener("sr-go", (event) => heard.push(event.detail), { once: true });
  go("/trash", { replace: true });

  assert.deepEqual(heard, [{ url: "/trash", replace: true }]);
});

test("a list is sorted as this person last chose, unless the URL names a sort", () => {
  serveSorts();
  show('<main data-person="ada"><table><tbody><tr><th><a href="/projects/proj_a1?q=key&sort=-changedAt">Changed</a></th></tr></tbody></table></main>').querySelector("a").click();

  assert.equal(sorted("/projects/proj_b2"), "/projects/proj_b2?sort=-changedAt");
  assert.equal(sorted("/projects/proj_b2?secret=sk_c"), "/projects/proj_b2?secret=sk_c&sort=-changedAt");
  for (const same of ["/projects/proj_b2?sort=name", "/projects/proj_b2?cursor=c", "/projects/proj_b2/machines", "/projects"]) assert.equal(sorted(same), same);
  show('<main data-person="bob"></main>');
  assert.equal(sorted("/projects/proj_b2"), "/projects/proj_b2");
});
