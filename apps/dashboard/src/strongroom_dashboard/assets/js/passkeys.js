// Asks the browser to create or use a passkey (Web Authentication), for a form with the attributes passkey = create | get,
// passkey-as = the member for the answer, and options = the API path that the browser's options come from.

/** @import { Outcome, Request } from "./request.js" */

/** @typedef {{ body: Record<string, any> | null, problem: string, outcome: Outcome | null }} Asked */

/**
 * Says why the browser has no answer.
 * @param {unknown} error
 * @param {string} kind
 */
function reason(error, kind) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "InvalidStateError") return "This device already has a passkey for your account.";
  if (name === "NotAllowedError") return kind === "create" ? "Canceled. No passkey was created." : "Canceled, or this device has no passkey for this site.";
  return "This browser can't use passkeys here.";
}

/**
 * Returns the member with the passkey's answer. `body` is null if there is none: `problem` says why in words,
 * or `outcome` is the API's error.
 * @param {Element} form
 * @param {string | undefined} vault
 * @param {(request: Request) => Promise<Outcome | null>} deliver
 * @returns {Promise<Asked>}
 */
export async function askForPasskey(form, vault, deliver) {
  const kind = form.getAttribute("passkey") ?? "get";
  const none = (/** @type {string} */ problem, /** @type {Outcome | null} */ outcome = null) => ({ body: null, problem, outcome });
  const outcome = await deliver({ method: "POST", path: form.getAttribute("options") ?? "", vault });
  if (outcome === null) return none("Canceled.");
  if (!outcome.ok) return none("", outcome);
  try {
    const made = kind === "create"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(/** @type {any} */ (outcome.answer)) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(/** @type {any} */ (outcome.answer)) });
    if (!(made instanceof PublicKeyCredential)) return none("This browser can't use passkeys here.");
    return { body: { [form.getAttribute("passkey-as") ?? "passkey"]: made.toJSON() }, problem: "", outcome: null };
  } catch (error) {
    return none(reason(error, kind));
  }
}
