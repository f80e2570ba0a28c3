// DOM functions that the scripts share, with their types.

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control A field of a form. */

/**
 * Returns the elements that match a selector.
 * @param {ParentNode} scope
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export function all(scope, selector) {
  return Array.from(scope.querySelectorAll(selector)).filter((each) => each instanceof HTMLElement);
}

/**
 * Returns the event's target, or its nearest ancestor, that matches the selector; otherwise null.
 * @param {{ target: EventTarget | null }} event
 * @param {string} selector
 */
export function closest({ target }, selector) {
  const found = target instanceof Element ? target.closest(selector) : null;
  return found instanceof HTMLElement ? found : null;
}

/**
 * Focuses an element, if there is one.
 * @param {Element | null | undefined} element
 */
export function focus(element) {
  if (element instanceof HTMLElement) element.focus();
}

/**
 * Sets an element's text. Does nothing if the text is the same, because observers would be notified of a change.
 * @param {Element} place
 * @param {string} text
 */
export function put(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/**
 * Returns whether this is a field rather than a button, a fieldset or an output.
 * @param {unknown} element
 * @returns {element is Control}
 */
export function isControl(element) {
  return element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement;
}

/**
 * Returns a form's fields.
 * @param {HTMLFormElement} form
 */
export function controlsOf(form) {
  return [...form.elements].filter(isControl);
}
