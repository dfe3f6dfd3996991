/** What few visits need, as one thing to load: notices, one's own menu, signs. */

export { createAnnouncer } from './announcer.js';
export { createComposerMore } from './composermore.js';
export { addIcons } from './icons.js';
export { createSelfMenu } from './selfmenu.js';
export { createToasts } from './toast.js';
export { createWriting } from './writing.js';
