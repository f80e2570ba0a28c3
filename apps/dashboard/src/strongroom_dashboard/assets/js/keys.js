// Keyboard shortcuts. They work everywhere except in fields. A command's shortcut is in the data-keys of its option in
// the palette: one key, or two keys pressed one after the other.

import { all } from "./dom.js";
import { openPalette } from "./palette.js";
import { selectionOfPage } from "./picks.js";
import { currentRow, stepRows } from "./table.js";

const WAIT = 1200;
let first = "", pressed = 0;

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof Element && target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true], dialog[open], [popover]");
}

/**
 * Runs the command with these keys. Returns whether any command's keys are these, or begin with these.
 * @param {string} key
 * @param {number} at When it was pressed, in milliseconds. A busy page may handle it later.
 */
function command(key, at) {
  const commands = all(document, "#sr-palette [data-keys]");
  const keys = first && at - pressed < WAIT ? `${first} ${key}` : key;
  first = "";
  const found = commands.find((each) => each.dataset.keys === keys);
  found?.click();
  if (found) return true;
  if (!commands.some((each) => each.dataset.keys?.startsWith(`${key} `))) return false;
  first = key;
  pressed = at;
  return true;
}

/** @param {KeyboardEvent} event */
function press(event) {
  if (command(event.key, event.timeStamp)) return true;
  switch (event.key) {
    case "/": {
      const search = document.querySelector("sr-search:not(dialog *) input");
      if (!(search instanceof HTMLInputElement)) return openPalette();
      search.focus();
      search.select();
      return true;
    }
    case "j": case "ArrowDown": return (event.key === "j" || inTable()) && stepRows(1);
    case "k": case "ArrowUp": return (event.key === "k" || inTable()) && stepRows(-1);
    case "x": return selectionOfPage()?.toggle(currentRow()) ?? false;
    case "Escape": {
      const close = all(document, ".drawer a[data-close]").at(0);
      if (close) close.click();
      else selectionOfPage()?.clear();
      return Boolean(close);
    }
    default: return false;
  }
}

function inTable() {
  return Boolean(document.activeElement?.closest("table.ledger"));
}

export function serveKeys() {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      if (openPalette()) event.preventDefault();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (press(event)) event.preventDefault();
  });
}
