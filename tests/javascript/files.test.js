import assert from "node:assert/strict";
import { test } from "node:test";
import { script, show } from "./page.js";

const { readForm } = await script("body");
const { readFile } = await script("files");

/** Shows a form with a field for a file, in which this one was chosen. */
function chosen(...files) {
  const form = show(`<form><input type="file" data-file="4"><textarea name="fileName" data-secret hidden></textarea>
    <textarea name="fileContent" data-secret hidden></textarea></form>`);
  const input = form.querySelector("input");
  Object.defineProperty(input, "files", { value: files, configurable: true });
  return { form, input };
}

test("a file is sent as its name and its content in base64", async () => {
  const { form, input } = chosen(new File([new Uint8Array([0, 255, 10])], " key.pem"));
  await readFile(form, input);

  assert.deepEqual(readForm(form).body, { fileName: " key.pem", fileContent: "AP8K" });
  assert.equal(input.validationMessage, "");
});

test("a file that is empty or too large isn't sent, and the field says why", async () => {
  const { form, input } = chosen(new File(["12345"], "large"));
  await readFile(form, input);
  const large = input.validationMessage;
  Object.defineProperty(input, "files", { value: [new File([], "empty")] });
  await readFile(form, input);

  assert.deepEqual(readForm(form).body, {});
  assert.equal(large, "This file has 5 bytes, and at most 4 can be shared.");
  assert.equal(input.validationMessage, "This file is empty.");
});
