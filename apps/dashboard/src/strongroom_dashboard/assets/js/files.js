// Reads a chosen file, so that the form can send it as JSON. Two hidden fields contain its name, and its content in
// base64. Like a value, it leaves the page only in that request.
//
// <input type="file" data-file="the maximum size in bytes">, and the fields fileName and fileContent in the same form.

import { all } from "./dom.js";

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/**
 * Returns why a file can't be sent, or "" if it can.
 * @param {{ size: number }} file
 * @param {number} most
 */
function problemOf(file, most) {
  if (file.size === 0) return "This file is empty.";
  if (file.size > most) return `This file has ${file.size.toLocaleString("en")} bytes, and at most ${most.toLocaleString("en")} can be shared.`;
  return "";
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string} content
 */
function keep(form, name, content) {
  for (const [field, text] of [["fileName", name], ["fileContent", content]]) {
    const control = form.elements.namedItem(field ?? "");
    if (control instanceof HTMLTextAreaElement) control.value = text ?? "";
  }
}

/**
 * Reads the file in this field. Returns once the form can be sent.
 * @param {HTMLFormElement} form
 * @param {HTMLInputElement} input
 */
export async function readFile(form, input) {
  const file = input.files?.[0];
  const problem = file ? problemOf(file, Number(input.dataset.file)) : "";
  keep(form, "", "");
  input.setCustomValidity(file && !problem ? "The file is still being read. Try again." : problem);
  if (!file || problem) return;
  try {
    const content = toBase64(new Uint8Array(await file.arrayBuffer()));
    if (input.files?.[0] !== file) return; // Another file was chosen in the meantime.
    keep(form, file.name, content);
    input.setCustomValidity("");
  } catch {
    input.setCustomValidity("This file couldn't be read. Choose it again.");
  }
}

/** @param {HTMLFormElement} form */
export function serveFiles(form) {
  form.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && "file" in target.dataset) readFile(form, target);
  });
  form.addEventListener("reset", () => {
    for (const each of all(form, "[data-file]")) if (each instanceof HTMLInputElement) each.setCustomValidity("");
  });
}
