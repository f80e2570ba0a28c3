const field = /** @type {HTMLTextAreaElement} */ (part("value-in"));
const button = /** @type {HTMLButtonElement} */ (part("send"));
const MOST_BYTES = 65536;

/** @param {string} text */
function complain(text) {
  part("problem").textContent = text;
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

function hint() {
  const value = field.value;
  const ends = value !== value.trim() && value.trim() ? "The secret starts or ends with a space or line break, which will be sent too." : "";
  part("problem").textContent = "";
  part("hint").textContent = ends;
}

async function send() {
  const value = field.value;
  const size = new TextEncoder().encode(value).length;
  if (!value) return complain("Enter the secret.");
  if (!touched) return complain("Type or paste the secret yourself. Nothing was sent.");
  if (size > MOST_BYTES) return complain("The secret is too long: " + size.toLocaleString("en") + " bytes. The limit is 65,536.");
  button.disabled = true;
  button.textContent = "Sending…";
  try {
    const outcome = await post("", { linkKey: keyInLink(), value });
    if (outcome.status === 204) {
      field.value = "";
      forgetKey();
      document.title = "Sent · Strongroom";
      show("sent");
    } else if (outcome.status === 410) {
      show("gone");
    } else {
      complain(explain(outcome));
    }
  } catch (error) {
    complain("The server didn’t respond. Check your connection and try again. If the link doesn’t work then, ask them whether the secret arrived.");
  } finally {
    button.disabled = false;
    button.textContent = "Send secret";
  }
}

part("form").addEventListener("submit", (event) => { event.preventDefault(); send(); });
field.addEventListener("input", () => { field.removeAttribute("aria-invalid"); hint(); });
addEventListener("pagehide", () => { field.value = ""; });
watchTyping(field);
show(keyInLink() ? "ask" : "incomplete");
addEventListener("hashchange", () => { if (keyInLink()) show("ask"); });
