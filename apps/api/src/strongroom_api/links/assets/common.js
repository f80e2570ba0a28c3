"use strict";
// Written for browsers from 2018 and later: no newer syntax or APIs.

/** @param {string} id */
function part(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/**
 * Shows one section of the page and moves the focus to its heading, so that a screen reader reads it.
 * @param {string} id
 */
function show(id) {
  for (const each of Array.from(document.querySelectorAll("main > section"))) {
    /** @type {HTMLElement} */ (each).hidden = each.id !== id;
  }
  const heading = /** @type {HTMLElement | null} */ (part(id).querySelector("h1[tabindex]"));
  if (heading) heading.focus();
}

/** The key in the link's fragment, which the browser doesn't send; empty if it is missing. */
function keyInLink() {
  return /^#[A-Za-z0-9_-]{22}$/.test(location.hash) ? location.hash.slice(1) : "";
}

/** Removes the key from the address bar, because it no longer works. */
function forgetKey() {
  history.replaceState(null, "", location.pathname);
}

/**
 * Sends a body to this link, and returns the status and the response.
 * @param {string} action
 * @param {Record<string, string>} body
 */
async function post(action, body) {
  const response = await fetch(location.pathname.replace(/\/+$/, "") + action, {
    method: "POST",
    credentials: "omit",
    cache: "no-store",
    headers: { "Content-Type": "application/json", "X-Strongroom-Client": "link" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const wait = Number(response.headers.get("Retry-After")) || 5;
  return { status: response.status, wait, answer: text ? JSON.parse(text) : {} };
}

/**
 * Shows what to do about a response that neither succeeded nor ended the link.
 * @param {{ status: number, wait: number, answer: any }} outcome
 */
function explain(outcome) {
  const again = "Try again in " + outcome.wait + (outcome.wait === 1 ? " second." : " seconds.");
  if (outcome.status === 429) return "The server is busy. This link still works. " + again;
  // The server may not know whether its database made the change, so this promises nothing.
  if (outcome.status === 503) return "The server can’t answer right now. " + again;
  const detail = String(outcome.answer.detail || "something unexpected happened");
  return detail.charAt(0).toUpperCase() + detail.slice(1) + ".";
}

/** Whether a person has typed or pasted, as opposed to a program that fills in fields and presses buttons. */
let touched = false;

/** @param {HTMLInputElement | HTMLTextAreaElement} field */
function watchTyping(field) {
  field.value = "";
  field.addEventListener("input", (event) => { if (event.isTrusted) touched = true; });
}
