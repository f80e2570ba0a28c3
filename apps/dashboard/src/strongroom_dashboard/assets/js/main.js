// The pages' own scripts, separate from React's. They are plain modules without a library, and never evaluate code.

import { serveAccess, SrAccess } from "./access.js";
import { SrArrivals } from "./arrivals.js";
import { SrChart } from "./chart.js";
import { SrCopy } from "./copy.js";
import { serveDialogs, serveOpenDialogs, servePeeking, SrOpens } from "./dialogs.js";
import { SrEffect } from "./effect.js";
import { serveFactors } from "./factors.js";
import { SrFeed } from "./feed.js";
import { SrFilters } from "./filters.js";
import { SrFingerprint } from "./fingerprint.js";
import { SrForm } from "./form.js";
import { followLinks, whenReady } from "./go.js";
import { serveKeys } from "./keys.js";
import { SrLinks } from "./links.js";
import { serveMenus } from "./menus.js";
import { listenForPairs } from "./pairs.js";
import { servePalette } from "./palette.js";
import { servePicks, SrPicks } from "./picks.js";
import { SrPin, SrPlaces } from "./places.js";
import { servePresets, serveTicks } from "./presets.js";
import { SrScript } from "./script.js";
import { SrSearch } from "./search.js";
import { SrSentence } from "./sentence.js";
import { serveSession } from "./session.js";
import { serveSorts } from "./sorts.js";
import { serveClipped, serveDensity, serveRows } from "./table.js";
import { keepTime, SrDay, SrTime, SrZone } from "./time.js";
import { SrTitle } from "./title.js";
import { SrWaiting } from "./waiting.js";
import { listenForToasts } from "./toasts.js";

whenReady(() => {
  const elements = {
    "sr-form": SrForm,
    "sr-time": SrTime,
    "sr-zone": SrZone,
    "sr-copy": SrCopy,
    "sr-chart": SrChart,
    "sr-fingerprint": SrFingerprint,
    "sr-search": SrSearch,
    "sr-effect": SrEffect,
    "sr-feed": SrFeed,
    "sr-access": SrAccess,
    "sr-arrivals": SrArrivals,
    "sr-script": SrScript,
    "sr-sentence": SrSentence,
    "sr-opens": SrOpens,
    "sr-picks": SrPicks,
    "sr-day": SrDay,
    "sr-filters": SrFilters,
    "sr-links": SrLinks,
    "sr-pin": SrPin,
    "sr-places": SrPlaces,
    "sr-title": SrTitle,
    "sr-waiting": SrWaiting,
  };
  for (const [name, kind] of Object.entries(elements)) customElements.define(name, kind);
  for (const serve of [serveDensity, followLinks, serveDialogs, serveOpenDialogs, servePeeking, serveFactors, serveMenus, servePalette, servePicks, serveRows, serveSorts, servePresets, serveTicks, serveAccess, serveClipped, serveKeys, keepTime, listenForPairs, listenForToasts]) serve();
  for (const each of document.querySelectorAll("[data-host]")) each.textContent = location.host;
  serveSession(() => [...document.querySelectorAll("sr-form")].some((each) => each instanceof SrForm && each.typed));
});
