// Menus are popovers of the browser. What is added: where they stand, and the arrow keys.

const GAP = 5, EDGE = 8;

function invoker(menu) {
  const buttons = [...document.querySelectorAll(`[popovertarget="${CSS.escape(menu.id)}"]`)];
  return buttons.find((each) => each === document.activeElement) ?? buttons.find((each) => each.offsetParent !== null) ?? null;
}

function place(menu, button) {
  const at = button.getBoundingClientRect(), size = menu.getBoundingClientRect();
  const below = at.bottom + GAP + size.height <= innerHeight - EDGE || at.top < innerHeight / 2;
  const left = at.left + size.width <= innerWidth - EDGE ? at.left : at.right - size.width;
  menu.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - size.width - EDGE))}px`;
  menu.style.top = `${Math.max(EDGE, below ? at.bottom + GAP : at.top - GAP - size.height)}px`;
}

function items(menu) {
  return [...menu.querySelectorAll("a[href], button")].filter((each) => each.offsetParent !== null);
}

function step(menu, key) {
  const all = items(menu), now = all.indexOf(document.activeElement);
  const to = key === "Home" ? 0 : key === "End" ? all.length - 1 : (now + (key === "ArrowDown" ? 1 : -1) + all.length) % all.length;
  all[to]?.focus();
}

export function serveMenus() {
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLElement) || !menu.matches(".menu[popover]")) return;
    const button = invoker(menu), open = event.newState === "open";
    button?.setAttribute("aria-expanded", String(open));
    if (!open) return document.querySelectorAll(`[popovertarget="${CSS.escape(menu.id)}"]`).forEach((each) => each.setAttribute("aria-expanded", "false"));
    if (button) place(menu, button);
    (menu.querySelector('[aria-current="true"]') ?? items(menu)[0])?.focus();
  }, true);
  document.addEventListener("keydown", (event) => {
    const menu = event.target instanceof Element ? event.target.closest(".menu[popover]") : null;
    if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    step(menu, event.key);
  });
}
