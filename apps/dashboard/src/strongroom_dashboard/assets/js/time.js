// <sr-time datetime="…">: a time in the zone that the person chose, UTC or this computer's. It is relative for a day,
// and then shows the date. Hovering shows the exact time with its zone. Attributes: empty (the text if there is no
// time), future, how (clock, minute, exact, full, today or time; see `said`). <sr-zone>: the name of that zone. <sr-day
// datetime="…">: the heading with a table row's day, in a separate row before that row. It is hidden unless a new day
// begins there.

import { closest, put } from "./dom.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CLOCK = "strongroom-clock";
/** @type {Set<Shown>} */
const shown = new Set();
/** @param {number} number */
const two = (number) => String(number).padStart(2, "0");
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** Returns whether times are shown in UTC rather than in this computer's zone. */
export function inUtc() {
  return localStorage.getItem(CLOCK) === "utc";
}

/**
 * Returns a date whose UTC fields contain the time in the chosen zone.
 * @param {Date} at
 */
export function civil(at) {
  return inUtc() ? at : new Date(at.getTime() - at.getTimezoneOffset() * MINUTE);
}

/**
 * Returns a time in the format of a date-and-time field, or an empty string if it isn't a time.
 * @param {string} text A time with its zone.
 */
export function toField(text) {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? "" : civil(at).toISOString().slice(0, 19);
}

/**
 * Returns the content of a date-and-time field as a time in UTC, or an empty string.
 * @param {string} text A time in the chosen zone, without naming it.
 */
export function fromField(text) {
  const at = new Date(inUtc() ? `${text}Z` : text);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString().replace(".000Z", "Z");
}

/** @param {Date} at */
export function clock(at) {
  const time = civil(at);
  return `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`;
}

/** @param {Date} at */
export function dayOf(at) {
  return civil(at).toISOString().slice(0, 10);
}

/**
 * @param {Date} at
 * @param {Date} now
 */
function date(at, now) {
  const [then, today] = [civil(at), civil(now)];
  const day = `${then.getUTCDate()} ${(MONTHS[then.getUTCMonth()] ?? "").slice(0, 3)}`;
  return then.getUTCFullYear() === today.getUTCFullYear() ? day : `${day} ${then.getUTCFullYear()}`;
}

/** @param {Date} at */
export function longDate(at) {
  const then = civil(at);
  return `${DAYS[then.getUTCDay()]} ${then.getUTCDate()} ${MONTHS[then.getUTCMonth()]}`;
}

/**
 * @param {Date} at
 * @param {Date} now
 */
function day(at, now) {
  if (dayOf(at) === dayOf(now)) return `Today, ${longDate(at)}`;
  return civil(at).getUTCFullYear() === civil(now).getUTCFullYear() ? longDate(at) : `${longDate(at)} ${civil(at).getUTCFullYear()}`;
}

/** @param {number} gap */
function span(gap) {
  if (gap < MINUTE) return `${Math.max(1, Math.floor(gap / SECOND))} s`;
  if (gap < HOUR) return `${Math.floor(gap / MINUTE)} min`;
  return `${Math.floor(gap / HOUR)} h`;
}

/**
 * Returns a time in words. `how` is one of:
 *
 *   ago     relative to `now` for a day, then the date
 *   clock   hh:mm:ss, after the date unless it is today
 *   minute  date and hh:mm
 *   exact   date, hh:mm:ss and zone, for sentences
 *   full    date with its year, milliseconds and zone
 *   today   weekday, date, hh:mm and zone
 *   day     weekday and date, for headings
 *   time    hh:mm:ss, below such a heading
 * @param {Date} at
 * @param {Date} now
 * @param {{ future?: boolean, how?: string }} [given]
 */
