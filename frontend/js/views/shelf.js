/** What few visits need, as one thing to load: notices, one's own menu, signs. */

import { addIcons } from './icons.js';
import { restyle } from './restyle.js';

export { createAnnouncer } from './announcer.js';
export { createComposerMore } from './composermore.js';
export { createSelfMenu } from './selfmenu.js';
export { createToasts } from './toast.js';
export { createWriting } from './writing.js';

/** Before any of it is used. */
export function setUp() {
  addIcons();
  restyle();
}
