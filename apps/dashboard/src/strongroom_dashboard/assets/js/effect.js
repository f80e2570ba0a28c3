// <sr-effect vault-role="…" access-role="…">: says what someone gains and loses with the roles in its form, compared
// with the roles in the attributes, which are empty for someone who isn't a member yet. With `edits`, the form is that
// of the access role in the attribute, or of a new one. The API decides what roles can see.

import { hasChanged, readForm } from "./body.js";
import { put } from "./dom.js";
import { counted } from "./picks.js";
import { send, sentence } from "./request.js";

const PAUSE = 250;

/** @typedef {{ id: string, rights: string[], secrets: number }} Project */
/** @typedef {{ capabilities: string[], opens: number, hidden: number, projects: Project[] }} Preview */

const NOTHING = { capabilities: [], opens: 0, hidden: 0, projects: [] };

/**
 * Returns what `after` has and `before` lacks, in words. Called the other way around, it returns what is lost.
 * @param {Preview} before
 * @param {Preview} after
 * @param {string} rights
 */
function added(before, after, rights) {
  const had = new Map(before.projects.map((each) => [each.id, each]));
  let projects = Math.max(0, after.hidden - before.hidden), secrets = 0, changed = 0;
  for (const project of after.projects) {
    const same = had.get(project.id);
    if (!same) projects += 1;
    else if (project.rights.some((each) => !same.rights.includes(each))) changed += 1;
    secrets += Math.max(0, project.secrets - (same?.secrets ?? 0));
  }
  const capabilities = after.capabilities.filter((each) => !before.capabilities.includes(each)).length;
  return [
    capabilities && counted(capabilities, "capability|capabilities"),
    projects && counted(projects, "project|projects"),
    secrets && counted(secrets, "secret|secrets"),
    changed && `${rights} in ${counted(changed, "project|projects")}`,
  ].filter(Boolean).join(", ");
}

/**
 * Describes the difference between two previews.
 * @param {Preview} before
 * @param {Preview} after
 */
export function effectOf(before, after) {
  const gained = added(before, after, "more rights"), lost = added(after, before, "some rights");
  const all = [before, after].every((each) => each.projects.length === each.opens - each.hidden);
  const parts = [gained && `Gains ${gained}.`, lost && `Loses ${lost}.`].filter(Boolean);
  if (parts.length === 0) parts.push("Nothing changes in what they can see and do.");
  if (!all) parts.push("Not all projects are counted.");
  return parts.join(" ");
}

export class SrEffect extends HTMLElement {
  #timer = 0;
  #turn = 0;
  /** @type {HTMLFormElement | null} */
  #form = null;

  connectedCallback() {
    const form = this.closest("form");
    if (form === null || form === this.#form) return;
    this.#form = form;
    for (const kind of ["input", "change", "reset"]) form.addEventListener(kind, () => this.#later(form));
  }

  /** @param {HTMLFormElement} form */
  #later(form) {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#describe(form), PAUSE);
  }

  /** @param {HTMLFormElement} form */
  async #describe(form) {
    const place = this.querySelector("p");
    if (!place) return;
    const turn = ++this.#turn;
    const now = ["vault-role", "access-role"].map((name) => this.getAttribute(name) ?? "");
    const edits = this.hasAttribute("edits");
    const chosen = ["vaultRole", "accessRoleId"].map((name) => {
      const control = form.elements.namedItem(name);
      return control instanceof HTMLSelectElement ? control.value : "";
    });
    if (edits ? !hasChanged(form) : String(now) === String(chosen)) return put(place, "");
    const [before, after] = await Promise.all([preview(now), edits ? previewForm(form) : preview(chosen)]);
    if (turn !== this.#turn) return;
    const failed = [before, after].find((each) => typeof each === "string");
    if (typeof failed === "string") put(place, failed);
    else if (typeof before === "object" && typeof after === "object") {
      put(place, edits && after.opens === 0 ? "A member with this role can't open any project." : effectOf(before, after));
    }
  }
}

/**
 * Returns what someone with these roles could see and do, or an error in words.
 * @param {string[]} roles
 */
async function preview([vaultRole = "", accessRole = ""]) {
  if (!vaultRole && !accessRole) return NOTHING;
  const query = new URLSearchParams({ ...(vaultRole && { vaultRole }), ...(accessRole && { accessRole }) });
  return ask({ method: "GET", path: `/api/role-preview?${query}` });
}

/**
 * Returns what someone with the access role in this form could see and do, or an error in words.
 * @param {HTMLFormElement} form
 */
async function previewForm(form) {
  const { name: _, ...body } = readForm(form).body;
  return ask({ method: "POST", path: "/api/role-preview", body });
}

/**
 * @param {{ method: string, path: string, body?: object }} request
 * @returns {Promise<Preview | string>}
 */
async function ask(request) {
  const shell = document.querySelector("[data-vault]");
  const vault = shell instanceof HTMLElement ? shell.dataset.vault : undefined;
  const outcome = await send({ ...request, vault });
  if (!outcome.ok) return sentence(outcome.problem.detail);
  const { capabilities, opens, hidden, projects } = outcome.answer;
  return { capabilities, opens, hidden, projects };
}
