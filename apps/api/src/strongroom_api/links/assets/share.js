const WORDS = "@{WORDS}".split(" ");
const field = /** @type {HTMLInputElement} */ (part("passphrase"));
const button = /** @type {HTMLButtonElement} */ (part("open"));
const save = /** @type {HTMLAnchorElement} */ (part("save"));
const SHORTEST = 12;

/** The typed words, in the form that the server uses. */
function typedWords() {
  return field.value.toLowerCase().split(/[\s\-\u2010-\u2015]+/).filter((word) => word);
}

function hint() {
  const words = typedWords();
  // The user may still be typing the last word.
  const wrong = words.slice(0, /[\s-]$/.test(field.value) || words.length >= 8 ? undefined : -1).findIndex((word) => WORDS.indexOf(word) < 0);
  part("problem").textContent = "";
  if (wrong >= 0) part("hint").textContent = "Word " + (wrong + 1) + ", “" + words[wrong].slice(0, 20) + "”, isn’t in our word list. Check for a typo.";
  else part("hint").textContent = words.length ? words.length + " of 8 words." : "Eight words, separated by spaces or dashes.";
}

/** @param {string} text */
function complain(text) {
  part("problem").textContent = text;
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

/** @param {{ value?: string, filename?: string, base64?: string }} secret */
function present(secret) {
  const isFile = secret.base64 !== undefined;
  if (isFile) {
    const raw = atob(secret.base64 || "");
    const bytes = new Uint8Array(raw.length);
    for (let at = 0; at < raw.length; at++) bytes[at] = raw.charCodeAt(at);
    save.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
    save.download = secret.filename || "secret";
    part("value").textContent = secret.filename + " (" + bytes.length.toLocaleString("en") + " bytes)";
    part("what").textContent = "Save it";
    part("after").textContent = "Keep the file where only you can read it, and delete it when you no longer need it.";
  } else {
    part("value").textContent = secret.value || "";
  }
  save.hidden = !isFile;
  part("copy").hidden = isFile;
  document.title = "Your secret · Strongroom";
  show("opened");
}

function clear() {
  part("value").textContent = "";
  if (save.href) URL.revokeObjectURL(save.href);
  save.removeAttribute("href");
}

async function open_() {
  const words = typedWords();
  const typed = words.join("-");
  if (!words.length) return complain("Enter the passphrase.");
  if (!touched) return complain("Type or paste the passphrase yourself. Nothing was sent.");
  if (words.length < 2 || typed.length < SHORTEST) return complain("Enter the whole passphrase: eight words. Nothing was sent.");
  button.disabled = true;
  button.textContent = "Opening…";
  try {
    const outcome = await post("/open", { linkKey: keyInLink(), passphrase: typed });
    if (outcome.status === 200) {
      field.value = "";
      forgetKey();
      present(outcome.answer);
    } else if (outcome.status === 410) {
      document.title = "Nothing to open · Strongroom";
      show("gone");
    } else {
      complain(explain(outcome));
    }
  } catch (error) {
    complain("The server didn’t respond. Check your connection and try again. If the link no longer works, the secret was deleted without being shown; ask for a new link.");
  } finally {
    button.disabled = false;
    button.textContent = "Open secret";
  }
}

part("form").addEventListener("submit", (event) => { event.preventDefault(); open_(); });
field.addEventListener("input", () => { field.removeAttribute("aria-invalid"); hint(); });
part("again").addEventListener("click", () => { show("ask"); field.focus(); });
part("clear").addEventListener("click", () => { clear(); show("cleared"); });
part("copy").addEventListener("click", () => {
  const done = () => { part("said").textContent = "Copied."; };
  const failed = () => {
    const range = document.createRange();
    range.selectNodeContents(part("value"));
    const selection = getSelection();
    if (selection) { selection.removeAllRanges(); selection.addRange(range); }
    part("said").textContent = "Selected. Copy it from the menu, or with Ctrl+C.";
  };
  if (navigator.clipboard) navigator.clipboard.writeText(part("value").textContent || "").then(done, failed);
  else failed();
});
// The secret must not reappear if the page is restored or reopened with Back.
addEventListener("pagehide", () => { clear(); field.value = ""; });
addEventListener("pageshow", (event) => { if (event.persisted && !part("opened").hidden) show("cleared"); });
watchTyping(field);
show(keyInLink() ? "ask" : "incomplete");
addEventListener("hashchange", () => { if (keyInLink()) show("ask"); });
