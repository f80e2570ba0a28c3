// <sr-form>: everything that changes something. It wraps a <form> of native fields, sends it to the API
// of people, and says what came of it. What is typed never leaves the page but in that one request.
//
// Attributes: action, method, vault, if-match, says, then, undo, undo-method, keeps, sends, body,
// stranger, reloads, quiet, submits-on-open. They are read when the form is sent.

import { differsBeside } from "./fingerprint.js";
import { hasTyped, readForm, typedInto } from "./body.js";
import { go, nextAddress, refresh } from "./go.js";
import { resetPairs, servePairs } from "./pairs.js";
import { checkForm, checkWhileTyping, controlFor, tell, tellForm } from "./problems.js";
import { send, sentence, signInAgain } from "./request.js";
import { clearResults, showResults } from "./results.js";
import { proveAgain } from "./stepup.js";
import { fill, member } from "./texts.js";
import { toast } from "./toasts.js";
import { applyChoices } from "./when.js";

const SLOW = 400;
const LOADING = 15_000;

export class SrForm extends HTMLElement {
  #busy = false;
  #waitUntil = 0;
  #form = null;
  /** What the person saw when they began: the page goes on to follow what others do. */
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
    form.addEventListener("focusin", () => (this.#seen ??= this.getAttribute("if-match")));
    form.addEventListener("input", () => { applyChoices(form); this.#warned = false; });
    form.addEventListener("change", () => applyChoices(form));
    checkWhileTyping(form);
    applyChoices(form);
    servePairs(form);
    new MutationObserver(() => { applyChoices(form); servePairs(form); })
      .observe(form, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-names"] });
  }

  /** Sends the form, once, however often it is pressed. */
  async submit(button = null) {
    const form = this.#form;
    if (this.#busy || form === null) return;
    tellForm(form, "");
    this.#warned = false;
    if (differsBeside(this)) return this.#say(form, "The fingerprints differ. Deny this machine, or clear what you pasted and compare again.");
    const wrong = checkForm(form);
    if (wrong) return wrong.focus();
    if (Date.now() < this.#waitUntil) return this.#countWait();
    this.#busy = true;
    form.setAttribute("aria-busy", "true");
    const slow = setTimeout(() => (button ?? form.querySelector("[type=submit]"))?.setAttribute("data-busy", ""), SLOW);
    try {
      await this.#exchange(form);
    } finally {
      clearTimeout(slow);
      this.#busy = false;
      form.removeAttribute("aria-busy");
      form.querySelectorAll("[data-busy]").forEach((each) => each.removeAttribute("data-busy"));
    }
  }

  /** Puts everything back: what was typed, what was wrong, what was shown once. */
  clear() {
    const form = this.#form;
    if (form === null) return;
    form.reset();
    form.querySelectorAll("[aria-invalid]").forEach((control) => tell(control, ""));
    form.querySelectorAll("[data-pairs]").forEach(resetPairs);
    form.querySelectorAll(".shown").forEach((each) => each.classList.remove("shown"));
    tellForm(form, "");
    clearResults(form);
    applyChoices(form);
    this.#seen = null;
    this.#warned = false;
    this.removeAttribute("data-done");
  }

  /** Says, once, that leaving now loses what was typed. Returns whether it did. */
  warns() {
    const form = this.#form;
    if (form === null || this.#warned || !hasTyped(form)) return false;
    this.#warned = tellForm(form, "Press Escape again to throw away what you typed.");
    return this.#warned;
  }

  /** Waits until the page knows its vault: whoever is quick may press before it was loaded. */
  async #loaded() {
    const page = this.closest("[data-vault]"), end = Date.now() + LOADING;
    while (page && !page.dataset.vault && Date.now() < end) await new Promise((go) => setTimeout(go, 50));
  }

  async #exchange(form) {
    await this.#loaded();
    const request = this.#request(form);
    if (request === null) return this.#finish(form, {}, null);
    let outcome = await send(request);
    if (outcome.problem?.code === "step_up_required") {
      if (!(await proveAgain())) return tellForm(form, "Nothing was changed: this needs your password.");
      outcome = await send(request);
    }
    if (outcome.ok) this.#finish(form, outcome.answer, request);
    else this.#explain(form, outcome);
  }

  #request(form) {
    const changedOnly = this.getAttribute("sends") === "changed";
    const { body, take } = readForm(form, { changedOnly });
    const path = fill(this.getAttribute("action"), take, encodeURIComponent);
    const any = Object.keys(body).length > 0;
    if (changedOnly && !any) return null;
    const wanted = this.getAttribute("body") ?? "auto";
    return {
      method: this.getAttribute("method") ?? "POST", path,
      body: wanted === "none" || (wanted === "auto" && !any) ? undefined : body,
      vault: this.getAttribute("vault") || this.closest("[data-vault]")?.dataset.vault,
      ifMatch: this.#seen ?? this.getAttribute("if-match"),
    };
  }

  #finish(form, answer, request) {
    const find = (name) => member(answer, name) ?? typedInto(form, name);
    const says = this.getAttribute("says"), then = this.getAttribute("then"), undo = this.getAttribute("undo");
    const text = says && fill(says, find);
    const next = then && (then.startsWith("next:") ? nextAddress(then.slice(5)) : fill(then, find, encodeURIComponent));
    const undoPath = undo && fill(undo, find, encodeURIComponent);
    if (request && text) toast({ text, undo: undoPath && (() => this.#undo(undoPath, request)) });
    const keeps = this.hasAttribute("keeps");
    if (keeps) {
      form.querySelectorAll("[data-secret], input[type=password]").forEach((each) => (each.value = ""));
      this.setAttribute("data-done", "");
      showResults(form, answer);
    } else {
      this.clear();
    }
    this.dispatchEvent(new CustomEvent("sr-done", { bubbles: true, detail: answer }));
    if (!keeps) this.closest("dialog")?.close();
    if (next && this.hasAttribute("reloads")) location.assign(next);
    else if (next) go(next);
    else if (request && !this.hasAttribute("quiet")) refresh();
  }

  async #undo(path, { vault }) {
    const outcome = await send({ method: this.getAttribute("undo-method") ?? "POST", path, vault });
    if (outcome.ok) {
      toast({ text: "Undone." });
      refresh();
    } else {
      toast({ text: `It could not be undone.|${sentence(outcome.problem.detail)}`, bad: true });
    }
  }

  #explain(form, { status, problem, retryAfter }) {
    const text = sentence(problem.detail);
    if (status === 401 && !this.hasAttribute("stranger")) return signInAgain();
    if (status === 429 || (status === 503 && retryAfter)) {
      this.#waitUntil = Date.now() + retryAfter * 1000;
      this.#reason = status === 429 ? "Too many tries." : text;
      return this.#countWait();
    }
    if (problem.code === "changed") {
      return this.#say(form, "Somebody else changed it since you looked. Nothing of yours was saved; it is kept here.", { text: "Load theirs", press: () => { tellForm(form, ""); this.#seen = null; refresh(); } });
    }
    if (problem.code === "vault_switched") {
      return this.#say(form, "You have switched to another vault since this page was opened. Nothing was changed.", { text: "Reload", press: () => location.reload() });
    }
    const field = problem.field ?? (problem.code === "name_taken" ? "name" : null);
    const control = controlFor(form, field);
    if (control && tell(control, field ? this.#without(text, field) : text)) control.focus();
    else this.#say(form, text);
  }

  #reason = "";

  /** The API begins some sentences with the member's name, which stands above the field already. */
  #without(text, field) {
    const lower = text.toLowerCase(), prefix = `${field.toLowerCase()}: `;
    return lower.startsWith(prefix) ? sentence(text.slice(prefix.length)) : text;
  }

  #say(form, text, act = null) {
    if (!tellForm(form, text, act)) toast({ text: act ? `${text}` : `It was not done.|${text}`, bad: true, undo: act?.press, undoText: act?.text });
  }

  #countWait() {
    const form = this.#form, end = this.#waitUntil;
    const tick = () => {
      if (this.#waitUntil !== end || !form.isConnected) return;
      const seconds = Math.ceil((end - Date.now()) / 1000);
      this.#say(form, seconds > 0 ? `${this.#reason} Try again in ${seconds} s.` : "You can try again now.");
      if (seconds > 0 && form.querySelector("[data-problem-text]")) setTimeout(tick, 1000);
    };
    tick();
  }
}
