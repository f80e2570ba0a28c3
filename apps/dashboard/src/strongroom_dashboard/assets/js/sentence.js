// <sr-sentence action="…">: describes the conditions of the form around or beside it in words, while they change. The
// server writes the sentence, so that it is the same everywhere.

import { put } from "./dom.js";
import { readForm } from "./body.js";
import { send, sentence } from "./request.js";

const PAUSE = 250;

export class SrSentence extends HTMLElement {
  #timer = 0;
  #turn = 0;
  /** @type {HTMLFormElement | null} */
  #form = null;

  connectedCallback() {
    const form = this.closest("form");
    if (form === null || form === this.#form) return;
    this.#form = form;
    const later = () => {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#describe(form), PAUSE);
    };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
  }

  /** @param {HTMLFormElement} form */
  async #describe(form) {
    const place = this.querySelector("p");
    if (!place) return;
    const turn = ++this.#turn;
    const shell = document.querySelector("[data-vault]");
    const vault = shell instanceof HTMLElement ? shell.dataset.vault ?? "" : "";
    const { conditions } = readForm(form).body;
    const outcome = await send({ method: "POST", path: this.getAttribute("action") ?? "", body: { conditions }, vault });
    if (turn !== this.#turn) return;
    put(place, outcome.ok ? String(outcome.answer.sentence ?? "") : sentence(outcome.problem.detail));
    place.classList.toggle("muted", !outcome.ok);
  }
}
