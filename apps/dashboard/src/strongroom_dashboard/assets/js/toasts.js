// Toasts: six seconds, held while the pointer or the focus is on them; a bad one stays until put away.
// Texts are set as text, never as HTML. The part before | is bold.

const LIFE = 6000;
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
  // A dialog may have been opened above it since: the last one shown is on top.
  if (tray.matches(":popover-open")) tray.hidePopover();
  tray.showPopover?.();
  return tray;
}

function button(text, className, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = text;
  made.addEventListener("click", press);
  return made;
}

/** Shows a toast. `undo` is called at most once. */
export function toast({ text, bad = false, undo = null, undoText = "Undo" }) {
  const place = trayOnTop();
  const slip = document.createElement("div");
  slip.className = bad ? "toast bad" : "toast";
  const said = document.createElement("span");
  said.className = "said";
  const [head, ...rest] = text.split("|");
  const strong = document.createElement("b");
  strong.textContent = head;
  said.append(strong, rest.length ? ` ${rest.join("|")}` : "");
  slip.append(said);

  let timer = null;
  const leave = () => {
    clearTimeout(timer);
    slip.remove();
    if (!place.childElementCount && place.matches(":popover-open")) place.hidePopover();
  };
  if (undo) slip.append(button(undoText, "textbtn", () => { leave(); undo(); }));
  const away = button("×", "away", leave);
  away.setAttribute("aria-label", "Put this message away");
  slip.append(away);
  const wait = () => { if (!bad) timer = setTimeout(leave, LIFE); };
  const hold = () => clearTimeout(timer);
  slip.addEventListener("pointerenter", hold);
  slip.addEventListener("focusin", hold);
  slip.addEventListener("pointerleave", wait);
  slip.addEventListener("focusout", wait);
  place.append(slip);
  wait();
}

export function listenForToasts() {
  window.addEventListener("sr-toast", (event) => toast(event.detail));
}
