// One request to the API of people: its headers, its answer, its problem. Nothing here is logged.

export const UNREACHABLE = "unreachable";

/** Returns `{ok, status, answer, problem, retryAfter}`; it never throws. */
export async function send({ method, path, body, vault, ifMatch }) {
  const headers = { Accept: "application/json", "X-Strongroom-Client": "dashboard" };
  if (vault) headers["X-Strongroom-Vault"] = vault;
  if (ifMatch) headers["If-Match"] = `"${ifMatch}"`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
    });
  } catch {
    return broken();
  }
  let tree = null;
  try {
    const text = await response.text();
    tree = text && /json/.test(response.headers.get("Content-Type") ?? "") ? JSON.parse(text) : null;
  } catch {
    return broken();
  }
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10) || 0;
  if (response.ok) return { ok: true, status: response.status, answer: tree ?? {}, problem: null, retryAfter: 0 };
  return { ok: false, status: response.status, answer: null, problem: tree ?? {}, retryAfter };
}

function broken() {
  const detail = "the connection broke before the answer came: look whether it was done, then try again";
  return { ok: false, status: 0, answer: null, problem: { code: UNREACHABLE, detail }, retryAfter: 0 };
}

/** Turns the API's words, which are lower case, into a sentence. */
export function sentence(text) {
  const trimmed = String(text ?? "").trim() || "something went wrong: try again";
  const first = trimmed[0].toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** Goes to the log-in, which comes back here. */
export function signInAgain() {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}
