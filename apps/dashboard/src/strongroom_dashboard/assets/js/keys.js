// Keys that work everywhere but where one types.

import { go, inside } from "./go.js";
import { openPalette } from "./palette.js";
import { stepRows } from "./table.js";

const WAIT = 1200;
let pendingGo = 0;

function typing(target) {
  return target instanceof Element && target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true], dialog[open], [popover]");
}

function goTo(letter) {
  const link = document.querySelector(`a[data-key="${CSS.escape(letter)}"]`), path = link && inside(link);
  if (!path) return false;
  go(path);
  return true;
}

function press(event) {
  if (Date.now() - pendingGo < WAIT && /^[a-z]$/.test(event.key)) {
    pendingGo = 0;
    return goTo(event.key);
  }
  switch (event.key) {
    case "g": pendingGo = Date.now(); return true;
    case "/": {
      const search = document.querySelector("sr-search input");
      search?.focus();
      search?.select();
      return Boolean(search) || openPalette();
    }
    case "?": document.getElementById("sr-keys")?.showModal(); return true;
    case "j": case "ArrowDown": return (event.key === "j" || inTable()) && stepRows(1);
    case "k": case "ArrowUp": return (event.key === "k" || inTable()) && stepRows(-1);
    case "Escape": {
      const close = document.querySelector(".drawer a[data-close]");
      close?.click();
      return Boolean(close);
    }
    default: return false;
  }
}

function inTable() {
  return document.activeElement?.closest("table.ledger") !== null && document.activeElement !== document.body;
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
