// Search in the reference: hides the operations that don't contain all of the words. Without this script, everything is shown.

const field = document.getElementById("find");
const none = document.getElementById("none");
const articles = [...document.querySelectorAll("article")].map((article) => ({ article, text: article.textContent.toLowerCase() }));
const intro = document.querySelectorAll("main > section:not(.part)");

function find() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { article, text } of articles) {
    article.hidden = !words.every((word) => text.includes(word));
    const link = document.querySelector(`nav a[href="#${article.id}"]`);
    if (link) link.parentElement.hidden = article.hidden;
    shown += article.hidden ? 0 : 1;
  }
  for (const part of document.querySelectorAll("section.part")) part.hidden = !part.querySelector("article:not([hidden])");
  for (const part of intro) part.hidden = words.length > 0;
  none.hidden = shown > 0;
  scrollTo(0, 0);
}

if (field instanceof HTMLInputElement) {
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
