// Sends a form once for each selected row, one after another. Each object succeeds or fails separately.
// Those that failed are listed with their reasons, and stay selected if they still exist.

/** @import { Outcome, Request } from "./request.js" */
/** @import { Pick } from "./picks.js" */
/** @typedef {{ done: Pick[], failed: { pick: Pick, why: string, gone: boolean }[], stopped: string }} Summary */

import { duration, sentence } from "./request.js";

const GONE = 404;
/** A longer wait ends the run; the person can send the rest later. */
const PATIENCE = 90;

/**
 * Returns an object's tags after adding and removing some, or null if nothing changes.
 * @param {string | undefined} tags A JSON list.
 * @param {Record<string, any>} body
 */
export function newTags(tags, { addTags = [], removeTags = [] }) {
  /** @type {string[]} */
  const now = JSON.parse(tags || "[]");
  const without = new Set(removeTags.map((/** @type {string} */ each) => each.toLowerCase()));
  const kept = now.filter((each) => !without.has(each.toLowerCase()));
  const known = new Set(kept.map((each) => each.toLowerCase()));
  const next = [...kept, ...addTags.filter((/** @type {string} */ each) => !known.has(each.toLowerCase()))];
  return next.join("\n") === now.join("\n") ? null : next;
}

/** @param {Extract<Outcome, { ok: false }>} outcome */
function reason({ status, problem }) {
  if (status === GONE) return "no longer exists";
  if (problem.code === "changed") return "changed in the meantime";
  return sentence(problem.detail).replace(/\.$/, "");
}

/**
 * Sends one request for each selected row.
 * @param {Pick[]} picks
 * @param {(pick: Pick) => Request | null} make Returns null if there is nothing to change.
 * @param {(request: Request) => Promise<Outcome | null>} deliver Returns null if the person canceled.
 * @param {{ progress: (text: string) => void, goesOn: () => boolean, wait?: (seconds: number) => Promise<void> }} page
 * @returns {Promise<Summary>}
 */
export async function sendEach(picks, make, deliver, { progress, goesOn, wait = pause }) {
  /** @type {Summary} */
  const summary = { done: [], failed: [], stopped: "" };
  for (const [at, pick] of picks.entries()) {
    if (!goesOn()) return { ...summary, stopped: "Stopped." };
    progress(`${at} of ${picks.length} done…`);
    const request = make(pick);
    let outcome = request === null ? null : await deliver(request);
    while (request !== null && outcome !== null && !outcome.ok && outcome.retryAfter && outcome.retryAfter <= PATIENCE && goesOn()) {
      progress(`${at} of ${picks.length} done. Waiting ${duration(outcome.retryAfter)}, as the server asked…`);
      await wait(outcome.retryAfter);
      outcome = await deliver(request);
    }
    if (request !== null && outcome === null) return { ...summary, stopped: "Canceled." };
    if (outcome === null || outcome.ok) summary.done.push(pick);
    else if (outcome.status === 0) return { ...summary, stopped: `${sentence(outcome.problem.detail)} Stopped at ${pick.name}.` };
    else summary.failed.push({ pick, why: reason(outcome), gone: outcome.status === GONE });
  }
  return summary;
}

/** @param {number} seconds */
function pause(seconds) {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), seconds * 1000));
}

/**
 * Returns the message for a run that wasn't completed.
 * @param {Summary} summary
 * @param {number} all
 */
export function incomplete({ done, failed, stopped }, all) {
  const rest = all - done.length - failed.length;
  const parts = [stopped, `${done.length} of ${all} done.`];
  if (failed.length) parts.push(`Not done: ${failed.map(({ pick, why }) => `${pick.name} (${why})`).join(", ")}.`);
  if (rest) parts.push(`${rest} not tried.`);
  return parts.filter(Boolean).join(" ");
}
