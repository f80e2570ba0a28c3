// React must find the page as it was built. So nothing here touches it before the first effect ran,
// which the bridge in components/navigation.py announces.

/** Calls back once the page is React's. */
export function whenReady(callback) {
  if (document.documentElement.dataset.srReady !== undefined) callback();
  else window.addEventListener("sr-ready", () => callback(), { once: true });
}
