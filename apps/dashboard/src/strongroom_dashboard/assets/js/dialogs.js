// Dialogs are the browser's own. What is added: commands where it does not know them yet, the first
// focus, a clean form afterwards, a word before what was typed is lost, and the close buttons.

function run(button) {
  const dialog = document.getElementById(button.getAttribute("commandfor") ?? "");
  if (!(dialog instanceof HTMLDialogElement)) return;
  if (button.getAttribute("command") === "show-modal") dialog.showModal();
  else if (button.getAttribute("command") === "close") dialog.close();
}

function firstOf(dialog) {
  return dialog.querySelector("[data-first]:not(:disabled)") ?? dialog.querySelector(".dialog-body :is(input:not([type=hidden]), select, textarea):not(:disabled)");
}

function opened(dialog) {
  const form = dialog.querySelector("sr-form[submits-on-open]");
  if (form && !form.hasAttribute("data-done")) form.submit();
}

export function serveDialogs() {
  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button[commandfor]") : null;
      if (button) run(button);
    });
  }
  // These do not bubble, but they can be caught on their way down. The browser itself gives the focus, while
  // it opens: a key pressed at that instant already belongs to the field.
  document.addEventListener("beforetoggle", (event) => {
    if (event.target instanceof HTMLDialogElement && event.newState === "open") firstOf(event.target)?.setAttribute("autofocus", "");
  }, true);
  document.addEventListener("toggle", (event) => {
    if (event.target instanceof HTMLDialogElement && event.newState === "open") opened(event.target);
  }, true);
  document.addEventListener("cancel", (event) => {
    if (!(event.target instanceof HTMLDialogElement)) return;
    if ([...event.target.querySelectorAll("sr-form")].some((form) => form.warns())) event.preventDefault();
  }, true);
  document.addEventListener("close", (event) => {
    if (!(event.target instanceof HTMLDialogElement)) return;
    event.target.querySelectorAll("sr-form").forEach((form) => form.clear());
  }, true);
  // A dialog is no longer about what it was opened for once a link of it was followed.
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[commandfor]") : null;
    if (button?.closest("[popover]")) button.closest("[popover]").hidePopover();
  });
}

/** Serves the dialogs that were opened before the scripts were there. */
export function serveOpenDialogs() {
  document.querySelectorAll("dialog[open]").forEach((dialog) => {
    firstOf(dialog)?.focus();
    opened(dialog);
  });
}

/** Shows and covers what is typed. */
export function servePeeking() {
  document.addEventListener("click", (event) => {
    const peek = event.target instanceof Element ? event.target.closest("[data-peek]") : null;
    if (!peek) return;
    const input = peek.closest(".field").querySelector(".input");
    const shown = peek.getAttribute("aria-pressed") !== "true";
    peek.setAttribute("aria-pressed", String(shown));
    if (input.matches("textarea")) input.classList.toggle("shown", shown);
    else input.type = shown ? "text" : "password";
    input.focus();
  });
}
