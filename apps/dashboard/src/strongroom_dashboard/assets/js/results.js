// What is shown once: members of the answer, put in as text, counted down, and taken away again.

const ticking = new Map();

function left(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}` : `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

function countDown(place, end) {
  const says = place.dataset.says ?? "{left}";
  const tick = () => {
    const rest = end - Date.now();
    place.textContent = rest > 0 ? says.replace("{left}", left(rest)) : place.dataset.over ?? "It is over.";
    place.toggleAttribute("data-over-now", rest <= 0);
    if (rest <= 0) clearInterval(ticking.get(place));
  };
  clearInterval(ticking.get(place));
  ticking.set(place, setInterval(tick, 1000));
  tick();
}

/** Fills `[data-result]` and `[data-expires]` of a form from the answer. */
export function showResults(scope, answer) {
  scope.querySelectorAll("[data-result]").forEach((place) => {
    const value = answer[place.dataset.result];
    place.textContent = value === undefined || value === null ? "" : String(value);
  });
  scope.querySelectorAll("[data-expires]").forEach((place) => {
    const end = Date.parse(answer[place.dataset.expires] ?? "");
    if (!Number.isNaN(end)) countDown(place, end);
  });
}

/** Takes every result out of the page. */
export function clearResults(scope) {
  scope.querySelectorAll("[data-result]").forEach((place) => (place.textContent = ""));
  scope.querySelectorAll("[data-expires]").forEach((place) => {
    clearInterval(ticking.get(place));
    ticking.delete(place);
    place.textContent = "";
  });
}
