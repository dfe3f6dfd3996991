/** A person's or room's picture until there are pictures: initials on a colour that belongs to the name. */

import { el, icon } from '../dom.js';
import { canonical, hue, initials } from '../format.js';

/** @type {Map<string, {initials: string, hue: string}>} */
const faces = new Map();
const FACES_AT_MOST = 2000;

/** @param {string} name */
function faceOf(name) {
  let face = faces.get(name);
  if (face === undefined) {
    if (faces.size >= FACES_AT_MOST) faces.clear();
    face = { initials: initials(name), hue: String(hue(canonical(name))) };
    faces.set(name, face);
  }
  return face;
}

/**
 * Puts a name's face on an avatar element.
 * @param {HTMLElement} node
 * @param {string} name
 */
export function setFace(node, name) {
  const face = faceOf(name);
  if (node.textContent !== face.initials) node.textContent = face.initials;
  node.style.setProperty('--hue', face.hue);
}

/**
 * @param {string} name
 * @param {string} [extraClass]
 */
export function avatar(name, extraClass = '') {
  const node = el('span', { class: `avatar ${extraClass}`.trim(), 'aria-hidden': 'true' });
  setFace(node, name);
  return node;
}

/**
 * The tile with the room sign, in the room's own colour.
 * @param {string} name
 * @param {string} [extraClass]
 */
export function roomTile(name, extraClass = '') {
  const node = el('span', { class: `room-tile ${extraClass}`.trim(), 'aria-hidden': 'true' }, icon('hash'));
  node.style.setProperty('--hue', faceOf(name).hue);
  return node;
}
