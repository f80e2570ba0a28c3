// What is said to people who listen to the page: one region, made once, outside of React's part.

let region = null;

/** Has a screen reader say a sentence when it is idle. */
export function announce(text) {
  if (region === null) {
    region = document.createElement("div");
    region.className = "sr-only";
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 50);
}
