/** Colours for an avatar: in the one lightness and chroma of all avatars, so that white initials can be read on each. */

import { words } from '../../strings/account.js';

const { colours } = words.profile;
/** The first of them, in degrees. */
const RED = 25;

/** Twelve hues around the circle, each with its word. */
export const HUES = colours.map((name, index) => ({ hue: Math.round(RED + (index * 360) / colours.length) % 360, name }));
