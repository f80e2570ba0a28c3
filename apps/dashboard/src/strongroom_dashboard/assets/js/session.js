// Handles the end of a session. Shows a sign-in dialog if a form has input, otherwise the sign-in page.

const DIALOG = "sr-session";
const CHANNEL = "strongroom-session";
const EMAIL = "strongroom-email";
/** @type {Promise<boolean> | null} */
let asking = null;

/** @param {Element | null} place */
function emailIn(place) {
  const field = place?.querySelector('input[name="email"]');
  return field instanceof HTMLInputElement ? field : null;
}

/** Remembers who signs in from this tab, so that signing in again needs only the password. */
function rememberEmail() {
  let typed = "";
  document.addEventListener("submit", ({ target }) => {
    if (target instanceof HTMLFormElement && target.closest('sr-form[action="/api/session"]')) typed = emailIn(target)?.value.trim() || typed;
  }, true);
  document.addEventListener("sr-done", ({ target }) => {
    if (typed && target instanceof Element && target.matches('[data-sign-in] sr-form')) sessionStorage.setItem(EMAIL, typed);
  });
}

/**
 * Fills in the email if it is known, and asks only for the password.
 * @param {HTMLDialogElement} dialog
 */
function fillEmail(dialog) {
  const field = emailIn(dialog), known = sessionStorage.getItem(EMAIL);
  if (!field || !known) return;
  field.value = field.defaultValue = known;
  field.closest(".field")?.toggleAttribute("hidden", true);
  const password = dialog.querySelector('input[type="password"]');
  if (password instanceof HTMLInputElement) password.focus();
}

/** Goes to the sign-in page, which returns here afterwards. */
function goToSignIn() {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

/**
 * Leaves the page for good. Its content belongs to someone else, so it is hidden, and there is no question about
 * unsaved input.
 * @param {string} address
 */
function leaveTo(address) {
  document.documentElement.dataset.srLeaving = "";
  document.body.hidden = true;
  location.assign(address);
}

/**
 * Asks the person to sign in again. Resolves to true if the same person did so; otherwise leaves the page.
 * @returns {Promise<boolean>}
 */
export function signInAgain() {
  const dialog = document.getElementById(DIALOG);
  // A page that was opened without a session belongs to nobody yet.
  if (!(dialog instanceof HTMLDialogElement) || !dialog.dataset.person) {
    goToSignIn();
    return Promise.resolve(false);
  }
  asking ??= new Promise((resolve) => {
    /** @type {string | null} */
    let username = null;
    /** @param {Event} event */
    const done = (event) => {
      if (event instanceof CustomEvent) username = event.detail.username;
    };
    dialog.addEventListener("sr-done", done);
    dialog.addEventListener("close", () => {
      dialog.removeEventListener("sr-done", done);
      asking = null;
      const same = username !== null && username === dialog.dataset.person;
      // The websocket belongs to the old session, so the next navigation loads a new page.
      if (same) delete document.documentElement.dataset.srReady;
      else if (username !== null) leaveTo("/");
      else goToSignIn();
      resolve(same);
    }, { once: true });
    dialog.showModal();
    fillEmail(dialog);
  });
  return asking;
}

/** Tells the other tabs that the session has ended here. */
export function tellOtherTabs() {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage("signed out");
  channel.close();
}

/** @param {() => boolean} hasInput */
export function serveSession(hasInput) {
  rememberEmail();
  const ended = () => {
    if (hasInput()) signInAgain();
    else if (asking === null) goToSignIn();
  };
  window.addEventListener("sr-session-ended", ended);
  new BroadcastChannel(CHANNEL).addEventListener("message", () => {
    if (document.querySelector("[data-vault]")) ended();
  });
  if (document.documentElement.dataset.srEnded !== undefined) ended();
}
