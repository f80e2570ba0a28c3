// <sr-access>: a list for granting and removing access. It lists one machine's secrets (attribute `machine`), or the
// machines that can read one or several secrets (attribute `secrets`, or `show`). Changes are staged, counted, and sent
// together by the form around the list. The lines come from the API, and only those in view are in the page.
//
// A button with data-gives-access opens the dialog `give-access` of a project's page: for the secrets in the attribute
// (JSON: [{id, name, fields}], with the names of a structured secret's fields), or, if it is empty, for the secrets
// that are selected in the list around the button. The event `sr-give-access` on document, with detail.secrets, does
// the same.

import { changesOf, discard, isChanged, levelOf, said, saysForMachine, saysForSecrets, set, setSame, several, sumsOf } from "./access_rows.js";
import { all, closest, focus, put } from "./dom.js";
import { send, sentence } from "./request.js";
import { toast } from "./toasts.js";

/** @import { Level, Part, Row } from "./access_rows.js" */
/** @typedef {{ id: string, name: string, fields?: string[] }} Secret */
/** @typedef {{ key: string, depth: 0 | 1 | 2, row: Row | null, part: Part | null, group: string }} Line A line in the list: a heading (0), a row, or a part of one (2). */

const PAGE = 200;
const AT_ONCE = 6;
const HEIGHT = 36;
const HEIGHT_ON_PHONES = 44;
const AROUND = 6;
const LATE = 150;
const SHORT_ID = 8;
const ATTACHED = "Attached machines";
const OTHERS = "Other machines";
const SECRETS = "All secrets";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {Record<string, string>} attributes
 */
