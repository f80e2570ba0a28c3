// <sr-filters>: a form in a popover that writes its fields into the URL; the screen loads its data according
// to the URL. Times are shown in the zone that the person chose; in the URL, they are in UTC.

import { controlsOf } from "./dom.js";
import { go } from "./go.js";
import { fromField, toField } from "./time.js";

export class SrFilters extends HTMLElement {
  wired = false;

  connectedCallback() {
    if (this.wired) return;
    this.wired = true;
    this.closest("[popover]")?.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "open") this.read();
    });
    this.addEventListener("submit", (event) => {
      event.preventDefault();
      this.write();
    });
  }

  get fields() {
    const form = this.querySelector("form");
    return form instanceof HTMLFormElement ? controlsOf(form).filter((each) => each.name) : [];
  }

  read() {
    const asked = new URL(location.href).searchParams;
    for (const field of this.fields) field.value = field.type === "datetime-local" ? toField(asked.get(field.name) ?? "") : asked.get(field.name) ?? "";
    this.fields[0]?.focus();
  }

  write() {
    const url = new URL(location.href);
    for (const field of this.fields) {
      const text = field.type === "datetime-local" ? fromField(field.value) : field.value.trim();
      // A span such as `since=24h` isn't a time. The time field can't show it, so an empty field leaves it in the URL.
      if (text) url.searchParams.set(field.name, text);
      else if (field.type !== "datetime-local" || toField(url.searchParams.get(field.name) ?? "")) url.searchParams.delete(field.name);
    }
    for (const each of ["after", "cursor", "entry", "unfold"]) url.searchParams.delete(each);
    const popover = this.closest("[popover]");
    if (popover instanceof HTMLElement) popover.hidePopover();
    go(url.pathname + url.search);
  }
}
