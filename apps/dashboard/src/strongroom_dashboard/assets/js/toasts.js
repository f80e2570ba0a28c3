// Toasts stay for six seconds, longer while hovered or focused; errors stay until dismissed. Messages are set
// as text, never as HTML. The part before | is bold. This module also makes announcements for screen readers, in one
// region outside React's tree.

import { all } from "./dom.js";

const LIFE = 6000;
const FRESH = 1500;
const STORED = "sr-toast";
/** The newest toast and the time it was shown, in case the page is left before anyone could read it. */
const newest = { text: "", at: 0 };
/** @type {HTMLElement | null} */
let tray = null;

function trayOnTop() {
  if (tray === null) {
    tray = document.createElement("div");
    tray.className = "toasts";
    tray.setAttribute("role", "region");
    tray.setAttribute("aria-label", "Messages");
    tray.setAttribute("aria-live", "polite");
    tray.popover = "manual";
    document.body.append(tray);
  }
  // A dialog may have opened above the toasts in the meantime. The element shown last is on top.
  if (tray.matches(":popover-open")) tray.hidePopover();
  tray.showPopover?.();
  return tray;
}

/**
 * @param {string} text
 * @param {string} className
 * @param {() => void} press
 */
function button(text, className, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = text;
  made.addEventListener("click", press);
  return made;
}

/**
 * Shows a toast. `undo` is called at most once. `about` is its topic: it replaces an earlier toast on the same topic.
 * @param {{ text: string, about?: string, bad?: boolean, undo?: (() => void) | null, undoText?: string }} toast
 */
export function toast({ text, about = "", bad = false, undo = null, undoText = "Undo" }) {
  const place = trayOnTop();
  for (const earlier of about ? all(place, ".toast") : []) if (earlier.dataset.about === about) earlier.remove();
  const slip = document.createElement("div");
  slip.className = bad ? "toast bad" : "toast";
  slip.dataset.about = about;
  const said = document.createElement("span");
  said.className = "said";
  const [head, ...rest] = text.split("|");
  const strong = document.createElement("b");
  strong.textContent = head ?? "";
  said.append(strong, rest.length ? ` ${rest.join("|")}` : "");
  slip.append(said);

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const leave = () => {
    clearTimeout(timer);
    slip.remove();
    if (!place.childElementCount && place.matches(":popover-open")) place.hidePopover();
  };
  if (undo) {
    const press = () => {
      leave();
      undo();
    };
    slip.append(button(undoText, "textbtn", press));
  }
  const away = button("×", "away", leave);
  away.setAttribute("aria-label", "Dismiss");
  slip.append(away);
  const wait = () => {
    if (!bad) timer = setTimeout(leave, LIFE);
  };
  const hold = () => clearTimeout(timer);
  slip.addEventListener("pointerenter", hold);
  slip.addEventListener("focusin", hold);
  slip.addEventListener("pointerleave", wait);
  slip.addEventListener("focusout", wait);
  place.append(slip);
  if (!bad) Object.assign(newest, { text, at: Date.now() });
  wait();
}

/** Keeps a toast when the page is loaded right after it, for example after signing in again. */
function keepThroughLoad() {
  const shown = sessionStorage.getItem(STORED);
  sessionStorage.removeItem(STORED);
  if (shown) toast({ text: shown });
  window.addEventListener("pagehide", () => {
    if (Date.now() - newest.at < FRESH && document.documentElement.dataset.srLeaving === undefined) sessionStorage.setItem(STORED, newest.text);
  });
}

export function listenForToasts() {
  keepThroughLoad();
  window.addEventListener("sr-toast", (event) => {
    if (event instanceof CustomEvent) toast(event.detail);
  });
}

/** @type {HTMLElement | null} */
let region = null;

/**
 * Announces a sentence to screen readers.
 * @param {string} text
 */
export function announce(text) {
  if (region === null) {
    region = document.createElement("div");
    region.className = "sr-only";
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  region.textContent = "";
  const place = region;
  setTimeout(() => {
    place.textContent = text;
  }, 50);
}
