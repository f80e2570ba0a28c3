// <sr-time datetime="…">: relative under a day, the date after, the exact time with its zone on hover.
// Attributes: empty (what to say without a time), future, clock (hh:mm:ss today; "date": the date alone before).

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const shown = new Set();
const two = (number) => String(number).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function clock(at) {
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

function sameDay(a, b) {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();
}

function date(at, now) {
  const day = `${at.getDate()} ${MONTHS[at.getMonth()]}`;
  return at.getFullYear() === now.getFullYear() ? day : `${day} ${at.getFullYear()}`;
}

function span(gap) {
  if (gap < MINUTE) return `${Math.max(1, Math.floor(gap / SECOND))} s`;
  if (gap < HOUR) return `${Math.floor(gap / MINUTE)} min`;
  return `${Math.floor(gap / HOUR)} h`;
}

/** Returns the words for a time, as seen at `now`. */
export function said(at, now, { future = false, withClock = null } = {}) {
  if (withClock !== null) {
    if (sameDay(at, now)) return `${clock(at)}:${two(at.getSeconds())}`;
    return withClock === "date" ? date(at, now) : `${date(at, now)}, ${clock(at)}`;
  }
  const gap = now - at;
  if (gap < 0 && (future || gap < -MINUTE)) {
    if (-gap < DAY) return `in ${span(-gap)}`;
    if (-gap < 14 * DAY) return `in ${Math.round(-gap / DAY)} ${Math.round(-gap / DAY) === 1 ? "day" : "days"}`;
    return date(at, now);
  }
  if (gap < 5 * SECOND) return "just now";
  return gap < DAY ? `${span(gap)} ago` : date(at, now);
}

/** Returns a time to the second, with its zone. */
export function exact(at) {
  return new Intl.DateTimeFormat("en-GB", {
    weekday: "short", day: "numeric", month: "short", year: "numeric",
    hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
  }).format(at);
}

export class SrTime extends HTMLElement {
  static observedAttributes = ["datetime", "empty"];

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

  say() {
    const at = new Date(this.getAttribute("datetime") || NaN);
    const known = !Number.isNaN(at.getTime());
    const how = { future: this.hasAttribute("future"), withClock: this.getAttribute("clock") };
    const words = known ? said(at, new Date(), how) : this.getAttribute("empty") ?? "";
    if (this.textContent !== words) this.textContent = words;
    if (known) this.title = exact(at);
    else this.removeAttribute("title");
  }
}

export function keepTime() {
  setInterval(() => {
    if (!document.hidden) shown.forEach((each) => each.say());
  }, 1000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) shown.forEach((each) => each.say());
  });
}
