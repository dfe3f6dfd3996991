/** From one part of the conversation to the next. */

/** The parts of the conversation in their order, and where in each the focus goes: the first of these that is there. */
const PARTS = [
  ['sidebar', '[aria-current="page"]', 'a'],
  ['messages', '[tabindex="0"]'],
  ['composer', 'textarea'],
  ['people', 'button'],
  ['thread', 'textarea'],
  ['pins', '.board-show', '.thread-title'],
  ['search', 'input'],
];

/**
 * @param {Document} document
 * @param {1|-1} step
 * @returns {boolean} whether there is another part to go to
 */
export function moveOn(document, step) {
  const parts = PARTS.map(([view, ...selectors]) => {
    const part = document.querySelector(`.screen:not([hidden]) [data-view="${view}"]`);
    const places = selectors.map((selector) => /** @type {HTMLElement|null} */ (part?.querySelector(selector)));
    // What a panel lies over is there, but cannot be used.
    return { part, place: places.find((place) => place?.checkVisibility({ visibilityProperty: true }) && !place.closest('[inert]')) };
  }).filter(({ place }) => place !== undefined);
  const here = parts.findIndex(({ part }) => part?.contains(document.activeElement));
  // From elsewhere, such as the header, it goes to the first or the last part.
  const next = here === -1 && step === -1 ? -1 : (here + step) % parts.length;
  const place = parts.at(next)?.place;
  place?.focus();
  return place !== undefined;
}
