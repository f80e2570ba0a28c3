// The scripts of the pages, besides React's. Plain modules, no library, nothing evaluated.

import { SrCopy } from "./copy.js";
import { serveDensity } from "./density.js";
import { serveDialogs, serveOpenDialogs, servePeeking } from "./dialogs.js";
import { SrFeed } from "./feed.js";
import { SrFingerprint } from "./fingerprint.js";
import { SrForm } from "./form.js";
import { followLinks } from "./go.js";
import { serveKeys } from "./keys.js";
import "./machines.js";
import { serveMenus } from "./menus.js";
import { listenForPairs } from "./pairs.js";
import { servePalette } from "./palette.js";
import { whenReady } from "./ready.js";
import { SrSearch } from "./search.js";
import { serveRows } from "./table.js";
import { keepTime, SrTime } from "./time.js";
import { listenForToasts } from "./toasts.js";

whenReady(() => {
  const elements = { "sr-form": SrForm, "sr-time": SrTime, "sr-copy": SrCopy, "sr-fingerprint": SrFingerprint, "sr-search": SrSearch, "sr-feed": SrFeed };
  Object.entries(elements).forEach(([name, kind]) => customElements.define(name, kind));
  [serveDensity, followLinks, serveDialogs, serveOpenDialogs, servePeeking, serveMenus, servePalette, serveRows, serveKeys, keepTime, listenForPairs, listenForToasts].forEach((serve) => serve());
});
