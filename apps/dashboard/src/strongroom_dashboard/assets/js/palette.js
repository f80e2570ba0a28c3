// The command palette: Ctrl or Cmd and K, arrows, Enter, Escape. Results come from the screen's state;
// commands are there already and are filtered here.

const ID = "sr-palette";
let counter = 0;
let moved = false;
let entered = false;

function parts() {
  const dialog = document.getElementById(ID);
  if (!(dialog instanceof HTMLDialogElement)) return null;
  const options = [...dialog.querySelectorAll('[role="option"]')].filter((each) => !each.hidden && each.offsetParent !== null);
  return { dialog, input: dialog.querySelector("input"), options };
}

function select(option) {
  const found = parts();
  if (!found) return;
  found.dialog.querySelectorAll('[aria-selected="true"]').forEach((each) => { if (each !== option) each.setAttribute("aria-selected", "false"); });
  if (option) {
    option.id ||= `sr-option-${++counter}`;
    if (option.getAttribute("aria-selected") !== "true") option.setAttribute("aria-selected", "true");
    found.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    found.input.removeAttribute("aria-activedescendant");
  }
}

function sift(dialog, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  dialog.querySelectorAll("[data-command]").forEach((each) => {
    const name = each.dataset.command.toLowerCase();
    each.hidden = !words.every((word) => name.includes(word));
  });
  dialog.querySelectorAll("[data-commands]").forEach((group) => {
    group.hidden = !group.querySelector("[data-command]:not([hidden])");
  });
}

/** Whether what is listed was found by another text than the one that stands there now. */
function isStale({ dialog, input }) {
  const list = dialog.querySelector("[data-for]");
  return list !== null && list.dataset.for !== input.value;
}

function settle({ anew = false } = {}) {
  const found = parts();
  if (!found?.dialog.open) return;
  const chosen = found.options.find((each) => each.getAttribute("aria-selected") === "true");
  const current = anew && !moved ? found.options[0] : chosen ?? found.options[0];
  select(current ?? null);
  if (entered && !isStale(found)) enter(found, current);
}

/** Opens what is chosen; whoever types faster than the server finds gets what was typed, not what was there. */
function enter(found, option) {
  entered = isStale(found) && !moved;
  if (!entered) option?.click();
}

/** Opens the palette. Returns whether there is one. */
export function openPalette() {
  const found = parts();
  if (!found) return false;
  moved = entered = false;
  if (!found.dialog.open) found.dialog.showModal();
  found.input.select();
  sift(found.dialog, found.input.value);
  settle();
  return true;
}

export function servePalette() {
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-opens-palette]")) openPalette();
    const dialog = document.getElementById(ID);
    if (event.target === dialog) dialog.close();
    if (event.target instanceof Element && event.target.closest(`#${ID} [role="option"]`)) dialog.close();
  });
  document.addEventListener("input", (event) => {
    const dialog = event.target instanceof Element ? event.target.closest(`#${ID}`) : null;
    if (!dialog) return;
    moved = entered = false;
    select(null);
    sift(dialog, event.target.value);
    settle();
  });
  document.addEventListener("keydown", (event) => {
    const found = event.target instanceof Element && event.target.closest(`#${ID}`) ? parts() : null;
    if (!found) return;
    const now = found.options.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const by = event.key === "ArrowDown" ? 1 : -1;
      moved = true;
      select(found.options[(now + by + found.options.length) % found.options.length] ?? null);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      enter(found, found.options[now]);
    }
  });
  document.addEventListener("pointermove", (event) => {
    const option = event.target instanceof Element ? event.target.closest(`#${ID} [role="option"]`) : null;
    if (option && option.getAttribute("aria-selected") !== "true") {
      moved = true;
      select(option);
    }
  });
  new MutationObserver((changes) => {
    const ours = changes.filter((change) => change.target.closest?.(`#${ID}`));
    if (ours.length) settle({ anew: ours.some((change) => change.type === "attributes") });
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-for"] });
}
