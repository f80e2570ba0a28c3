// <sr-fingerprint value="…">: groups of four, and a field that compares what is pasted, here in the page.

// Who pastes the whole line that a machine printed means the fingerprint in it.
const WHOLE = /(?<![0-9a-f])(?:[0-9a-f]{4}[\s:]*){15}[0-9a-f]{4}(?![0-9a-f])/;
const clean = (text) => (text.toLowerCase().match(WHOLE)?.[0] ?? text.toLowerCase()).replace(/^sha-?256:?/i, "").replace(/[^0-9a-f]/g, "");
const groupsOf = (hex) => hex.match(/.{1,4}/g) ?? [];

/** Whether a form decides about something whose fingerprint was compared and is another. */
export function differsBeside(form) {
  if (form.closest("dialog")) return false;
  return form.closest(".waiting")?.querySelector("sr-fingerprint[data-differs]") != null;
}

export class SrFingerprint extends HTMLElement {
  static observedAttributes = ["value"];

  connectedCallback() {
    this.draw();
    if (this.wired) return;
    this.wired = true;
    this.addEventListener("input", () => this.compare());
  }

  attributeChangedCallback(_name, before, now) {
    if (this.isConnected && before !== now) this.draw();
  }

  draw() {
    const place = this.querySelector("[data-groups]");
    place?.replaceChildren(...groupsOf(clean(this.getAttribute("value") ?? "")).map((group) => Object.assign(document.createElement("span"), { textContent: group })));
    // What was pasted stays while the page brings itself up to date; for another machine it goes.
    const input = this.querySelector("input"), about = this.getAttribute("value");
    if (input && this.about !== about) input.value = "";
    this.about = about;
    this.compare();
  }

  compare() {
    const verdict = this.querySelector("[data-verdict]"), input = this.querySelector("input");
    if (!verdict || !input) return;
    const ours = clean(this.getAttribute("value") ?? ""), theirs = clean(input.value);
    const spans = [...this.querySelectorAll("[data-groups] span")];
    spans.forEach((span, at) => {
      const part = theirs.slice(4 * at, 4 * at + 4);
      span.className = part === "" ? "" : span.textContent.startsWith(part) ? (part.length === 4 ? "same" : "") : "differs";
    });
    const first = spans.findIndex((span) => span.className === "differs");
    const same = theirs !== "" && theirs === ours;
    const differs = theirs !== "" && (first >= 0 || theirs.length > ours.length);
    verdict.className = same ? "verdict same" : differs ? "verdict differs" : "verdict";
    verdict.textContent = same ? `All ${ours.length} characters are the same.`
      : first >= 0 ? `They differ in group ${first + 1}: do not approve it.`
      : differs ? "There are more characters than a fingerprint has."
      : theirs ? `The first ${theirs.length} of ${ours.length} are the same.` : "";
    this.toggleAttribute("data-same", same);
    this.toggleAttribute("data-differs", differs);
  }
}
