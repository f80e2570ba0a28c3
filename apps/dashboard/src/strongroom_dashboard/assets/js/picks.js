// <sr-picks>: keeps track of a table's selected rows. The selection survives page updates, and paging and searching
// within the list, but not leaving the list. Dialogs whose form has `each` act on the selected rows (bulk.js).

import { all, closest, put } from "./dom.js";
import { send, sentence } from "./request.js";
import { toast } from "./toasts.js";

/**
 * @typedef {Record<string, string | undefined>} Pick A selected row: the data of its checkbox, such as `pick`
 *   (the ID), `name`, `note`, `revision` and `tags`.
 */

/**
 * Returns a number with its noun.
 * @param {number} number
 * @param {string} noun For example `secret|secrets`.
 */
export function counted(number, noun) {
  const [one = "", many = ""] = noun.split("|");
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

const MOST_NAMES = 100;

/** Returns this page's selection, if its list has one. */
export function selectionOfPage() {
  for (const found of all(document, "sr-picks")) if (found instanceof SrPicks && !found.closest("dialog")) return found;
  return null;
}

/**
 * Returns the selection that a dialog or its form acts on: its own list's selection, or the page's.
 * @param {Element} dialog
 */
export function selectionOf(dialog) {
  const own = dialog.querySelector("sr-picks");
  return own instanceof SrPicks ? own : selectionOfPage();
}

/**
 * Returns an item from the API in the form in which its table row would be selected.
 * @param {Record<string, any>} item
 * @returns {Pick}
 */
export function pickOf(item) {
  const inTrash = "trashedAt" in item && "purgedAt" in item;
  const project = item.kind === "project", things = project ? "projects" : "secrets";
  return {
    pick: item.id,
    name: item.name,
    ...("revision" in item ? { revision: String(item.revision) } : {}),
    ...("tags" in item ? { tags: JSON.stringify(item.tags) } : {}),
    ...(inTrash ? { path: `/api/${things}/${item.id}`, body: project ? "none" : "object" } : {}),
  };
}

export class SrPicks extends HTMLElement {
  #wired = false;
  /** @type {Map<string, Pick>} */
  #chosen = new Map();
  /** @type {HTMLInputElement | null} */
  #last = null;
  #path = "";
  #progress = "";
  #syncing = false;

  connectedCallback() {
    if (this.#wired) return;
    this.#wired = true;
    this.#path = location.pathname;
    this.addEventListener("click", (event) => {
      if (closest(event, "[data-picks-clear]")) this.clear();
      const everything = closest(event, "[data-picks-everything]");
      if (everything) this.#selectEverything(everything);
      const box = closest(event, "[data-pick]");
      if (box instanceof HTMLInputElement) this.#press(box, event.shiftKey);
    });
    this.addEventListener("change", (event) => {
      const head = closest(event, "[data-pick-all]");
      if (head instanceof HTMLInputElement) this.#set(this.#boxes, head.checked);
    });
    this.closest("form")?.addEventListener("reset", () => this.clear());
    new MutationObserver(() => this.#sync()).observe(this, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-pick", "data-revision", "data-tags"] });
    this.#sync();
  }

  /** The selected rows, including those on other pages of the list. */
  get chosen() {
    return [...this.#chosen.values()];
  }

  clear() {
    this.keep([]);
  }

  /**
   * Deselects all rows except these.
   * @param {(string | undefined)[]} ids
   */
  keep(ids) {
    for (const id of [...this.#chosen.keys()]) if (!ids.includes(id)) this.#chosen.delete(id);
    this.#last = null;
    this.#sync();
  }

  /**
   * Selects a row, or deselects it.
   * @param {Element | null | undefined} row
   */
  toggle(row) {
    const box = row?.querySelector("[data-pick]");
    if (!(box instanceof HTMLInputElement)) return false;
    box.click();
    return true;
  }

  get #boxes() {
    return all(this, "input[data-pick]").filter((each) => each instanceof HTMLInputElement);
  }

  /**
   * @param {HTMLInputElement} box
   * @param {boolean} extends_ Whether to include everything since the box pressed last.
   */
  #press(box, extends_) {
    const boxes = this.#boxes;
    const from = this.#last ? boxes.indexOf(this.#last) : -1;
    const to = boxes.indexOf(box);
    const range = extends_ && from >= 0 ? boxes.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
    this.#last = box;
    this.#set(range, box.checked);
  }

  /**
   * @param {HTMLInputElement[]} boxes
   * @param {boolean} on
   */
  #set(boxes, on) {
    for (const box of boxes) {
      const id = box.dataset.pick ?? "";
      if (on) this.#chosen.set(id, { ...box.dataset });
      else this.#chosen.delete(id);
    }
    this.#sync();
  }

  /**
   * Selects all rows of the list, which the API returns page by page. If a page can't be loaded, nothing changes.
   * @param {HTMLElement} button
   */
  async #selectEverything(button) {
    const path = location.href, noun = this.getAttribute("noun") ?? "item|items";
    /** @type {Map<string, Pick>} */
    const found = new Map();
    button.setAttribute("data-busy", "");
    for (let cursor = ""; ;) {
      const url = `${button.dataset.picksEverything ?? ""}&limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const outcome = await send({ method: "GET", path: url });
      if (!outcome.ok || path !== location.href) {
        button.removeAttribute("data-busy");
        this.#progress = "";
        this.#sync();
        if (!outcome.ok) toast({ text: `Couldn't select all.|${sentence(outcome.problem.detail)}`, bad: true });
        return;
      }
      for (const item of outcome.answer.items) found.set(item.id, pickOf(item));
      cursor = outcome.answer.nextCursor ?? "";
      if (!cursor) break;
      this.#progress = `Selecting ${found.size.toLocaleString("en")} of ${counted(outcome.answer.total, noun)}…`;
      this.#sync();
    }
    button.removeAttribute("data-busy");
    this.#progress = "";
    for (const [id, pick] of found) this.#chosen.set(id, pick);
    this.#sync();
  }

  /** Shows the selection. Rows may have been replaced, changed or removed in the meantime. */
  #sync() {
    if (this.#syncing) return;
    this.#syncing = true;
    if (this.#path !== location.pathname) {
      this.#path = location.pathname;
      this.#chosen.clear();
    }
    const boxes = this.#boxes;
    let here = 0;
    for (const box of boxes) {
      const id = box.dataset.pick ?? "";
      const on = this.#chosen.has(id);
      if (on) this.#chosen.set(id, { ...box.dataset });
      here += Number(on);
      if (box.checked !== on) box.checked = on;
    }
    const head = this.querySelector("[data-pick-all]");
    if (head instanceof HTMLInputElement) {
      head.checked = boxes.length > 0 && here === boxes.length;
      head.indeterminate = here > 0 && here < boxes.length;
    }
    const number = this.#chosen.size;
    const away = number - here;
    this.toggleAttribute("data-some", number > 0);
    this.toggleAttribute("data-full", boxes.length > 0 && here === boxes.length && away === 0);
    const count = this.querySelector("[data-picks-count]");
    if (count) put(count, this.#progress || `${number.toLocaleString("en")} selected${away ? `, ${away.toLocaleString("en")} not on this page` : ""}`);
    this.#syncing = false;
  }
}

/** Fills in a dialog that acts on the selection, when it opens. */
export function servePicks() {
  document.addEventListener("beforetoggle", (event) => {
    const dialog = event.target;
    if (dialog instanceof HTMLDialogElement && event.newState === "open") describePicks(dialog);
  }, true);
}

/**
 * Fills in the number of selected rows and their names.
 * @param {Element} dialog
 */
export function describePicks(dialog) {
  const list = dialog.querySelector("[data-picks-names]");
  const picks = selectionOf(dialog);
  if (!list || !picks) return;
  const noun = dialog.querySelector("[each]")?.getAttribute("each") ?? "";
  for (const title of all(dialog, "[data-picks-title]")) put(title, (title.dataset.picksTitle ?? "").replace("{counted}", counted(picks.chosen.length, noun)));
  const more = picks.chosen.length - MOST_NAMES;
  const shown = picks.chosen.slice(0, MOST_NAMES).map(({ name = "", note = "" }) => {
    const item = document.createElement("li");
    const bold = document.createElement("b");
    bold.textContent = name;
    const aside = document.createElement("span");
    aside.textContent = note;
    item.append(bold, aside);
    return item;
  });
  const rest = document.createElement("li");
  rest.textContent = `and ${more.toLocaleString("en")} more`;
  list.replaceChildren(...shown, ...(more > 0 ? [rest] : []));
}
