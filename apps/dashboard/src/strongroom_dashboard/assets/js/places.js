// The projects that this person visited or pinned, kept in this browser's localStorage. <sr-pin project="…" name="…">
// records a visit, and its button pins the project. <sr-places> lists the projects in the palette.

import { all } from "./dom.js";

/** @typedef {{ href: string, name: string }} Place */
/** @typedef {{ pinned: Place[], recent: Place[] }} Places */

const MOST_RECENT = 6;

function key() {
  const shell = document.querySelector("[data-person]");
  return `strongroom-projects-${shell instanceof HTMLElement ? shell.dataset.person : ""}`;
}

/** @returns {Places} */
export function places() {
  try {
    const found = JSON.parse(localStorage.getItem(key()) ?? "{}");
    return { pinned: found.pinned ?? [], recent: found.recent ?? [] };
  } catch {
    return { pinned: [], recent: [] };
  }
}

/** @param {Places} known */
function keep(known) {
  localStorage.setItem(key(), JSON.stringify(known));
}

/**
 * Records a visit: the project becomes the most recent one, and its current name replaces older ones everywhere.
 * @param {Place} place
 */
export function visit(place) {
  const known = places();
  const others = known.recent.filter((each) => each.href !== place.href);
  keep({
    pinned: known.pinned.map((each) => (each.href === place.href ? place : each)),
    recent: [place, ...others].slice(0, MOST_RECENT + 1),
  });
}

/**
 * Pins a project, or unpins it. Returns whether it is pinned now.
 * @param {Place} place
 */
export function pin(place) {
  const known = places();
  const others = known.pinned.filter((each) => each.href !== place.href);
  const pinned = others.length === known.pinned.length;
  keep({ ...known, pinned: pinned ? [...others, place] : others });
  return pinned;
}

/**
 * Lists the pinned and recent projects, without the current one, as options of the palette.
 * @param {HTMLElement} list
 */
export function showPlaces(list) {
  const [pin, clock] = all(list, ":scope > span[hidden]");
  for (const each of all(list, "[role=group]")) each.remove();
  const { pinned, recent } = places();
  const elsewhere = (/** @type {Place} */ place) => place.href !== location.pathname;
  const known = new Set(pinned.map((each) => each.href));
  show(list, "Pinned", pinned.filter(elsewhere), pin);
  show(list, "Recent", recent.filter((each) => elsewhere(each) && !known.has(each.href)).slice(0, MOST_RECENT), clock);
}

/**
 * @param {HTMLElement} list
 * @param {string} title
 * @param {Place[]} projects
 * @param {HTMLElement | undefined} icon
 */
function show(list, title, projects, icon) {
  if (!projects.length) return;
  const group = document.createElement("div"), heading = document.createElement("div");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", title);
  heading.className = "palette-group";
  heading.setAttribute("aria-hidden", "true");
  heading.textContent = title;
  group.append(heading, ...projects.map((place) => option(place, icon)));
  list.append(group);
}

/**
 * @param {Place} place
 * @param {HTMLElement | undefined} icon
 */
function option(place, icon) {
  const link = document.createElement("a"), name = document.createElement("span");
  link.href = place.href;
  for (const [attribute, value] of [["role", "option"], ["aria-selected", "false"], ["tabindex", "-1"]]) link.setAttribute(attribute ?? "", value ?? "");
  name.textContent = place.name;
  link.append(...(icon?.firstElementChild ? [icon.firstElementChild.cloneNode(true)] : []), name);
  return link;
}

export class SrPlaces extends HTMLElement {}

export class SrPin extends HTMLElement {
  static observedAttributes = ["project", "name"];
  wired = false;

  get place() {
    return { href: this.getAttribute("project") ?? "", name: this.getAttribute("name") ?? "" };
  }

  connectedCallback() {
    this.look();
    if (this.wired) return;
    this.wired = true;
    this.addEventListener("click", () => this.show(pin(this.place)));
  }

  attributeChangedCallback() {
    if (this.isConnected) this.look();
  }

  look() {
    const { href, name } = this.place;
    if (href && name) visit(this.place);
    this.show(places().pinned.some((each) => each.href === href));
  }

  /** @param {boolean} pinned */
  show(pinned) {
    const button = this.querySelector("button"), says = pinned ? "Unpin project" : "Pin project";
    button?.setAttribute("aria-pressed", String(pinned));
    button?.setAttribute("aria-label", says);
    button?.setAttribute("title", says);
  }
}
