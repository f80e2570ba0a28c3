import assert from "node:assert/strict";
import { test } from "node:test";
import { script } from "./page.js";

// A time zone other than UTC, often on another day, so that mixing them up is detected.
process.env.TZ = "America/New_York";
const { exact, fromField, longZone, said, toField, zone } = await script("time");
const now = new Date(2026, 10, 19, 11, 48, 3);
const before = (seconds) => new Date(now.getTime() - seconds * 1000);

test("times are relative for a day, and then become dates", () => {
  const cases = [[0, "just now"], [9, "9 s ago"], [180, "3 min ago"], [7200, "2 h ago"], [86_400 * 2, "17 Nov"], [86_400 * 365, "19 Nov 2025"]];

  for (const [seconds, expected] of cases) assert.equal(said(before(seconds), now), expected);
});

test("a future time is shown as such, unless the clock is only slightly ahead", () => {
  assert.equal(said(before(-86_400 * 4), now, { future: true }), "in 4 days");
  assert.equal(said(before(-3600), now, { future: true }), "in 1 h");
  assert.equal(said(before(-20), now), "just now");
});

test("clock times are exact, and include the date for earlier days", () => {
  assert.equal(said(before(5), now, { how: "clock" }), "11:47:58");
  assert.equal(said(before(86_400), now, { how: "clock" }), "18 Nov, 11:48:03");
});

test("the exact time includes its date and time zone", () => {
  assert.match(exact(now), /19 Nov 2026.*11:48:03 \S+/);
});

test("every format uses the time zone that the person chose, and sentences name the zone", () => {
  const late = new Date("2026-11-28T02:16:32.007Z");
  const forms = () => ["clock", "minute", "exact", "full", "today", "day"].map((how) => said(late, now, { how }));

  assert.deepEqual(forms(), ["27 Nov, 21:16:32", "27 Nov, 21:16", "27 Nov, 21:16:32 GMT-5", "27 Nov 2026, 21:16:32.007 GMT-5", "Friday 27 November, 21:16 GMT-5", "Friday 27 November"]);
  assert.deepEqual([zone(late), longZone(late)], ["GMT-5", "America/New_York (GMT-5)"]);
  assert.deepEqual([toField("2026-11-28T02:16:32Z"), fromField("2026-11-27T21:16:32")], ["2026-11-27T21:16:32", "2026-11-28T02:16:32Z"]);

  localStorage.setItem("strongroom-clock", "utc");
  assert.deepEqual(forms(), ["28 Nov, 02:16:32", "28 Nov, 02:16", "28 Nov, 02:16:32 UTC", "28 Nov 2026, 02:16:32.007 UTC", "Saturday 28 November, 02:16 UTC", "Saturday 28 November"]);
  assert.deepEqual([zone(late), longZone(late), exact(late).endsWith("UTC")], ["UTC", "UTC", true]);
  assert.equal(said(late, new Date("2026-11-28T20:00:00Z"), { how: "day" }), "Today, Saturday 28 November");
  assert.deepEqual([toField("2026-11-28T02:16:32Z"), fromField("2026-11-28T02:16"), toField("24h"), fromField("")], ["2026-11-28T02:16:32", "2026-11-28T02:16:00Z", "", ""]);
  localStorage.clear();
});
