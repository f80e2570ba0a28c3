// <sr-fingerprint value="…">: shows groups of four, and compares a pasted fingerprint within the page.

import { all } from "./dom.js";

// Someone may paste the whole line that the machine printed.
const WHOLE = /(?<![0-9a-f])(?:[0-9a-f]{4}[\s:]*){15}[0-9a-f]{4}(?![0-9a-f])/;
/** @param {string} text */
function clean(text) {
  // This must happen before the search, because "a256" looks like a group.
  const bare = text.toLowerCase().replace(/sha-?256:?/, "");
  return (bare.match(WHOLE)?.[0] ?? bare).replace(/[^0-9a-f]/g, "");
}

/** @param {string} hex */
const groupsOf = (hex) => hex.match(/.{1,4}/g) ?? [];

/**
 * Returns whether a form belongs to a machine whose fingerprint was compared but didn't match.
 * @param {Element} form
 */
export function differsBeside(form) {
  if (form.closest("dialog")) return false;
  return form.closest(".waiting")?.querySelector("sr-fingerprint[data-differs]") instanceof Element;
}

export class SrFingerprint extends HTMLElement {
  static observedAttributes = ["value"];
  wired = false;
  /** @type {string | null} */
  about = null;

  connectedCallback() {
    this.draw();
    if (this.wired) return;
    this.wired = true;
    this.addEventListener("input", () => this.compare());
  }

  /**
   * @param {string} _name
   * @param {string | null} before
   * @param {string | null} now
   */
  attributeChangedCallback(_name, before, now) {
    if (this.isConnected && before !== now) this.draw();
  }

  draw() {
    const place = this.querySelector("[data-groups]");
    place?.replaceChildren(...groupsOf(clean(this.getAttribute("value") ?? "")).map((group) => Object.assign(document.createElement("span"), { textContent: group })));
    // The pasted text survives a refresh; switching to another machine clears it.
    const input = this.querySelector("input"), about = this.getAttribute("value");
    if (input && this.about !== about) input.value = "";
    this.about = about;
    this.compare();
  }

  compare() {
    const verdict = this.querySelector("[data-verdict]"), input = this.querySelector("input");
    if (!verdict || !input) return;
    const ours = clean(this.getAttribute("value") ?? ""), theirs = clean(input.value);
    const spans = all(this, "[data-groups] span");
    spans.forEach((span, at) => {
      const part = theirs.slice(4 * at, 4 * at + 4);
      span.className = part === "" ? "" : (span.textContent ?? "").startsWith(part) ? (part.length === 4 ? "same" : "") : "differs";
    });
    const first = spans.findIndex((span) => span.className === "differs");
    const same = theirs !== "" && theirs === ours;
    const differs = theirs !== "" && (first >= 0 || theirs.length > ours.length);
    verdict.className = same ? "verdict same" : differs ? "verdict differs" : "verdict";
    verdict.textContent = same ? `All ${ours.length} characters match.`
      : first >= 0 ? `Mismatch in group ${first + 1}. Don't approve.`
      : differs ? "Too long for a fingerprint."
      : theirs ? `The first ${theirs.length} of ${ours.length} characters match.` : "";
    this.toggleAttribute("data-same", same);
    this.toggleAttribute("data-differs", differs);
  }
}
