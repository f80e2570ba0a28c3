// The second step of signing in, and recovery codes, which are shown once. Neither a code nor an answer leaves the page
// except in the form's request.
//
// [data-sign-in] has [data-first-step] and [data-second-step]. In the latter, [data-factor=passkey] is shown for accounts
// with a passkey. #sr-codes is the dialog with [data-codes].

import { all, closest, focus } from "./dom.js";

const DIALOG = "sr-codes";

/**
 * Shows the second step in place of the first. Returns whether this page has one.
 * @param {Element} form
 * @param {string[]} kinds
 */
export function showSecondStep(form, kinds) {
  const place = form.closest("[data-sign-in]");
  if (place === null) return false;
  for (const each of all(place, "[data-first-step]")) each.hidden = true;
  for (const each of all(place, "[data-second-step]")) each.hidden = false;
  for (const each of all(place, "[data-factor=passkey]")) each.hidden = !kinds.includes("passkey");
  focus(place.querySelector("[data-second-step] input[name=code]"));
  return true;
}

/**
 * Goes back to the first step, as when its dialog closes. The password and the code don't stay in the page.
 * @param {Element} place
 */
function startAgain(place) {
  for (const each of all(place, "input[data-secret], input[name=code]")) {
    if (each instanceof HTMLInputElement) each.value = "";
  }
  for (const each of all(place, "[data-first-step]")) each.hidden = false;
  for (const each of all(place, "[data-second-step]")) each.hidden = true;
}

/** @returns {string[]} */
function shown() {
  return all(document, "[data-codes] code").map((each) => each.textContent ?? "");
}

/**
 * Shows new recovery codes, once.
 * @param {string[]} codes
 */
export function showCodes(codes) {
  const dialog = document.getElementById(DIALOG), list = dialog?.querySelector("[data-codes]");
  if (!(dialog instanceof HTMLDialogElement) || !list) return;
  list.replaceChildren(...codes.map((code) => {
    const item = document.createElement("li");
    item.append(Object.assign(document.createElement("code"), { textContent: code }));
    return item;
  }));
  dialog.showModal();
}

/** Saves the codes as a file that the page makes. */
function download() {
  const text = `Strongroom recovery codes for ${location.host}\n\n${shown().join("\n")}\n`;
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  Object.assign(document.createElement("a"), { href: url, download: "strongroom-recovery-codes.txt" }).click();
  URL.revokeObjectURL(url);
}

export function serveFactors() {
  document.addEventListener("click", (event) => {
    if (closest(event, "#codes-download")) download();
    if (closest(event, "#codes-print")) window.print();
    const back = closest(event, "[data-start-again]"), place = back?.closest("[data-sign-in]");
    if (place) startAgain(place);
  });
  document.addEventListener("close", ({ target }) => {
    if (!(target instanceof HTMLDialogElement)) return;
    if (target.id === DIALOG) target.querySelector("[data-codes]")?.replaceChildren();
    for (const place of all(target, "[data-sign-in]")) startAgain(place);
  }, true);
}
