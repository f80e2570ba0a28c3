// Presets: a button [data-preset="a b"] ticks exactly these boxes, among those that the person may change, in its
// [data-boxes].

import { all, closest, put } from "./dom.js";

export function servePresets() {
  document.addEventListener("click", (event) => {
    const button = closest(event, "[data-preset]");
    const scope = button?.closest("[data-boxes]");
    if (!button || !scope) return;
    const wanted = new Set((button.dataset.preset ?? "").split(" "));
    for (const box of all(scope, "input[data-tick]")) {
      if (box instanceof HTMLInputElement && !box.disabled) box.checked = wanted.has(box.value);
    }
    scope.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/**
 * Shows in [data-tells-ticks] of a form which of its boxes were ticked and unticked.
 * @param {HTMLFormElement} form
 */
function tellTicks(form) {
  const place = form.querySelector("[data-tells-ticks]");
  if (!place) return;
  const boxes = all(form, "input[data-tick]").filter((each) => each instanceof HTMLInputElement && each.checked !== each.defaultChecked);
  /** @param {boolean} now */
  const names = (now) => [...new Set(boxes.map((each) => each instanceof HTMLInputElement && each.checked === now ? each.value : "").filter(Boolean))];
  const parts = [["+", names(true)], ["−", names(false)]].filter(([, each]) => each?.length);
  put(place, parts.map(([sign, each]) => `${sign} ${Array.isArray(each) ? each.join(", ") : ""}`).join("   "));
}

export function serveTicks() {
  for (const kind of ["change", "reset"]) {
    document.addEventListener(kind, ({ target }) => {
      const form = target instanceof Element ? target.closest("form") : null;
      if (form) queueMicrotask(() => tellTicks(form));
    });
  }
}
