// <sr-form>: every change goes through this element. It wraps a <form> with native fields, sends it to the human API,
// and shows the result. Input leaves the page only in that request.
//
// Attributes: action, method, vault, if-match, says, then, undo, undo-method, undo-body, keeps, sends, body,
// anonymous, reloads, quiet, auto, followed-by, followed-says, each, passkey, passkey-as, options. They are read when the form is sent.

/** @import { Pick } from "./picks.js" */
/** @import { Outcome, Request } from "./request.js" */

import { serveFiles } from "./files.js";
import { differsBeside } from "./fingerprint.js";
import { all, closest, controlsOf, focus, isControl } from "./dom.js";
import { incomplete, newTags, sendEach } from "./bulk.js";
import { applyChoices, choose, fill, fillFirst, fillFromUrl, hasChanged, hasTyped, member, readForm, typedInto } from "./body.js";
import { confirmPassword } from "./dialogs.js";
import { showCodes, showSecondStep } from "./factors.js";
import { go, nextAddress, refresh, whenReady } from "./go.js";
import { serveNames } from "./names.js";
import { askForPasskey } from "./passkeys.js";
import { resetPairs, servePairs } from "./pairs.js";
import { counted, describePicks, selectionOf } from "./picks.js";
import { checkForm, checkWhileTyping, controlFor, tell, tellForm } from "./problems.js";
import { duration, send, sentence } from "./request.js";
import { clearResults, showResults } from "./results.js";
import { signInAgain, tellOtherTabs } from "./session.js";
import { showSuggestions } from "./suggestions.js";
import { focusOpened } from "./table.js";
import { toast } from "./toasts.js";
import { serveValues } from "./values.js";

const SLOW = 400;
const LOADING = 15_000;
const CANCELLED = "Canceled. Nothing was changed.";

/**
 * Returns the path of the object that a request is about, without the action.
 * @param {string} path
 */
function objectOf(path) {
  return /^\/api\/[^/]+\/[^/?]+/.exec(path)?.[0] ?? "";
}

export class SrForm extends HTMLElement {
  #busy = false;
  #waitUntil = 0;
  /** @type {HTMLFormElement | null} */
  #form = null;
  /**
   * The revision when the person started typing. The page still shows changes that others make after that.
   * @type {string | null}
   */
  #seen = null;
  #warned = false;

