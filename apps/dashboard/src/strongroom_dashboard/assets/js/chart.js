// <sr-chart start="…" minutes="…" buckets="…" sums="…">: adds everything that depends on the chosen time zone to a
// chart: lines where days begin (or every four hours, in a short chart), the bars' tooltips, and the table of days for
// screen readers. The server renders the chart itself; its bars have data-start, data-read and data-refused.

import { put } from "./dom.js";
import { civil, clock, dayOf, longDate, Shown, zone } from "./time.js";

const QUARTER = 15 * 60_000;
/** The total width of the bars, and the minimum distance between two names, in the drawing's units (it is 700 wide). */
const PLOT = 656, WIDTH = 700, APART = 44;
const FEW_DAYS = 2;
const SHORT = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** @typedef {{ at: number, text: string, today: boolean, drawn: boolean }} Line `at` is a position in the range, from 0 to 1. */

/** @param {number} number */
const said = (number) => number.toLocaleString("en");

/**
 * Returns a chart's grid lines: one per day, or one every four hours if the chart covers at most two days.
 * @param {Date} start
 * @param {Date} end
 * @param {Date} now
 * @returns {Line[]}
 */
export function linesOf(start, end, now) {
  const length = end.getTime() - start.getTime();
  /** @type {Date[]} */
  const quarters = [];
  for (let at = Math.ceil(start.getTime() / QUARTER) * QUARTER; at < end.getTime(); at += QUARTER) quarters.push(new Date(at));
  const place = (/** @type {Date} */ at) => (at.getTime() - start.getTime()) / length;
  const onTheHour = quarters.filter((at) => clock(at).endsWith(":00:00"));
  const midnights = onTheHour.filter((at) => civil(at).getUTCHours() === 0 && at > start);
  if (midnights.length < FEW_DAYS) {
    return onTheHour
      .filter((at) => civil(at).getUTCHours() % 4 === 0 && place(at) * PLOT < PLOT - APART / 2)
      .map((at) => ({ at: place(at), text: clock(at).slice(0, 5), today: false, drawn: at > start }));
  }
  const days = [start, ...midnights];
  let every = 1;
  while ((every * PLOT) / days.length < APART) every += 1;
  const shown = days.filter((_, number) => number % every === (days.length - 1) % every);
  return shown.map((at, number) => {
    const room = (place(shown[number + 1] ?? end) - place(at)) * PLOT;
    const today = dayOf(at) === dayOf(now);
    const name = `${SHORT[civil(at).getUTCDay()]} ${civil(at).getUTCDate()}${today ? ", today" : ""}`;
    return { at: place(at), text: room >= APART || number === shown.length - 1 ? name : "", today, drawn: at > start };
  });
}

export class SrChart extends Shown {
  static observedAttributes = ["start", "minutes", "buckets", "sums"];
  #said = "";

  attributeChangedCallback() {
    // The bars are updated together with these attributes, but not necessarily before them.
    queueMicrotask(() => this.isConnected && this.say());
  }

  say() {
    const now = new Date(), start = new Date(this.getAttribute("start") || Number.NaN);
    if (Number.isNaN(start.getTime())) return;
    const step = Number(this.getAttribute("minutes")) * 60_000;
    const end = new Date(start.getTime() + step * Number(this.getAttribute("buckets")));
    const state = [...SrChart.observedAttributes.map((name) => this.getAttribute(name)), zone(now), dayOf(now)].join();
    if (state === this.#said) return;
    this.#said = state;
    this.querySelector(".chart-days")?.replaceChildren(...linesOf(start, end, now).map(line));
    /** @type {Map<string, [string, number, number]>} */
    const days = new Map();
    for (let at = start; at < end; at = new Date(at.getTime() + QUARTER)) days.set(dayOf(at), [longDate(at), 0, 0]);
    for (const bar of this.querySelectorAll("g[data-start]")) {
      if (!(bar instanceof SVGElement)) continue;
      const at = new Date(bar.dataset.start ?? ""), read = Number(bar.dataset.read), refused = Number(bar.dataset.refused);
      bar.classList.toggle("today", dayOf(at) === dayOf(now));
      const until = clock(new Date(at.getTime() + step)).slice(0, 5), title = bar.querySelector("title");
      const denied = refused ? `, ${said(refused)} denied` : "";
      if (title) put(title, `${longDate(at)}, ${clock(at).slice(0, 5)} to ${until} ${zone(at)}: ${said(read)} read${denied}`);
      const day = days.get(dayOf(at));
      if (day) days.set(dayOf(at), [day[0], day[1] + read, day[2] + refused]);
    }
    this.querySelector("tbody")?.replaceChildren(...[...days.values()].map(row));
  }
}

/** @param {Line} given */
function line({ at, text, today, drawn }) {
  const place = document.createElement("span");
  place.className = [drawn ? "drawn" : "", today ? "on" : ""].filter(Boolean).join(" ");
  place.style.left = `${((at * PLOT) / WIDTH) * 100}%`;
  place.textContent = text;
  return place;
}

/** @param {[string, number, number]} day */
function row([name, read, refused]) {
  const made = document.createElement("tr"), head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  const cells = [read, refused].map((number) => Object.assign(document.createElement("td"), { textContent: said(number) }));
  made.append(head, ...cells);
  return made;
}
