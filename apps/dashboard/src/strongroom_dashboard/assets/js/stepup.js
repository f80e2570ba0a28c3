// The one dialog that asks for the password again, and whoever waits for its end.

const ID = "sr-step-up";

/** Asks for a fresh proof of identity. Resolves to whether it was given. */
export function proveAgain() {
  const dialog = document.getElementById(ID);
  if (!(dialog instanceof HTMLDialogElement)) return Promise.resolve(false);
  return new Promise((resolve) => {
    let proved = false;
    dialog.addEventListener("sr-done", () => (proved = true), { once: true });
    dialog.addEventListener("close", () => resolve(proved), { once: true });
    dialog.showModal();
    dialog.querySelector("input[type=password]")?.focus();
  });
}
