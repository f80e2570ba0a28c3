// What only the screens of machines need.

import { SrArrivals } from "./arrivals.js";
import { SrOpens } from "./opens.js";
import { SrPanes } from "./panes.js";
import { whenReady } from "./ready.js";
import { SrScript } from "./script.js";

whenReady(() => {
  const elements = { "sr-panes": SrPanes, "sr-arrivals": SrArrivals, "sr-script": SrScript, "sr-opens": SrOpens };
  Object.entries(elements).forEach(([name, kind]) => customElements.define(name, kind));
});