function make(tag, className = "", attributes = {}) {
  const element = Object.assign(document.createElement(tag), { className });
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/**
 * Sorts web-2 before web-10.
 * @param {Row} one
 * @param {Row} other
 */
const byName = (one, other) => one.name.localeCompare(other.name, "en", { numeric: true });
/** @param {Part} part */
const keyOf = ({ machine, secret, name }) => `${machine} ${secret} ${name}`;
/**
 * @param {Element} element
 * @param {string} name
 * @param {boolean} on
 */
const turnOn = (element, name, on) => { if (element.hasAttribute(name) !== on) element.toggleAttribute(name, on); };

/**
 * @param {string} machine
 * @param {string} secret
 * @param {string} name
 * @param {Level} had
 * @returns {Part}
 */
const partOf = (machine, secret, name, had) => ({ name, machine, secret, had, now: had });

/**
 * Returns how much of a secret a machine can read.
 * @param {string[] | null | undefined} granted
 * @returns {Level}
 */
const levelFrom = (granted) => (granted === undefined ? "none" : granted === null ? "all" : "some");

/**
 * Returns the parts of one machine's access to one secret. `granted` is undefined if the machine has no access, and
 * null if it can read all fields.
 * @param {string} machine
 * @param {string} secret
 * @param {string[]} fields
 * @param {string[] | null | undefined} granted
 * @returns {{ byField: boolean, parts: Part[] }}
 */
function partsOf(machine, secret, fields, granted) {
  const whole = granted === undefined ? "none" : "all";
  // A selection has no field names.
  if (fields.length < 2) return { byField: false, parts: [partOf(machine, secret, "", fields.length ? whole : levelFrom(granted))] };
  return { byField: true, parts: fields.map((name) => partOf(machine, secret, name, granted && !granted.includes(name) ? "none" : whole)) };
}

export class SrAccess extends HTMLElement {
  static observedAttributes = ["machine", "project", "as-of"];

  wired = false;
  /** @type {Row[]} */
  rows = [];
  /** @type {Line[]} */
  lines = [];
  /** @type {Map<string, HTMLElement>} */
  drawn = new Map();
  /** @type {Set<string>} */
  opened = new Set();
  /** @type {Secret[]} */
  secrets = [];
  shows = "all";
  current = "";
  /** Counts loads, so that the result of a slow one doesn't replace a newer one. */
  turn = 0;
  /** @type {Promise<void>} */
  loading = Promise.resolve();
  leaving = (/** @type {MouseEvent} */ event) => this.ask(event);
  unloading = (/** @type {BeforeUnloadEvent} */ event) => {
    if (this.hasAttribute("data-staged") && document.documentElement.dataset.srLeaving === undefined) event.preventDefault();
  };

  connectedCallback() {
    if (this.wired) return;
    this.wired = true;
    this.addEventListener("click", (event) => this.press(event));
    this.addEventListener("change", (event) => this.change(event));
    this.addEventListener("input", (event) => {
      if (!(event.target instanceof HTMLInputElement)) return;
      if (event.target.matches("[data-finds]")) this.arrange();
      // Only if the name was chosen from the list rather than typed.
      if (event.target.matches("[data-same]") && (!(event instanceof InputEvent) || event.inputType === "insertReplacementText")) this.same(event.target);
    });
    this.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.list);
    this.closest("form")?.addEventListener("reset", () => this.discard());
    this.closest("sr-form")?.addEventListener("sr-done", () => this.saved());
    this.closest("sr-form")?.addEventListener("sr-failed", (event) => {
      if (event instanceof CustomEvent && event.detail.code === "not_found" && this.lost(event.detail.detail)) event.preventDefault();
    });
    // Captured, so that it runs before the link is followed.
    window.addEventListener("click", this.leaving, true);
    window.addEventListener("beforeunload", this.unloading);
    if (this.hasAttribute("machine")) this.load();
  }

  disconnectedCallback() {
    window.removeEventListener("click", this.leaving, true);
    window.removeEventListener("beforeunload", this.unloading);
  }

  /** @param {MouseEvent} event */
  ask(event) {
    if (!this.hasAttribute("data-staged") || !(event.target instanceof Element) || this.contains(event.target)) return;
    if (!event.target.closest("a[href]:not([target])")) return;
    if (window.confirm("Leave without saving these changes?")) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /**
   * Reloads the list when the page learns that something has changed. Staged changes are kept.
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} after
   */
  attributeChangedCallback(name, before, after) {
    if (!this.wired || before === null || before === after) return;
    if (name !== "as-of") this.forget();
    if (this.hasAttribute("machine")) this.load();
  }

  get list() {
    const list = this.querySelector("[data-lines]");
    if (!(list instanceof HTMLElement)) throw new Error("sr-access has no list");
    return list;
  }

  get height() {
    return matchMedia("(max-width: 760px)").matches ? HEIGHT_ON_PHONES : HEIGHT;
  }

  /**
   * Shows who can read these secrets.
   * @param {Secret[]} secrets
   */
  show(secrets) {
    this.forget();
    this.secrets = secrets;
    this.load();
  }

  forget() {
    this.rows = [];
    this.opened.clear();
    this.shows = "all";
    for (const search of all(this, "[data-finds]")) if (search instanceof HTMLInputElement) search.value = "";
    this.list.scrollTop = 0;
    this.arrange();
  }

  load() {
    this.turn += 1;
    this.loading = this.read(this.turn);
  }

  /** @param {number} turn */
  async read(turn) {
    const late = setTimeout(() => this.say("Loading…"), this.rows.length ? 3000 : LATE);
    try {
      const rows = await (this.hasAttribute("machine") ? this.readSecrets() : this.readMachines());
      if (turn !== this.turn) return;
      const staged = new Map(this.rows.flatMap((row) => row.parts).filter((part) => part.now !== part.had).map((part) => [keyOf(part), part.now]));
      for (const part of rows.flatMap((row) => row.parts)) part.now = staged.get(keyOf(part)) ?? part.had;
      this.rows = rows;
      this.say("");
    } catch (error) {
      if (turn === this.turn) this.say(error instanceof Error ? error.message : "");
    } finally {
      clearTimeout(late);
    }
    if (turn === this.turn) this.arrange();
  }

  /** @returns {Promise<Row[]>} */
  async readSecrets() {
    const machine = this.getAttribute("machine") ?? "";
    const [secrets, grants] = await Promise.all([
      this.pages(`/api/projects/${this.place}/secrets`),
      this.get(`/api/projects/${this.place}/machines/${machine}/grants`),
    ]);
    const granted = new Map(grants.grants.map((/** @type {any} */ each) => [each.secretId, each.fields]));
    return secrets.map((secret) => ({
      id: secret.id, name: secret.name, note: secret.environment ?? "", group: SECRETS, attached: true, closed: false,
      words: [secret.name, secret.note ?? "", secret.environment ?? "", ...secret.tags].join(" ").toLowerCase(),
      ...partsOf(machine, secret.id, secret.fieldNames, granted.get(secret.id)),
    }));
  }

  /** @returns {Promise<Row[]>} */
  async readMachines() {
    const secrets = this.secrets;
    const [attached, machines, readers] = await Promise.all([
      this.pages(`/api/projects/${this.place}/machines`),
      this.hasAttribute("lists-machines") ? this.pages("/api/machines?pending=false") : [],
      this.readers(secrets),
    ]);
    const inside = new Set(attached.map((each) => each.machineId));
    const others = machines.filter((each) => !inside.has(each.id));
    const names = [...attached.map((each) => each.machineName), ...others.map((each) => each.name)];
    const shared = new Set(names.filter((name, at) => names.indexOf(name) !== at));
    const [secret] = secrets;
    /**
     * @param {string} id
     * @param {string} name
     * @param {boolean} enabled
     * @returns {Row}
     */
    const row = (id, name, enabled) => ({
      id, name, note: [shared.has(name) && `${id.slice(0, SHORT_ID)}…`, !enabled && "Disabled"].filter(Boolean).join(", "), words: `${name} ${id}`.toLowerCase(),
      attached: inside.has(id), group: inside.has(id) ? ATTACHED : OTHERS,
      closed: !inside.has(id) && this.hasAttribute("cannot-attach"),
      ...(secrets.length === 1 && secret
        ? partsOf(id, secret.id, secret.fields ?? [], readers.get(secret.id)?.get(id))
        : { byField: false, parts: secrets.map((each) => partOf(id, each.id, each.name, levelFrom(readers.get(each.id)?.get(id)))) }),
    });
    const rows = attached.map((each) => row(each.machineId, each.machineName, each.machineEnabled)).sort(byName);
    return [...rows, ...others.map((each) => row(each.id, each.name, each.enabled)).sort(byName)];
  }

  /**
   * Returns the machines that can read each secret, with the fields that they can read, or null for all fields.
   * @param {Secret[]} secrets
   */
  async readers(secrets) {
    /** @type {Map<string, Map<string, string[] | null>>} */
    const found = new Map();
    const waiting = [...secrets];
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let secret = waiting.shift(); secret; secret = waiting.shift()) {
        const readers = await this.pages(`/api/secrets/${secret.id}/readers`);
        found.set(secret.id, new Map(readers.map((each) => [each.machineId, each.fields])));
      }
    }));
    return found;
  }

  get place() {
    return this.getAttribute("project") ?? "";
  }

  /**
   * Returns all items of a list.
   * @param {string} path
   */
  async pages(path) {
    /** @type {any[]} */
    const items = [];
    let cursor = "";
    do {
      const page = await this.get(`${path}${path.includes("?") ? "&" : "?"}limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      items.push(...page.items);
      cursor = page.nextCursor ?? "";
      if (cursor && !this.rows.length) this.say(`Loading… ${said(items.length)}`);
    } while (cursor);
    return items;
  }

  /** @param {string} path */
  async get(path) {
    const outcome = await send({ method: "GET", path, vault: closest({ target: this }, "[data-vault]")?.dataset.vault });
    if (outcome.ok) return outcome.answer;
    throw new Error(`Couldn't load. ${sentence(outcome.problem.detail)}`);
  }

  /** @param {string} text */
  say(text) {
    for (const place of all(this, "[data-tells=state]")) put(place, text);
  }

  saved() {
    for (const part of this.rows.flatMap((row) => row.parts)) part.had = part.now;
    if (this.hasAttribute("machine")) this.load();
    else this.arrange();
  }

  /**
   * Names the rows that no longer exist, using the IDs in the API's message, and reloads the list without them. The
   * other staged changes are kept. Returns false if the message contains no row's ID.
   * @param {string} text
   */
  lost(text) {
    const gone = this.rows.filter((row) => text.includes(row.id)).map((row) => row.name);
    if (gone.length === 0) return false;
    const names = gone.length > 3 ? `${gone.slice(0, 3).join(", ")} and ${said(gone.length - 3)} more` : gone.join(", ");
    toast({ text: `${names} no longer ${gone.length === 1 ? "exists" : "exist"}.|Nothing was saved. Your other changes are still here.`, bad: true });
    this.load();
    return true;
  }

  discard() {
    for (const row of this.rows) discard(row);
    if (this.shows === "changes") this.shows = "all";
    this.arrange();
  }

  /** @param {MouseEvent} event */
  press(event) {
    const shows = closest(event, "[data-shows]");
    const opener = closest(event, "[data-opens-parts]");
    if (shows) {
      this.shows = shows.dataset.shows ?? "all";
      this.list.scrollTop = 0;
      this.arrange();
    }
    if (opener) this.unfold(opener.dataset.opensParts ?? "");
    if (closest(event, "[data-discards]")) {
      this.discard();
      focus(this.querySelector("[data-finds]"));
    }
  }

  /** @param {Event} event */
  change({ target }) {
    if (!(target instanceof HTMLInputElement)) return;
    const line = this.lines.find((each) => each.key === target.dataset.line);
    if (!line) return;
    if (line.part) line.part.now = target.checked ? "all" : "none";
    else if (line.row) set(line.row, levelOf(line.row) !== "all");
    else {
      const rows = this.rowsIn(line.group);
      const given = !rows.every((row) => levelOf(row) === "all");
      for (const row of rows) set(row, given);
    }
    this.tell();
    this.draw();
  }

  /**
   * Stages the changes that give this machine the same access as another one.
   * @param {HTMLInputElement} input
   */
  async same(input) {
    const name = input.value.trim();
    const option = all(this, "datalist option").find((each) => each instanceof HTMLOptionElement && each.value === name);
    if (!name || !option) return;
    try {
      await this.loading;
      const { grants } = await this.get(`/api/projects/${this.place}/machines/${option.dataset.id}/grants`);
      setSame(this.rows, new Map(grants.map((/** @type {any} */ each) => [each.secretId, each.fields])));
      input.value = "";
      const { changes } = sumsOf(this.rows);
      this.shows = changes ? "changes" : "all";
      this.say(changes ? `Now the same as ${name}. Check the changes, then save.` : `Already the same as ${name}.`);
    } catch (error) {
      this.say(error instanceof Error ? error.message : "");
    }
    this.arrange();
  }

  /** Offers the machines whose access can be copied. */
  async offer() {
    const offered = this.querySelector("datalist");
    if (!offered || offered.childElementCount) return;
    const own = this.getAttribute("machine");
    for (const each of await this.pages(`/api/projects/${this.place}/machines`)) {
      if (each.machineId === own) continue;
      const option = make("option", "", { value: each.machineName, label: several(each.grants, "secret") });
      option.dataset.id = each.machineId;
      offered.append(option);
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { target, key } = event;
    if (!(target instanceof HTMLElement)) return;
    const search = target.matches("[data-finds], [data-same]");
    // Otherwise it would send the form.
    if (key === "Enter" && target instanceof HTMLInputElement) event.preventDefault();
    if (key === "Enter" && target instanceof HTMLInputElement && target.matches("[data-same]")) this.same(target);
    const at = search ? -1 : this.lines.findIndex((each) => each.key === target.closest("[data-key]")?.getAttribute("data-key"));
    const line = this.lines[at];
    const page = Math.max(1, Math.floor(this.list.clientHeight / this.height) - 1);
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: this.lines.length - 1 };
    const to = steps[key];
    if (to !== undefined && (line || (search && key === "ArrowDown" && target.matches("[data-finds]")))) this.focusOn(Math.max(0, Math.min(this.lines.length - 1, to)));
    else if (line?.row && line.row.parts.length > 1 && (key === "ArrowRight") !== this.opened.has(line.row.id) && (key === "ArrowRight" || key === "ArrowLeft")) this.unfold(line.row.id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} at */
  focusOn(at) {
    const line = this.lines[at];
    if (!line) return;
    const { list, height } = this;
    this.current = line.key;
    if (at * height < list.scrollTop) list.scrollTop = at * height;
    if ((at + 1) * height > list.scrollTop + list.clientHeight) list.scrollTop = (at + 1) * height - list.clientHeight;
    this.draw();
    this.drawn.get(line.key)?.querySelector("input")?.focus();
  }

  /** @param {string} id */
  unfold(id) {
    if (!this.opened.delete(id)) this.opened.add(id);
    this.arrange();
  }

  /**
   * Returns a group's rows that are listed and can be changed.
   * @param {string} group
   */
  rowsIn(group) {
    return this.lines.flatMap(({ row, depth }) => (depth === 1 && row?.group === group && !row.closed ? [row] : []));
  }

  /** Lists the rows that match the search and the filter. */
  arrange() {
    const search = this.querySelector("[data-finds]");
    const words = search instanceof HTMLInputElement ? search.value.trim().toLowerCase().split(/\s+/).filter(Boolean) : [];
    const rows = this.rows.filter((row) =>
      (this.shows === "all" || (this.shows === "access" ? levelOf(row) !== "none" || levelOf(row, "had") !== "none" : isChanged(row)))
      && words.every((word) => row.words.includes(word)));
    let group = "";
    this.lines = rows.flatMap((row) => {
      /** @type {Line[]} */
      const lines = [];
      if (row.group !== group) lines.push({ key: `group ${row.group}`, depth: 0, row: null, part: null, group: row.group });
      group = row.group;
      lines.push({ key: row.id, depth: 1, row, part: null, group });
      if (this.opened.has(row.id)) for (const part of row.parts) lines.push({ key: keyOf(part), depth: 2, row, part, group });
      return lines;
    });
    this.tell();
    this.draw();
  }

  /** Shows the counts, and passes the changes to the form. */
  tell() {
    const sums = sumsOf(this.rows);
    const machine = this.getAttribute("machine-name");
    const [first, ...more] = this.secrets;
    /** @type {Record<string, string>} */
    const texts = {
      all: said(this.rows.length), access: said(sums.access), changed: said(sums.changes),
      changes: machine === null ? saysForSecrets(this.getAttribute("project-name") ?? "", sums) : saysForMachine(machine, sums),
      save: sums.changes ? `Save ${several(sums.changes, "change")}` : "Save",
      title: first && more.length === 0 ? first.name : several(this.secrets.length, "secret"),
      names: more.length && first ? this.secrets.slice(0, 3).map((each) => each.name).join(", ") + (more.length > 2 ? ` and ${said(more.length - 2)} more` : "") : "",
    };
    for (const place of all(this.closest("dialog") ?? this, "[data-tells]")) {
      const text = texts[place.dataset.tells ?? ""];
      if (text !== undefined) put(place, text);
      if (place.dataset.tells === "title") place.classList.toggle("mono", this.secrets.length === 1);
    }
    for (const each of all(this, "[data-shows]")) each.setAttribute("aria-pressed", String(each.dataset.shows === this.shows));
    for (const each of all(this, "input[name=changes]")) if (each instanceof HTMLInputElement) each.value = sums.changes ? JSON.stringify(changesOf(this.rows)) : "";
    turnOn(this, "data-staged", sums.changes > 0);
    turnOn(this, "data-none", this.rows.length > 0 && this.lines.length === 0);
  }

  /** Adds the lines that are in view to the page. */
  draw() {
    const { list, height } = this;
    const from = Math.max(0, Math.floor(list.scrollTop / height) - AROUND);
    const to = Math.min(this.lines.length, Math.ceil((list.scrollTop + list.clientHeight) / height) + AROUND);
    const shown = this.lines.slice(from, to);
    const keys = new Set(shown.map((line) => line.key));
    const current = this.lines.some((line) => line.key === this.current) ? this.current : this.lines[0]?.key;
    let room = list.querySelector("[role=list]");
    if (!(room instanceof HTMLElement)) {
      room = make("div", "lines", { role: "list", "aria-label": this.getAttribute("label") ?? "" });
      list.append(room);
    }
    if (room instanceof HTMLElement) room.style.height = `${this.lines.length * height}px`;
    for (const [key, element] of this.drawn) {
      // The focused line stays, because otherwise the focus would be lost.
      if (keys.has(key) || (element.contains(document.activeElement) && this.lines.some((line) => line.key === key))) continue;
      element.remove();
      this.drawn.delete(key);
    }
    let before = null;
    for (const [index, line] of shown.entries()) {
      let element = this.drawn.get(line.key);
      if (!element) {
        element = this.build(line);
        this.drawn.set(line.key, element);
      }
      // In order, so that Tab and screen readers follow the lines.
      const next = /** @type {Element | null} */ (before ? before.nextElementSibling : room.firstElementChild);
      if (next !== element) room.insertBefore(element, next);
      before = element;
      element.style.transform = `translateY(${(from + index) * height}px)`;
      element.setAttribute("aria-setsize", String(this.lines.length));
      element.setAttribute("aria-posinset", String(from + index + 1));
      this.update(line, element, line.key === current);
    }
  }

  /** @param {Line} line */
  build({ key, depth, row, part, group }) {
    const item = make("div", ["line line-group", "line", "line line-part"][depth], { role: "listitem", "data-key": key });
    const label = make("label", "grow");
    const box = make("input", "check", { type: "checkbox", "data-line": key, "data-local": "" });
    const text = make("span", depth === 0 ? "" : "mono");
    text.textContent = part ? part.name : (row?.name ?? group);
    text.title = text.textContent;
    if (depth === 1 && row?.note) box.setAttribute("aria-label", `${row.name}, ${row.note}`);
    label.append(box, make("span", "sign", { "aria-hidden": "true" }), text);
    item.append(label);
    if (depth === 1 && row?.note) item.append(Object.assign(make("span", "meta"), { textContent: row.note }));
    if (depth === 1 && row && row.parts.length > 1) item.append(make("button", "btn ghost sm", { type: "button", tabindex: "-1", "data-opens-parts": row.id }));
    if (depth === 0) item.append(make("span", "meta"));
    return item;
  }

  /**
   * @param {Line} line
   * @param {HTMLElement} element
   * @param {boolean} current
   */
  update({ depth, row, part, group }, element, current) {
    const box = element.querySelector("input");
    const rows = depth === 0 ? this.rowsIn(group) : [];
    const levels = part ? [part.now] : row ? [levelOf(row)] : rows.map((each) => levelOf(each));
    if (box) {
      box.checked = levels.length > 0 && levels.every((level) => level === "all");
      box.indeterminate = !box.checked && levels.some((level) => level !== "none");
      box.disabled = row ? row.closed : rows.length === 0;
      box.tabIndex = current ? 0 : -1;
    }
    const changed = part ? part.now !== part.had : row !== null && isChanged(row);
    turnOn(element, "data-changed", changed);
    const sign = element.querySelector(".sign");
    const had = part ? part.had : row ? levelOf(row, "had") : "none";
    sign?.setAttribute("data-sign", !changed ? "" : levels[0] === "none" ? "−" : had === "none" ? "+" : "±");
    const opener = element.querySelector("[data-opens-parts]");
    if (opener && row) {
      const chosen = row.parts.filter((each) => each.now !== "none").length;
      const kind = row.byField ? "field" : "secret";
      put(opener, chosen === row.parts.length ? `All ${several(chosen, kind)}` : `${said(chosen)} of ${several(row.parts.length, kind)}`);
      opener.setAttribute("aria-expanded", String(this.opened.has(row.id)));
      opener.setAttribute("aria-label", `${opener.textContent}, ${row.name}`);
    }
    if (depth === 0) {
      const count = this.lines.filter((each) => each.depth === 1 && each.group === group).length;
      put(element.querySelector(".meta") ?? element, said(count));
    }
  }
}

/**
 * Returns the secrets that are selected in the list around a button.
 * @param {HTMLElement} button
 * @returns {Secret[]}
 */
function selectedAround(button) {
  const picks = button.closest("sr-picks");
  const chosen = picks !== null && "chosen" in picks && Array.isArray(picks.chosen) ? picks.chosen : [];
  return chosen.map(({ pick, name }) => ({ id: pick, name }));
}

/** Opens the dialog for the secrets of a button or a selection. */
export function serveAccess() {
  document.addEventListener("click", (event) => {
    const button = closest(event, "[data-gives-access]");
    if (!button) return;
    const secrets = button.dataset.givesAccess ? JSON.parse(button.dataset.givesAccess) : selectedAround(button);
    document.dispatchEvent(new CustomEvent("sr-give-access", { detail: { secrets } }));
  });
  document.addEventListener("sr-give-access", (event) => {
    const dialog = document.getElementById("give-access");
    const list = dialog?.querySelector("sr-access");
    if (!(dialog instanceof HTMLDialogElement) || !(list instanceof SrAccess) || !(event instanceof CustomEvent)) return;
    dialog.showModal();
    list.show(event.detail.secrets);
  });
  document.addEventListener("focusin", (event) => {
    const input = closest(event, "[data-same]");
    const list = input?.closest("sr-access");
    if (list instanceof SrAccess) list.offer();
  });
}