  connectedCallback() {
    const form = this.querySelector("form");
    if (form === this.#form || form === null) return;
    this.#form = form;
    form.noValidate = true;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit(event.submitter);
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target instanceof HTMLTextAreaElement) form.requestSubmit();
    });
    form.addEventListener("focusin", () => {
      this.#seen ??= this.getAttribute("if-match");
    });
    form.addEventListener("input", () => { applyChoices(form); this.#warned = false; });
    form.addEventListener("change", () => applyChoices(form));
    // CSS hides the save bar of an unchanged form. A reset changes the fields only after its event.
    for (const kind of ["input", "change", "reset"]) {
      form.addEventListener(kind, () => queueMicrotask(() => this.toggleAttribute("data-changed", hasChanged(form))));
    }
    form.addEventListener("click", (event) => choose(form, closest(event, "[data-choose]")));
    checkWhileTyping(form);
    whenReady(() => fillFromUrl(form));
    applyChoices(form);
    servePairs(form);
    serveNames(form);
    serveValues(form);
    serveFiles(form);
    if (this.hasAttribute("auto") && globalThis.srFragment) this.submit();
    new MutationObserver(() => { applyChoices(form); servePairs(form); })
      .observe(form, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-names"] });
  }

  /**
   * Sends the form once, however often the button is pressed.
   * @param {HTMLElement | null} button
   */
  async submit(button = null) {
    const form = this.#form;
    if (this.#busy || form === null) return;
    tellForm(form, "");
    this.removeAttribute("data-done"); // An earlier result would stay next to a new error.
    this.#warned = false;
    this.#busy = true;
    form.setAttribute("aria-busy", "true");
    const slow = setTimeout(() => (button ?? form.querySelector("[type=submit]"))?.setAttribute("data-busy", ""), SLOW);
    try {
      await this.#loaded();
      if (!this.#refuses(form)) await this.#exchange(form);
    } finally {
      clearTimeout(slow);
      this.#busy = false;
      form.removeAttribute("aria-busy");
      for (const each of all(form, "[data-busy]")) each.removeAttribute("data-busy");
    }
  }

  /** Resets the form: input, errors, and results that are shown once. */
  clear() {
    const form = this.#form;
    if (form === null) return;
    form.reset();
    for (const control of all(form, "[aria-invalid]")) tell(control, "");
    for (const list of all(form, "[data-pairs]")) resetPairs(list);
    for (const each of all(form, ".shown")) each.classList.remove("shown");
    tellForm(form, "");
    clearResults(form);
    applyChoices(form);
    this.#seen = null;
    this.#warned = false;
    this.removeAttribute("data-done");
  }

  /** Returns whether there is input that would be lost. */
  get typed() {
    return this.#form !== null && hasTyped(this.#form);
  }

  /** Warns once that closing discards the input. Returns whether it showed the warning. */
  warns() {
    const form = this.#form;
    if (form === null || this.#warned || !hasTyped(form)) return false;
    this.#warned = tellForm(form, "Press Esc again to discard your changes.");
    return this.#warned;
  }

  /**
   * Returns whether the person has to do something before the form can be sent, and tells them what.
   * @param {HTMLFormElement} form
   */
  #refuses(form) {
    if (differsBeside(this)) {
      this.#say(form, "The fingerprints don't match. Deny this machine, or clear the field and compare again.");
      return true;
    }
    const wrong = checkForm(form);
    const waits = !wrong && Date.now() < this.#waitUntil;
    wrong?.focus();
    if (waits) this.#countWait();
    return wrong !== null || waits;
  }

  /**
   * Waits until the page knows its vault and the screen has loaded, in case the button was pressed before that. A tab
   * that has shown another screen knows its vault earlier than what this screen shows.
   */
  async #loaded() {
    const end = Date.now() + LOADING;
    const loading = () => this.#page && (!this.#page.dataset.vault || this.closest("main")?.querySelector("[data-loading]"));
    while (loading() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  get #page() {
    return closest({ target: this }, "[data-vault]");
  }

  /** @param {HTMLFormElement} form */
  async #exchange(form) {
    if (this.hasAttribute("each")) return this.#sendEach(form);
    const request = this.#request(form);
    if (request === null) return this.#finish(form, {}, null);
    if (this.hasAttribute("passkey")) {
      const asked = await askForPasskey(this, request.vault, (each) => this.#deliver(each));
      if (asked.outcome && !asked.outcome.ok) return this.#explain(form, asked.outcome);
      if (asked.body === null) return this.#say(form, asked.problem);
      request.body = { .../** @type {object} */ (request.body ?? {}), ...asked.body };
    }
    const outcome = await this.#deliver(request);
    if (outcome === null) return void tellForm(form, CANCELLED);
    if (!outcome.ok) return this.#explain(form, outcome);
    const kinds = outcome.answer.secondFactors;
    if (request.path === "/api/session" && kinds?.length && showSecondStep(this, kinds)) return;
    const next = this.#following(form, request);
    let failed = 0, why = "";
    for (const each of next) {
      const after = await this.#deliver(each);
      if (after?.ok) continue;
      failed += 1;
      why ||= after ? sentence(after.problem.detail) : "You canceled.";
    }
    this.#finish(form, outcome.answer, request, next.length && !failed ? this.getAttribute("followed-says") : null);
    if (failed) toast({ text: `${failed < next.length ? "Some access" : "Access"} wasn't granted.|${why}`, bad: true });
  }

  /**
   * Returns the requests to send afterwards, each with its ticked boxes.
   * @param {HTMLFormElement} form
   * @param {Request} first
   * @returns {Request[]}
   */
  #following(form, { vault }) {
    const [method = "", path = ""] = (this.getAttribute("followed-by") ?? "").split(" ");
    if (!path) return [];
    const boxes = all(form, "[data-then]:checked").filter(isControl);
    return [...Map.groupBy(boxes, (each) => each.dataset.then ?? "")].map(([then, own]) => (
      { method, path: fill(path, () => then, encodeURIComponent), vault, body: { changes: own.map((each) => JSON.parse(each.value)) } }
    ));
  }

  /**
   * Sends the form once for each selected row.
   * @param {HTMLFormElement} form
   */
  async #sendEach(form) {
    const dialog = this.closest("dialog");
    if (dialog === null) return;
    const picks = selectionOf(dialog);
    if (!picks?.chosen.length) return void tellForm(form, "Select at least one.");
    const chosen = picks.chosen;
    const noun = this.getAttribute("each") ?? "";
    const place = form.querySelector("[data-picks-progress]");
    const progress = (/** @type {string} */ text) => { if (place) place.textContent = text; };
    const summary = await sendEach(chosen, (pick) => this.#requestFor(form, pick), (request) => this.#deliver(request), { progress, goesOn: () => dialog.open });
    progress("");
    const { done, failed } = summary;
    const undo = this.getAttribute("undo");
    const says = (this.getAttribute("says") ?? "").replace("{counted}", counted(done.length, noun));
    const complete = done.length === chosen.length;
    const over = new Set([...done, ...failed.filter((each) => each.gone).map((each) => each.pick)]);
    const left = chosen.filter((each) => !over.has(each));
    if (done.length && says) toast({ text: says, undo: undo ? () => this.#undoEach(done, undo) : null });
    picks.keep(left.map((each) => each.pick));
    refresh();
    if (left.length && dialog.open) {
      describePicks(dialog);
      tellForm(form, incomplete(summary, chosen.length));
      return;
    }
    if (!complete) toast({ text: incomplete(summary, chosen.length), bad: true });
    this.clear();
    dialog.close();
  }

  /**
   * @param {HTMLFormElement} form
   * @param {Pick} pick
   * @returns {Request | null}
   */
  #requestFor(form, pick) {
    const { body } = readForm(form);
    const own = this.getAttribute("body");
    const wanted = own === "none" ? own : pick.body ?? own ?? "auto";
    const tags = this.getAttribute("sends") === "tags";
    const changed = tags ? newTags(pick.tags, body) : null;
    if (tags && changed === null) return null;
    const sent = tags ? { tags: changed } : body;
    return {
      method: this.getAttribute("method") ?? "POST",
      path: fill(this.getAttribute("action") ?? "", (name) => pick[name], encodeURI),
      body: wanted === "none" || (wanted === "auto" && !Object.keys(sent).length) ? undefined : sent,
      vault: this.getAttribute("vault") || this.#page?.dataset.vault,
      ifMatch: pick.revision,
    };
  }

  /**
   * @param {Pick[]} done
   * @param {string} undo
   */
  async #undoEach(done, undo) {
    const sent = this.getAttribute("undo-body");
    const vault = document.querySelector("[data-vault]")?.getAttribute("data-vault") ?? undefined;
    const make = (/** @type {Pick} */ pick) => ({ method: this.getAttribute("undo-method") ?? "POST", path: fill(undo, (name) => pick[name], encodeURI), vault, body: sent ? JSON.parse(sent) : undefined });
    const summary = await sendEach(done, make, (request) => this.#deliver(request), { progress: () => {}, goesOn: () => true });
    const complete = summary.done.length === done.length;
    toast({ text: complete ? "Undone." : `Couldn't undo everything.|${incomplete(summary, done.length)}`, bad: !complete });
    refresh();
  }

  /**
   * Sends a request. If necessary, asks the person to sign in again or to confirm the password. Returns null if the
   * person canceled.
   * @param {Request} request
   * @returns {Promise<Outcome | null>}
   */
  async #deliver(request) {
    let outcome = await send(request);
    if (outcome.status === 401 && !this.hasAttribute("anonymous")) {
      if (!(await signInAgain())) return null;
      outcome = await send(request);
    }
    if (!outcome.ok && outcome.problem.code === "step_up_required") {
      if (!(await confirmPassword())) return null;
      outcome = await send(request);
    }
    return outcome;
  }

  /**
   * @param {HTMLFormElement} form
   * @returns {Request | null}
   */
  #request(form) {
    const changedOnly = this.getAttribute("sends") === "changed";
    const { body, take } = readForm(form, { changedOnly });
    const path = fill(this.getAttribute("action") ?? "", take, encodeURIComponent);
    const any = Object.keys(body).length > 0;
    if (changedOnly && !any) return null;
    const wanted = this.getAttribute("body") ?? "auto";
    return {
      method: this.getAttribute("method") ?? "POST", path,
      body: wanted === "none" || (wanted === "auto" && !any) ? undefined : body,
      vault: this.getAttribute("vault") || this.#page?.dataset.vault,
      ifMatch: this.#seen ?? this.getAttribute("if-match"),
    };
  }

  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} answer
   * @param {Request | null} request
   * @param {string | null} [followed] What the toast says in place of the form's own text.
   */
  #finish(form, answer, request, followed = null) {
    /** @param {string} name */
    const find = (name) => member(answer, name) ?? typedInto(form, name);
    const says = followed ?? this.getAttribute("says");
    const then = this.getAttribute("then");
    const undo = this.getAttribute("undo");
    const text = says && fill(says, find);
    const next = then && (then.startsWith("next:") ? nextAddress(then.slice(5)) : fillFirst(then, find, encodeURIComponent));
    const undoPath = undo && fill(undo, find, encodeURIComponent);
    if (request && text) toast({ text, about: objectOf(request.path), undo: undoPath ? () => this.#undo(undoPath, request) : null });
    const keeps = this.hasAttribute("keeps");
    const again = form.elements.namedItem("again");
    const another = again instanceof HTMLInputElement && again.checked;
    if (keeps) {
      for (const each of controlsOf(form)) if ("secret" in each.dataset || each.type === "password") each.value = "";
      this.setAttribute("data-done", "");
      const shown = closest({ target: form }, "[data-results]") ?? form;
      showResults(shown, answer);
      showSuggestions(shown, answer);
      // A form can follow, for example for the code that confirms an authenticator app.
      focus(this.parentElement?.querySelector(":scope > .after-start input") ?? null);
      // What was found must be compared first, so its top stays in view.
      const found = this.parentElement?.querySelector(":scope > .after-find");
      if (found instanceof HTMLElement) found.focus({ preventScroll: true });
    } else {
      this.clear();
    }
    this.dispatchEvent(new CustomEvent("sr-done", { bubbles: true, detail: answer }));
    if (another) {
      again.checked = true;
      focus(form.querySelector("[data-first]"));
      return refresh();
    }
    if (!keeps) this.closest("dialog")?.close();
    if (answer.codes?.length) showCodes(answer.codes);
    if (request?.method === "DELETE" && request.path === "/api/session") tellOtherTabs();
    if (next && this.hasAttribute("reloads")) location.assign(next);
    else if (next) {
      go(next);
      focusOpened();
    } else if (request && !this.hasAttribute("quiet")) refresh();
  }

  /**
   * @param {string} path
   * @param {Request} request
   */
  async #undo(path, { vault }) {
    const sent = this.getAttribute("undo-body"), method = this.getAttribute("undo-method") ?? "POST";
    const outcome = await this.#deliver({ method, path, vault, body: sent ? JSON.parse(sent) : undefined });
    if (outcome === null) {
      toast({ text: CANCELLED });
    } else if (outcome.ok) {
      toast({ text: "Undone." });
      refresh();
    } else {
      toast({ text: `Couldn't undo.|${sentence(outcome.problem.detail)}`, bad: true });
    }
  }

  /**
   * @param {HTMLFormElement} form
   * @param {Extract<Outcome, { ok: false }>} outcome
   */
  #explain(form, { status, problem, retryAfter }) {
    if (!this.dispatchEvent(new CustomEvent("sr-failed", { cancelable: true, detail: problem }))) return;
    const text = sentence(problem.detail);
    if (status === 429 || (status === 503 && retryAfter)) {
      this.#waitUntil = Date.now() + retryAfter * 1000;
      this.#reason = status === 429 ? "Too many attempts." : text;
      return this.#countWait();
    }
    if (problem.code === "changed") {
      return this.#say(form, "This was changed elsewhere. Your changes aren't saved but are still here.", { text: "Load latest version", press: () => { tellForm(form, ""); this.#seen = null; refresh(); } });
    }
    if (problem.code === "vault_switched") {
      return this.#say(form, "You switched to another vault after opening this page. Nothing was changed.", { text: "Reload", press: () => location.reload() });
    }
    if (problem.code === "cap_reached") {
      return this.#say(form, text, { text: "Open the plan", press: () => location.assign("/settings") });
    }
    const field = problem.field ?? (problem.code === "name_taken" ? "name" : null);
    const control = field && controlFor(form, field);
    if (control && tell(control, this.#without(text, field))) control.focus();
    else this.#say(form, text);
  }

  #reason = "";

  /**
   * Removes the member's name from the start of an API message, because the field's label already shows it.
   * @param {string} text
   * @param {string} field
   */
  #without(text, field) {
    const lower = text.toLowerCase();
    const prefix = `${field.toLowerCase()}: `;
    return lower.startsWith(prefix) ? sentence(text.slice(prefix.length)) : text;
  }

  /**
   * @param {HTMLFormElement} form
   * @param {string} text
   * @param {{ text: string, press: () => void } | null} act
   */
  #say(form, text, act = null) {
    if (!tellForm(form, text, act)) toast({ text: act ? `${text}` : `That didn't work.|${text}`, bad: true, undo: act?.press, undoText: act?.text });
  }

  #countWait() {
    const form = this.#form;
    const end = this.#waitUntil;
    if (form === null) return;
    const tick = () => {
      if (this.#waitUntil !== end || !form.isConnected) return;
      const seconds = Math.ceil((end - Date.now()) / 1000);
      this.#say(form, seconds > 0 ? `${this.#reason} Try again in ${duration(seconds)}.` : "You can try again now.");
      if (seconds > 0 && form.querySelector("[data-problem-text]")) setTimeout(tick, 1000);
    };
    tick();
  }
}
