/** What being in a room takes, as one thing to load: the views of a conversation, the visit, the outbox. */

export { History } from './history.js';
export { createOutbox } from './sending.js';
export { Visit } from './visit.js';
export { createBanner } from '../views/banner.js';
export { createComposer } from '../views/composer.js';
export { createHeader } from '../views/header.js';
export { createMessages } from '../views/messages.js';
export { createNotice } from '../views/notice.js';
export { createPeople } from '../views/people.js';
export { createSidebar } from '../views/sidebar.js';
export { whenReadable } from '../views/formatting.js';
export { makeRow, redress, setTabStop, updateRow } from '../views/row.js';
export { createStrip } from '../views/strip.js';
