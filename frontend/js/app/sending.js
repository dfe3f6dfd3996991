/**
 * The outbox of this browser: put together from its store, the lock over all tabs, and the channel between them.
 *
 * Loaded with the first sign-in, not with the page.
 *
 * @typedef {import('../outbox.js').Transport} Transport
 */

import { isAnothers } from '../api.js';
import { Outbox } from '../outbox.js';
import { exclusively } from '../outbox/locks.js';
import { openStore } from '../outbox/store.js';

const CHANNEL = 'parlour.outbox';

/**
 * @param {object} options
 * @param {import('../types.js').State} options.state  read only
 * @param {import('../api.js').Api} options.api
 * @param {import('../types.js').Clock} options.clock
 * @param {(frame: import('../types.js').Frame) => boolean} options.send  to the server, now or not at all
 * @param {() => boolean} options.isFollowing  the server counts this page into the current room
 * @param {() => void} options.onAnother  the browser's login is not this page's any more
 * @param {() => void} options.onChange
 * @param {(message: import('../types.js').PendingMessage) => void} options.onFiles  what it brings along is not on the server yet
 * @param {(message: import('../types.js').PendingMessage) => void} options.onFailed
 * @returns {Outbox}
 */
export function createOutbox({ state, api, clock, send, isFollowing, onAnother, onChange, onFiles, onFailed }) {
  /** @type {Transport} */
  const transport = {
    door(record) {
      const { room_id: roomId, username, account = null, files } = record;
      if (username !== state.username || account !== (state.user?.id ?? null) || state.isEnded) return null;
      if (files?.some(({ id }) => !id)) {
        onFiles(record);
        return null;
      }
      if (roomId !== state.currentRoom?.id) return 'http';
      return isFollowing() ? 'live' : null;
    },
    sendLive: ({ room_id: roomId, content, client_id: clientId, reply_to: replyTo, files }) =>
      send({ type: 'message', room_id: roomId, content, client_id: clientId, reply_to: replyTo, files: files?.map(({ id }) => id) }),
    post: (record) => api.postMessage(record).catch((refusal) => {
      if (isAnothers(refusal)) onAnother();
      throw refusal;
    }),
  };
  const channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel(CHANNEL) : null;
  const outbox = new Outbox({
    store: openStore(), exclusively: exclusively(navigator.locks), transport, clock, onChange, onFailed,
    tell: () => channel?.postMessage(null),
  });
  channel?.addEventListener('message', () => void outbox.reread());
  return outbox;
}
