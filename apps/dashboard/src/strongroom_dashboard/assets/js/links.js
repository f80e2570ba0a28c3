// <sr-links>: the administrator's links to privacy, terms, support and feedback, in the footer of every page (U-5).
// The pages are built before the settings are known, so the links are in a file that the server makes.

/** @type {Promise<{ text: string, url: string }[]> | undefined} */
let asked;

/** @returns {Promise<{ text: string, url: string }[]>} */
async function ask() {
  const answer = await fetch("/links.json");
  return answer.ok ? answer.json() : [];
}

export class SrLinks extends HTMLElement {
  async connectedCallback() {
    asked ??= ask().catch(() => []);
    this.replaceChildren(...(await asked).map(({ text, url }) => Object.assign(document.createElement("a"), { href: url, rel: "noreferrer", textContent: text })));
  }
}
