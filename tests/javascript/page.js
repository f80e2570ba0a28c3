// A page for unit tests: happy-dom's DOM as globals, which the scripts expect. The tools are outside the
// checkout, so they are imported from a folder given in the environment instead of by name.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const found = createRequire(`${process.env.JAVASCRIPT_TOOLS}/`).resolve("happy-dom");
const { Window } = await import(pathToFileURL(found).href);

export const ORIGIN = "https://vault.example";

const NAMES = [
  "CSS", "CustomEvent", "Element", "Event", "HTMLAnchorElement", "HTMLDialogElement", "HTMLElement", "HTMLFieldSetElement",
  "HTMLFormElement", "HTMLInputElement", "HTMLSelectElement", "HTMLTextAreaElement", "MutationObserver", "RadioNodeList", "SVGElement",
  "customElements", "document", "localStorage", "location",
];

const window = new Window({ url: `${ORIGIN}/projects/proj_a?secret=sk_b` });
Object.assign(globalThis, { window }, Object.fromEntries(NAMES.map((name) => [name, window[name]])));

/** Shows this HTML, and returns its first element. Elements are complete when connected, as in a browser. */
export function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  document.body.replaceChildren(template.content.cloneNode(true));
  return document.body.firstElementChild;
}

/** Types text into a field, as a person would. */
export function type(control, text) {
  control.value = text;
  control.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Imports one of the dashboard's scripts. */
export function script(name) {
  return import(`../../apps/dashboard/src/strongroom_dashboard/assets/js/${name}.js`);
}
