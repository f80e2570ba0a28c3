// <sr-opens dialog="…">: opens a dialog once, because the address says so, and takes that out of it.

import { go } from "./go.js";

export class SrOpens extends HTMLElement {
  connectedCallback() {
    const dialog = document.getElementById(this.getAttribute("dialog") ?? "");
    if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
    dialog.showModal();
    const url = new URL(location.href);
    url.searchParams.delete("new");
    go(url.pathname + url.search, { replace: true });
  }
}
