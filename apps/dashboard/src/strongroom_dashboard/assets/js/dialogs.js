// Dialogs are native. This module adds invoker commands for browsers without them, sets the initial focus, resets
// forms on closing, warns before input is lost, asks for the password, and opens the dialogs that a URL names.

import { closest, focus } from "./dom.js";
import { go } from "./go.js";

/** @import { SrForm } from "./form.js" */

/** @param {Element} button */
function run(button) {
  const dialog = document.getElementById(button.getAttribute("commandfor") ?? "");
  if (!(dialog instanceof HTMLDialogElement)) return;
  if (button.getAttribute("command") === "show-modal") dialog.showModal();
  else if (button.getAttribute("command") === "close") dialog.close();
}

/** @param {HTMLDialogElement} dialog */
function firstOf(dialog) {
  return dialog.querySelector("[data-first]:not(:disabled)") ?? dialog.querySelector(".dialog-body :is(input:not([type=hidden], [readonly]), select, textarea):not(:disabled)");
}

/**
 * @param {HTMLDialogElement} dialog
 * @returns {SrForm[]}
 */
function formsOf(dialog) {
  return Array.from(dialog.querySelectorAll("sr-form"));
}

/** @type {Set<HTMLElement | null>} */
const done = new Set();

/**
 * If the URL had opened a dialog that is now canceled, removes the parameter, so that the same link can open the dialog
 * again. After a form has been sent, the form determines the next URL.
 * @param {HTMLDialogElement} dialog
 */
function forget(dialog) {
  const url = new URL(location.href);
  if (done.delete(dialog) || dialog.id !== `new-${url.searchParams.get("new")}`) return;
  url.searchParams.delete("new");
  go(url.pathname + url.search, { replace: true });
}

export function serveDialogs() {
  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (event) => {
      const button = closest(event, "button[commandfor]");
      if (button) run(button);
    });
  }
  // These events don't bubble, but they can be captured. The browser sets the focus while the dialog opens, so a key
  // pressed at that moment already goes to the field.
  document.addEventListener("beforetoggle", (event) => {
    if (event.target instanceof HTMLDialogElement && event.newState === "open") firstOf(event.target)?.setAttribute("autofocus", "");
  }, true);
  document.addEventListener("sr-done", (event) => done.add(closest(event, "dialog")));
  document.addEventListener("cancel", (event) => {
    if (!(event.target instanceof HTMLDialogElement)) return;
    if ("stays" in event.target.dataset || formsOf(event.target).some((form) => form.warns())) event.preventDefault();
  }, true);
  document.addEventListener("close", (event) => {
    if (!(event.target instanceof HTMLDialogElement)) return;
    for (const form of formsOf(event.target)) form.clear();
    forget(event.target);
  }, true);
  // Close the menu from which the dialog was opened.
  document.addEventListener("click", (event) => {
    const button = closest(event, "button[commandfor]");
    closest({ target: button }, "[popover]")?.hidePopover();
  });
}

/** Handles dialogs that were opened before the scripts had loaded. */
export function serveOpenDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    if (!(dialog instanceof HTMLDialogElement)) continue;
    focus(firstOf(dialog));
  }
}

/** Reveals or masks the input. */
export function servePeeking() {
  document.addEventListener("click", (event) => {
    const peek = closest(event, "[data-peek]");
    if (!peek) return;
    const input = peek.closest(".field")?.querySelector(".input");
    const shown = peek.getAttribute("aria-pressed") !== "true";
    peek.setAttribute("aria-pressed", String(shown));
    if (input instanceof HTMLInputElement) input.type = shown ? "text" : "password";
    else input?.classList.toggle("shown", shown);
    focus(input);
  });
}

const STEP_UP = "sr-step-up";

/**
 * Asks for the password again. Resolves to true if it was confirmed.
 * @returns {Promise<boolean>}
 */
export function confirmPassword() {
  const dialog = document.getElementById(STEP_UP);
  if (!(dialog instanceof HTMLDialogElement)) return Promise.resolve(false);
  return new Promise((resolve) => {
    let confirmed = false;
    dialog.addEventListener("sr-done", () => (confirmed = true), { once: true });
    dialog.addEventListener("close", () => resolve(confirmed), { once: true });
    dialog.showModal();
    focus(dialog.querySelector("input[type=password]"));
  });
}

/** <sr-opens dialog="…">: opens a dialog once if the URL asks for it, then cleans up the URL. */
export class SrOpens extends HTMLElement {
  connectedCallback() {
    const dialog = document.getElementById(this.getAttribute("dialog") ?? "");
    if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
    dialog.showModal();
    const url = new URL(location.href);
    url.searchParams.delete("new");
    go(url.pathname + url.search, { replace: true });
  }
}
