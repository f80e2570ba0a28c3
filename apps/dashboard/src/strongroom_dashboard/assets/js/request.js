// A request to the human API: headers, response, errors. Nothing here is logged.

export const UNREACHABLE = "unreachable";

/** @typedef {{ method: string, path: string, body?: unknown, vault?: string, ifMatch?: string | null }} Request */
/** @typedef {{ code?: string, detail?: string, field?: string }} Problem An API error (RFC 9457). */
/** @typedef {{ ok: true, status: number, answer: Record<string, any> }} Success */
/** @typedef {Success | { ok: false, status: number, problem: Problem, retryAfter: number }} Outcome */

/**
 * Sends a request. It never throws.
 * @param {Request} request
 * @returns {Promise<Outcome>}
 */
export async function send({ method, path, body, vault, ifMatch }) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "X-Strongroom-Client": "dashboard" };
  // If the page doesn't know its vault yet, this is empty, and the server rejects the change.
  if (vault || method !== "GET") headers["X-Strongroom-Vault"] = vault ?? "";
  if (ifMatch) headers["If-Match"] = `"${ifMatch}"`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
    });
  } catch {
    return navigator.onLine === false ? offline() : broken();
  }
  let tree = null;
  try {
    const text = await response.text();
    tree = text && /json/.test(response.headers.get("Content-Type") ?? "") ? JSON.parse(text) : null;
  } catch {
    return broken();
  }
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10) || 0;
  if (response.ok) return { ok: true, status: response.status, answer: tree ?? {} };
  return { ok: false, status: response.status, problem: tree ?? {}, retryAfter };
}

/** @returns {Outcome} */
function offline() {
  return { ok: false, status: 0, problem: { code: UNREACHABLE, detail: "you're offline. Nothing was sent" }, retryAfter: 0 };
}

/** @returns {Outcome} */
function broken() {
  const detail = "connection lost. Check whether the change went through before trying again";
  return { ok: false, status: 0, problem: { code: UNREACHABLE, detail }, retryAfter: 0 };
}

/**
 * Turns an API message, which begins in lower case, into a sentence.
 * @param {string | undefined} text
 */
export function sentence(text) {
  const trimmed = String(text ?? "").trim() || "something went wrong. Try again";
  const first = trimmed.slice(0, 1).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/**
 * Returns a waiting time in words. From 90 seconds up, it is in minutes.
 * @param {number} seconds
 */
export function duration(seconds) {
  const inMinutes = seconds >= 90;
  const number = inMinutes ? Math.ceil(seconds / 60) : seconds;
  const unit = inMinutes ? "minute" : "second";
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
