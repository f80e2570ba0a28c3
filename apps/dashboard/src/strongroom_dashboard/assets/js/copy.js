// <sr-copy>: a button that copies its text, or the text of the nearby element that `source` selects.

import { isControl } from "./dom.js";
import { announce } from "./toasts.js";

/**
 * @param {Element} element
 * @param {string} selector
 */
function place(element, selector) {
  const near = element.closest("dialog, form, .code, .card, .drawer, td, body");
  return near?.querySelector(selector) ?? document.querySelector(selector);
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // The clipboard API needs a secure context, but this works without one.
    const area = Object.assign(document.createElement("textarea"), { value: text, readOnly: true, className: "sr-only" });
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export class SrCopy extends HTMLElement {
  wired = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  connectedCallback() {
    if (this.wired) return;
    this.wired = true;
    this.addEventListener("click", async () => this.#say(await copy(this.#text())));
  }

  /** Copies without a click. If the browser doesn't allow that, the person can still press the button. */
  async copyUnasked() {
    if (await copy(this.#text())) this.#say(true);
  }

  #text() {
    const source = this.getAttribute("source");
    const found = source ? place(this, source) : null;
    return source ? (isControl(found) ? found.value : found?.textContent) ?? "" : this.getAttribute("text") ?? "";
  }

  /** @param {boolean} done */
  #say(done) {
    const label = this.querySelector("[data-what]"), what = this.getAttribute("what") ?? "Copy";
    announce(done ? "Copied." : "Couldn't copy. Select the text and press Ctrl+C.");
    if (label) label.textContent = done ? "Copied" : "Press Ctrl+C";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (label) label.textContent = what; }, 2000);
  }
}
