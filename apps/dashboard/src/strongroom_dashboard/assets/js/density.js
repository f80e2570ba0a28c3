// How close rows stand: a choice of the person at this browser. It is no secret and stays in localStorage.

const KEY = "strongroom-density";

function apply(density) {
  document.documentElement.dataset.density = density;
}

export function serveDensity() {
  apply(localStorage.getItem(KEY) === "compact" ? "compact" : "regular");
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-density-toggle]")) return;
    const next = document.documentElement.dataset.density === "compact" ? "regular" : "compact";
    localStorage.setItem(KEY, next);
    apply(next);
  });
}
