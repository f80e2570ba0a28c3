// <sr-panes>: two lists of the same secrets, what a machine may read and what it may not. A box behind
// each secret holds which of the two; the save bar says in numbers what saving would change.

const said = (number) => number.toLocaleString("en");
const several = (number, one) => `${said(number)} ${number === 1 ? one : `${one}s`}`;
const isShown = (item) => item.offsetParent !== null;
const put = (place, text) => { if (place.textContent !== text) place.textContent = text; };
const turnOn = (element, name, on) => { if (element.hasAttribute(name) !== on) element.toggleAttribute(name, on); };

export class SrPanes extends HTMLElement {
  connectedCallback() {
    if (this.wired) return;
    this.wired = true;
    this.addEventListener("click", (event) => this.press(event));
    this.addEventListener("change", ({ target }) => { if (target.matches("[data-of]")) this.weigh(target); this.tell(); });
    this.addEventListener("input", ({ target }) => { if (target.matches("[data-finds]")) this.find(target); });
    this.addEventListener("keydown", (event) => this.key(event));
    this.closest("form")?.addEventListener("reset", () => queueMicrotask(() => this.tell()));
    // React changes boxes and rows when the screen is loaded anew; what we write ourselves is no news.
    this.observer = new MutationObserver((changes) => {
      if (changes.every(({ target }) => target.closest?.("[data-tells], [data-chosen]"))) return;
      this.secrets = null;
      this.tell();
    });
    this.observer.observe(this, { childList: true, subtree: true, attributes: true, attributeFilter: ["checked"] });
    this.leaving = (event) => this.ask(event);
    this.unloading = (event) => { if (this.changes) event.preventDefault(); };
    // Caught on its way down, before the link is followed.
    document.addEventListener("click", this.leaving, true);
    window.addEventListener("beforeunload", this.unloading);
    this.tell();
  }

  disconnectedCallback() {
    document.removeEventListener("click", this.leaving, true);
    window.removeEventListener("beforeunload", this.unloading);
    this.observer?.disconnect();
    this.secrets = null;
    this.wired = false;
  }

  /** Returns every secret by its id: its box, the boxes of its fields, and its row in either list. */
  get known() {
    if (this.secrets) return this.secrets;
    const known = new Map();
    this.querySelectorAll("input[data-item]").forEach((box) => known.set(box.value, { box, parts: [], rows: [], told: null }));
    this.querySelectorAll("input[data-of]").forEach((part) => known.get(part.dataset.of)?.parts.push(part));
    this.querySelectorAll("[data-chosen]").forEach((told) => { const it = known.get(told.dataset.chosen); if (it) it.told = told; });
    this.querySelectorAll("[data-pane]").forEach((pane) => {
      pane.querySelectorAll("li[data-secret]").forEach((row) => known.get(row.dataset.secret)?.rows.push([row, pane.dataset.pane === "may"]));
    });
    this.secrets = known;
    return known;
  }

  press(event) {
    const mover = event.target.closest("[data-moves]"), all = event.target.closest("[data-moves-all]");
    if (mover) this.move(mover);
    if (all) {
      [...this.querySelectorAll(`[data-pane="${all.dataset.movesAll}"] li`)].filter(isShown).forEach((row) => this.turn(row.dataset.secret));
      this.tell();
    }
    if (event.target.closest("[data-discards]")) {
      for (const { box, parts } of this.known.values()) [box, ...parts].forEach((each) => (each.checked = each.defaultChecked));
      this.tell();
      this.querySelector("[data-moves]")?.focus();
    }
  }

  /** The row leaves this list, so the focus goes to its neighbour. */
  move(mover) {
    const row = mover.closest("li"), list = [...row.parentElement.children].filter(isShown);
    const next = list[list.indexOf(row) + 1] ?? list[list.indexOf(row) - 1];
    const search = row.closest("[data-pane]").querySelector("[data-finds]");
    this.turn(row.dataset.secret);
    this.tell();
    (next?.querySelector("[data-moves]") ?? search)?.focus();
  }

  turn(secret) {
    const { box, parts } = this.known.get(secret);
    box.checked = !box.checked;
    if (box.checked && !parts.some((part) => part.checked)) parts.forEach((part) => (part.checked = true));
  }

  /** A secret without a field left is not granted at all. */
  weigh(part) {
    const { box, parts } = this.known.get(part.dataset.of);
    if (parts.some((each) => each.checked)) return;
    box.checked = false;
    this.querySelector('[data-pane="may"] [data-finds]')?.focus();
  }

  key(event) {
    const mover = event.target.closest("[data-moves]");
    if (!mover || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    event.stopPropagation();
    const movers = [...mover.closest("ul").querySelectorAll("[data-moves]")].filter(isShown);
    movers[movers.indexOf(mover) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  }

  find(input) {
    const words = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    input.closest("[data-pane]").querySelectorAll("li").forEach((row) => {
      turnOn(row, "data-missed", !words.every((word) => (row.dataset.foundBy ?? "").includes(word)));
    });
  }

  /** Puts every secret into the list it belongs to, and says what saving would change. */
  tell() {
    const counts = { more: 0, less: 0, fields: 0, may: 0 };
    for (const { box, parts, rows, told } of this.known.values()) {
      const differs = parts.some((part) => part.checked !== part.defaultChecked);
      const changed = box.checked !== box.defaultChecked || (box.checked && differs);
      if (box.checked) counts.may += 1;
      if (changed) counts[box.checked === box.defaultChecked ? "fields" : box.checked ? "more" : "less"] += 1;
      for (const [row, may] of rows) {
        turnOn(row, "data-away", may !== box.checked);
        turnOn(row, "data-changed", changed);
      }
      const chosen = parts.filter((part) => part.checked).length;
      if (told) put(told, chosen === parts.length ? `all ${several(chosen, "field")}` : `${chosen} of ${several(parts.length, "field")}`);
    }
    this.changes = counts.more + counts.less + counts.fields;
    const all = this.known.size;
    turnOn(this, "data-changed", this.changes > 0);
    turnOn(this, "data-none-may", counts.may === 0);
    turnOn(this, "data-all-may", counts.may === all);
    const texts = { may: said(counts.may), "may-not": said(all - counts.may), changes: this.sentence(counts), save: `Save ${several(this.changes, "change")}` };
    this.querySelectorAll("[data-tells]").forEach((place) => put(place, texts[place.dataset.tells]));
  }

  sentence(counts) {
    if (!this.changes) return "";
    const parts = [
      counts.more && `may read ${several(counts.more, "more secret")}`,
      counts.less && `loses ${several(counts.less, "secret")}`,
      counts.fields && `reads other fields of ${several(counts.fields, "secret")}`,
    ].filter(Boolean);
    const text = parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : parts[0];
    return `${this.getAttribute("machine")} ${text}, from its next request on.`;
  }

  ask(event) {
    if (!this.changes || !(event.target instanceof Element) || this.contains(event.target)) return;
    if (!event.target.closest("a[href]:not([target])")) return;
    if (window.confirm(`Leave without saving ${several(this.changes, "change")}?`)) return;
    event.preventDefault();
    event.stopPropagation();
  }
}
