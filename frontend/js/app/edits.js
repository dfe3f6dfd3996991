/** What a message said before, in a dialog that follows what becomes of the message meanwhile. */

import { openWordings } from '../views/places/wordings.js';

/**
 * @param {import('./wishes.js').Page} page
 * @param {number} messageId  of a message on view
 * @param {() => Promise<import('../types.js').Wording[]>} load  rejects with an ApiError
 */
export function showEdits({ state, parts }, messageId, load) {
  const { screens } = parts();
  const find = () => state.messages.find(({ id }) => id === messageId) ?? screens.replies?.messageOf(messageId);
  let last = find();
  if (!last) return;
  const opened = openWordings({ messageId, load });
  const follow = () => {
    if (state.notice || state.currentRoom?.id !== last?.room_id) return opened.close();
    // Out of the window nothing is heard of it.
    const now = find() ?? last;
    if (now?.deleted_at && !last?.deleted_at) opened.end();
    else if (now?.edited_at !== last?.edited_at) opened.read();
    last = now;
  };
  screens.watchers.add(follow);
  void opened.closed.then(() => screens.watchers.delete(follow));
}
