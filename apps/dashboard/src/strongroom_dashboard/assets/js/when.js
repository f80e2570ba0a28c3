// Parts of a form that count only while a choice has a value: data-when="choice=value" on a fieldset.

/** Shows what fits the choices, and disables the rest, so that it is neither sent nor checked. */
export function applyChoices(form) {
  form.querySelectorAll("fieldset[data-when]").forEach((part) => {
    const [name, wanted] = part.dataset.when.split("=");
    const control = form.elements.namedItem(name);
    const value = control instanceof RadioNodeList ? control.value : control?.type === "checkbox" ? String(control.checked) : control?.value;
    const outer = part.parentElement?.closest("fieldset[data-when]");
    const fits = value === wanted && !(outer && outer.disabled);
    part.hidden = !fits;
    part.disabled = !fits;
  });
}
