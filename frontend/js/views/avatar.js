/** A person's or room's picture until there are pictures: initials on a colour that belongs to the name. */

import { el, icon } from '../dom.js';
import { canonical, hue, initials } from '../format.js';

/** @type {Map<string, {initials: string, hue: string}>} */
const faces = new Map();
const FACES_AT_MOST = 2000;
/** Colours that people have chosen, by canonical name, as far as this page has heard of them. @type {Map<string, number>} */
const chosen = new Map();
/** @typedef {(node: HTMLElement, name: string) => void} Painter */
/** Puts pictures on faces, once there is one. @type {Painter | null} */
let paint = null;
/** Whose face a node shows; '': a guest's. @type {WeakMap<Element, string>} */
const shown = new WeakMap();

/** @param {string} name @param {boolean} [guest] */
function faceOf(name, guest) {
  // No name has a break in it.
  const key = guest ? `${name}\n` : name;
  let face = faces.get(key);
  if (face === undefined) {
    if (faces.size >= FACES_AT_MOST) faces.clear();
    const known = canonical(name);
    face = { initials: initials(name), hue: String((guest ? null : chosen.get(known)) ?? hue(known)) };
    faces.set(key, face);
  }
  return face;
}

/**
 * Puts a name's face on an avatar element.
 * @param {HTMLElement} node
 * @param {string} name
 * @param {boolean} [guest] who has the name of an account, perhaps, but neither its picture nor its colour
 */
export function setFace(node, name, guest = false) {
  const face = faceOf(name, guest);
  if (node.textContent !== face.initials) node.textContent = face.initials;
  node.style.setProperty('--hue', face.hue);
  shown.set(node, guest ? '' : name);
  paint?.(node, guest ? '' : name);
}

/** @param {Painter} painter for all faces, those on the page and those to come */
export function usePictures(painter) {
  paint = painter;
  for (const node of document.querySelectorAll('.avatar')) painter(/** @type {HTMLElement} */ (node), shown.get(node) ?? '');
}

/**
 * Gives somebody the colour they have chosen, wherever they are on the page.
 * @param {string} name
 * @param {number | null} value a hue, 0 to 359; null: the one that belongs to the name
 */
export function chooseHue(name, value) {
  const known = canonical(name);
  if ((chosen.get(known) ?? null) === value) return;
  if (value === null) chosen.delete(known);
  else chosen.set(known, value);
  faces.clear();
  for (const node of document.querySelectorAll('.avatar')) {
    const whose = shown.get(node);
    if (node instanceof HTMLElement && whose !== undefined && canonical(whose) === known) setFace(node, whose);
  }
}

/**
 * @param {string} name
 * @param {string} [extraClass]
 * @param {boolean} [guest]
 */
export function avatar(name, extraClass = '', guest = false) {
  const node = el('span', { class: `avatar ${extraClass}`.trim(), 'aria-hidden': 'true' });
  setFace(node, name, guest);
  return node;
}

/**
 * The tile with the room sign, in the room's own colour.
 * @param {string} name
 * @param {string} [extraClass]
 * @param {string} [sign] an icon's name
 */
export function roomTile(name, extraClass = '', sign = 'hash') {
  const node = el('span', { class: `room-tile ${extraClass}`.trim(), 'aria-hidden': 'true' }, icon(sign));
  node.style.setProperty('--hue', faceOf(name).hue);
  return node;
}
