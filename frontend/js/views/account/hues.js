/** Colours for an avatar: in the one lightness and chroma of all avatars, so that white initials can be read on each. */

import { words } from '../../strings/account.js';

/** Twelve hues around the circle, each with its word. */
export const HUES = words.profile.colours.map((name, index) => ({
  hue: Math.round(25 + (index * 360) / words.profile.colours.length) % 360,
  name,
}));
