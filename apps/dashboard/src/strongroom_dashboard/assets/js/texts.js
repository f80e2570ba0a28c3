// Placeholders in texts and addresses: {member} of the answer, else of what was typed.

/** Returns `text` with its placeholders filled by `find(name)`; `wrap` encodes what is put in. */
export function fill(text, find, wrap = (value) => value) {
  return text.replace(/\{([A-Za-z][A-Za-z0-9.]*)\}/g, (whole, name) => {
    const value = find(name);
    return value === undefined || value === null ? "" : wrap(String(value));
  });
}

/** Returns the member at a dotted name, or undefined. */
export function member(tree, name) {
  return name.split(".").reduce((at, part) => (at && typeof at === "object" ? at[part] : undefined), tree);
}