export function said(at, now, { future = false, how = "ago" } = {}) {
  switch (how) {
    case "clock": return dayOf(at) === dayOf(now) ? clock(at) : `${date(at, now)}, ${clock(at)}`;
    case "minute": return `${date(at, now)}, ${clock(at).slice(0, 5)}`;
    case "exact": return `${date(at, now)}, ${clock(at)} ${zone(at)}`;
    case "full": return `${date(at, new Date(0))}, ${clock(at)}.${String(at.getMilliseconds()).padStart(3, "0")} ${zone(at)}`;
    case "today": return `${longDate(at)}, ${clock(at).slice(0, 5)} ${zone(at)}`;
    case "day": return day(at, now);
    case "time": return clock(at);
  }
  const gap = now.getTime() - at.getTime();
  if (gap < 0 && (future || gap < -MINUTE)) {
    if (-gap < DAY) return `in ${span(-gap)}`;
    if (-gap < 14 * DAY) return `in ${Math.round(-gap / DAY)} ${Math.round(-gap / DAY) === 1 ? "day" : "days"}`;
    return date(at, now);
  }
  if (gap < 5 * SECOND) return "just now";
  return gap < DAY ? `${span(gap)} ago` : date(at, now);
}

/**
 * Returns the short name of the chosen zone at a time: `UTC`, `CET`, `GMT-5`.
 * @param {Date} at
 */
export function zone(at) {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: inUtc() ? "UTC" : undefined, timeZoneName: "short" }).formatToParts(at);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "UTC";
}

/**
 * Returns the chosen zone in the footer's format: `UTC`, or `Europe/Oslo (CET)`.
 * @param {Date} at
 */
export function longZone(at) {
  const name = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return inUtc() || name === "UTC" ? "UTC" : `${name} (${zone(at)})`;
}

/**
 * Returns a time to the second, with its time zone.
 * @param {Date} at
 */
export function exact(at) {
  return new Intl.DateTimeFormat("en-GB", {
    weekday: "short", day: "numeric", month: "short", year: "numeric",
    hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short", timeZone: inUtc() ? "UTC" : undefined,
  }).format(at);
}

export class Shown extends HTMLElement {
  connectedCallback() {
    shown.add(this);
    this.say();
  }

  disconnectedCallback() {
    shown.delete(this);
  }

  attributeChangedCallback() {
    if (this.isConnected) this.say();
  }

  say() {}
}

export class SrTime extends Shown {
  static observedAttributes = ["datetime", "empty"];

  say() {
    const at = new Date(this.getAttribute("datetime") || Number.NaN);
    const known = !Number.isNaN(at.getTime());
    const how = { future: this.hasAttribute("future"), how: this.getAttribute("how") ?? "ago" };
    const words = known ? said(at, new Date(), how) : this.getAttribute("empty") ?? "";
    put(this, words);
    if (known) this.title = exact(at);
    else this.removeAttribute("title");
  }
}

export class SrZone extends Shown {
  say() {
    const now = new Date();
    put(this, this.hasAttribute("long") ? longZone(now) : zone(now));
  }
}

export class SrDay extends Shown {
  static observedAttributes = ["datetime"];

  get at() {
    return new Date(this.getAttribute("datetime") ?? Number.NaN);
  }

  say() {
    const table = this.closest("tbody"), days = table ? [...table.querySelectorAll("sr-day")] : [];
    for (const [number, each] of days.entries()) if (each instanceof SrDay) each.show(days[number - 1]);
  }

  /** @param {Element | undefined} before The day of the row above. */
  show(before) {
    const row = this.closest("tr");
    if (Number.isNaN(this.at.getTime()) || !row) return;
    put(this, said(this.at, new Date(), { how: "day" }));
    row.hidden = before instanceof SrDay && dayOf(before.at) === dayOf(this.at);
  }
}

export function keepTime() {
  const update = () => {
    if (document.hidden) return;
    for (const each of shown) if (!(each instanceof SrDay)) each.say();
    // Updating one of a table's days updates all of them.
    for (const table of new Set([...shown].map((each) => (each instanceof SrDay ? each.closest("tbody") : null)))) {
      const first = table?.querySelector("sr-day");
      if (first instanceof SrDay) first.say();
    }
  };
  setInterval(update, 1000);
  document.addEventListener("visibilitychange", update);
  document.addEventListener("click", (event) => {
    if (!closest(event, "[data-clock-toggle]")) return;
    localStorage.setItem(CLOCK, inUtc() ? "local" : "utc");
    update();
  });
  // Another tab may switch the zone.
  window.addEventListener("storage", update);
}
