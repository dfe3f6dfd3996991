/** The views of the conversation, as one thing to load when the first room is opened. */

export { createBanner } from './banner.js';
export { createComposer } from './composer.js';
export { createHeader } from './header.js';
export { createMessages } from './messages.js';
export { createNotice } from './notice.js';
export { createPeople } from './people.js';
export { createSidebar } from './sidebar.js';
export { createStrip } from './strip.js';
