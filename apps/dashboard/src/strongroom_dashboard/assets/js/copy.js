// <sr-copy>: a button that copies a text, or the text of what `source` selects nearby.

import { announce } from "./announce.js";

function place(element, selector) {
  const near = element.closest("dialog, form, .code, .card, .drawer, td, body");
  return near?.querySelector(selector) ?? document.querySelector(selector);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without a secure context there is no clipboard API: an old way remains.
    const area = Object.assign(document.createElement("textarea"), { value: text, readOnly: true, className: "sr-only" });
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export class SrCopy extends HTMLElement {
  connectedCallback() {
    if (this.wired) return;
    this.wired = true;
    this.addEventListener("click", async () => {
      const source = this.getAttribute("source");
      const text = source ? place(this, source)?.textContent ?? "" : this.getAttribute("text") ?? "";
      const done = await copy(text);
      const label = this.querySelector("[data-what]"), what = this.getAttribute("what") ?? "Copy";
      announce(done ? "Copied." : "It could not be copied: select it and press Ctrl and C.");
      if (label) label.textContent = done ? "Copied" : "Press Ctrl C";
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { if (label) label.textContent = what; }, 2000);
    });
  }
}
