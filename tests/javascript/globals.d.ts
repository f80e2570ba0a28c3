/** The token of a one-time link, which `early/fragment.js` removes from the URL. */
declare var srFragment: string | undefined;
