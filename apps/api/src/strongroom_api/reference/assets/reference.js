// Search in the reference, and copy buttons. Search shows the operations that contain all of the words, beginning with
// those that have them in their title. Without this script, everything is shown.

const BACK = 2000;
const field = document.getElementById("find");
const none = document.getElementById("none");
const results = document.createElement("section");
const articles = [...document.querySelectorAll("article")].map((article) => ({
  article,
  home: article.parentElement,
  title: `${article.querySelector("h3").textContent} ${article.id}`.toLowerCase(),
  route: article.querySelector(".route").textContent.toLowerCase(),
  text: article.textContent.toLowerCase(),
}));
const parts = document.querySelectorAll("main > section");

/** Returns 0 if the words are in the title, 1 if they are in the path, and 2 if they are elsewhere. */
function rank({ title, route }, words) {
  const places = [title, `${title} ${route}`];
  const place = places.findIndex((text) => words.every((word) => text.includes(word)));
  return place < 0 ? places.length : place;
}

function find() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = articles.filter(({ text }) => words.every((word) => text.includes(word)));
  for (const { article } of articles) {
    const link = document.querySelector(`nav a[href="#${article.id}"]`);
    if (link) link.parentElement.hidden = true;
  }
  for (const { article } of found) document.querySelector(`nav a[href="#${article.id}"]`)?.parentElement.removeAttribute("hidden");
  results.replaceChildren();
  if (words.length) results.append(...found.toSorted((a, b) => rank(a, words) - rank(b, words)).map(({ article }) => article));
  else for (const { article, home } of articles) home.append(article);
  for (const part of parts) part.hidden = words.length > 0;
  none.hidden = found.length > 0;
  scrollTo(0, 0);
}

/** Adds a button that copies the code. If the browser doesn't allow that, the button selects the code. */
function offerCopy(figure) {
  const code = figure.querySelector("pre"), button = document.createElement("button");
  const say = (text) => {
    button.textContent = text;
    setTimeout(() => (button.textContent = "Copy"), BACK);
  };
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy: ${figure.querySelector("figcaption").textContent}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent.trimEnd());
      say("Copied");
    } catch {
      getSelection().selectAllChildren(code);
      say("Selected");
    }
  });
  figure.append(button);
}

for (const figure of document.querySelectorAll("figure")) offerCopy(figure);

if (field instanceof HTMLInputElement) {
  none.before(results);
  field.hidden = false;
  field.addEventListener("input", find);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || document.activeElement === field) return;
    event.preventDefault();
    field.focus();
  });
  addEventListener("hashchange", () => {
    if (!field.value) return;
    field.value = "";
    find();
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  });
}
