// <sr-title parts="…">: the browser tab's title. Its parts are one per line, from the most to the least specific.

/**
 * Returns the title, without empty parts.
 * @param {string} parts
 */
export function titled(parts) {
  return [...new Set(parts.split("\n").map((part) => part.trim()).filter(Boolean)), "Strongroom"].join(" · ");
}

export class SrTitle extends HTMLElement {
  static observedAttributes = ["parts"];
  /** @type {MutationObserver | null} */
  #observer = null;

  connectedCallback() {
    // React Router sets the route's general title when it navigates, possibly after this code has run.
    this.#observer ??= new MutationObserver(() => this.say());
    this.#observer.observe(document.head, { childList: true, subtree: true, characterData: true });
    this.say();
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.say();
  }

  say() {
    const title = titled(this.getAttribute("parts") ?? "");
    if (document.title !== title) document.title = title;
  }
}
