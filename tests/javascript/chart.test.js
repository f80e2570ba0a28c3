import assert from "node:assert/strict";
import { test } from "node:test";
import { script, show } from "./page.js";

const { linesOf, SrChart } = await script("chart");
customElements.define("sr-chart", SrChart);

// A zone with a half-hour offset, where days begin in the middle of a UTC hour.
/** @param {string} name @param {() => void} body */
function testThere(name, body) {
  test(name, () => {
    const usual = process.env.TZ;
    process.env.TZ = "Asia/Kolkata";
    try {
      body();
    } finally {
      process.env.TZ = usual;
    }
  });
}

const hour = 3_600_000;
const now = new Date("2026-11-19T12:00:00Z");
const lines = (hours) => linesOf(new Date(now.getTime() - hours * hour), new Date(now.getTime() + hour), now);

testThere("days begin at midnight of the chosen zone, and today is named", () => {
  localStorage.setItem("strongroom-clock", "local");
  const local = lines(7 * 24);
  localStorage.setItem("strongroom-clock", "utc");
  const utc = lines(7 * 24);
  localStorage.setItem("strongroom-clock", "local");
  const start = now.getTime() - 7 * 24 * hour, length = (7 * 24 + 1) * hour;

  assert.equal(local.at(-1).text, "Thu 19, today");
  assert.deepEqual(local.filter(({ today }) => today).length, 1);
  assert.equal(new Date(Math.round(start + local.at(-1).at * length)).toISOString(), "2026-11-18T18:30:00.000Z");
  assert.equal(new Date(Math.round(start + utc.at(-1).at * length)).toISOString(), "2026-11-19T00:00:00.000Z");
});

testThere("a short chart shows hours, and names have room in a chart of any length", () => {
  assert.deepEqual(lines(8).map(({ text }) => text), ["12:00", "16:00"]);
  for (const hours of [24, 72, 168, 720]) {
    const named = lines(hours).filter(({ text }) => text);

    assert.ok(named.length >= 3, `${hours} h`);
    for (const [number, { at }] of named.entries()) if (number) assert.ok((at - named[number - 1].at) * 656 >= 39);
  }
});

testThere("the table has the sums of each day, and a bar says its time, in the chosen zone", () => {
  const bars = [["2026-11-18T18:00:00Z", 3, 0], ["2026-11-18T19:00:00Z", 4, 1]].map(([start, read, refused]) => `<g data-start="${start}" data-read="${read}" data-refused="${refused}"><title></title></g>`);
  const chart = show(`<sr-chart start="2026-11-18T18:00:00Z" minutes="60" buckets="4"><div class="chart-days"></div><svg>${bars.join("")}</svg><table><tbody></tbody></table></sr-chart>`);
  const rows = [...chart.querySelectorAll("tr")].map((row) => [...row.children].map(({ textContent }) => textContent));

  assert.deepEqual(rows, [["Wednesday 18 November", "3", "0"], ["Thursday 19 November", "4", "1"]]);
  assert.match(chart.querySelectorAll("g > title")[1].textContent, /^Thursday 19 November, 00:30 to 01:30 \S+: 4 read, 1 denied$/);
});
