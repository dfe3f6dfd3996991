/**
 * What is kept: the pins of the room, what one has saved, what messages pass on; its marks in the log.
 *
 * Loaded with the first message that has something of it, or when the page has nothing else to do. The panel of pins is
 * loaded when it is opened.
 *
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../types.js').Frame} Frame
 */

import { find } from '../dom.js';
import { applyToKept, createKept } from '../state/kept.js';
import { whenReadable } from '../views/formatting.js';
import { addIcons } from '../views/keepicons.js';
import { createMarks, createPinButton } from '../views/keepmarks.js';
import { sheet } from '../views/seldom.js';

/** What could not be read is asked for again after this time. */
const AGAIN_MS = 10_000;

/**
 * @param {import('./wishes.js').Page} page
 * @returns {Promise<Keeping>} rejects when the style cannot be had
 */
export async function loadKeeping(page) {
  addIcons();
  await sheet('keeping');
  return new Keeping(page);
}

export class Keeping {
  #page;
  #kept = createKept();
  #button;
  /** @type {import('../views/board.js').Board|null} */
  #board = null;
  /** The panel that lies over the room has a place in the history, so that Back leads to the room. */
  #isPushed = false;
  /** What is being read; a later reading takes the place of an earlier one. @type {Record<'pins'|'saved', AbortController|null>} */
  #reading = { pins: null, saved: null };

  /** @param {import('./wishes.js').Page} page */
  constructor(page) {
    this.#page = page;
    const { state } = page;
    this.dress = createMarks({ isSaved: (id) => this.isSaved(id) });
    this.#button = createPinButton(() => void this.toggle().catch(page.onTrouble));
    find('#chat .header-actions').prepend(this.#button.button);
    find('#chat .chat').addEventListener('threadopen', () => this.hide());
    addEventListener('popstate', () => this.#isPushed && this.hide());
    if (state.currentRoom && !state.notice) {
      this.hear({ type: 'room_entered', room: state.currentRoom });
      if (state.historyStatus === 'ready') this.hear({ type: 'history_loaded', room_id: state.currentRoom.id });
    }
    this.hear({ type: 'reader_changed', userId: state.user?.id ?? null });
  }

  /** @param {Partial<Message>[]} messages  to be shown */
  prepare(messages) {
    return whenReadable(messages.map(({ forwarded }) => ({ content: forwarded?.content ?? '' })));
  }

  /** @param {number} id @param {boolean} [unread]  what holds as long as that is not known */
  isSaved(id, unread = false) {
    return this.#kept.saved?.has(id) ?? unread;
  }

  /** The panel of pins is. */
  get isOpen() {
    return this.#board !== null;
  }

  get pins() {
    return this.#kept.pins ?? [];
  }

  /** @param {Frame} event  that has been applied to the state */
  hear(event) {
    const { state } = this.#page;
    const kept = this.#kept;
    const { pins, saved } = kept;
    const wanted = applyToKept(kept, event);
    const userId = state.user?.id ?? null;
    if (userId !== kept.userId && event.type !== 'reader_changed') wanted.push(...applyToKept(kept, { type: 'reader_changed', userId }));
    for (const what of wanted) void this.#read(what);
    if (kept.roomId === null) this.hide();
    if (pins !== kept.pins) this.#draw();
    // Rows are drawn anew by whatever is said of them; of what one saves the log hears nothing else.
    if (saved !== kept.saved) this.#page.apply({ type: 'kept_changed' });
  }

  #draw() {
    this.#button.update(this.pins.length, this.#board !== null);
    this.#board?.update(this.#kept.pins);
  }

  /** @param {'pins'|'saved'} what */
  async #read(what) {
    const { api, clock } = this.#page;
    this.#reading[what]?.abort();
    const { signal } = (this.#reading[what] = new AbortController());
    const { roomId } = this.#kept;
    if (what === 'pins' && roomId === null) return;
    try {
      if (what === 'pins') {
        const { body } = await api.call('GET', `/api/chat/rooms/${roomId}/pins`, { signal });
        if (!signal.aborted) this.hear({ type: 'pins_loaded', room_id: roomId, pins: body });
      } else {
        this.hear({ type: 'saved_loading' });
        const { body } = await api.call('GET', '/api/chat/saved/ids', { signal });
        if (!signal.aborted) this.hear({ type: 'saved_loaded', ids: body.message_ids });
      }
    } catch (cause) {
      // Marks can wait; a room that one may not read has none.
      const { code = 'internal' } = /** @type {any} */ (cause);
      if (signal.aborted || ['not_found', 'banned', 'not_signed_in'].includes(code)) return;
      clock.setTimeout(() => !signal.aborted && void this.#read(what), AGAIN_MS);
    }
  }

  /** Opens the panel of pins, or closes it. */
  async toggle() {
    if (this.#board) return this.#close();
    const [{ openBoard }, views] = await Promise.all([import('../views/board.js'), import('./chat.js'), sheet('replies')]);
    const { state, parts } = this.#page;
    const { screens } = parts();
    if (!state.currentRoom || this.#board) return;
    const chat = find('#chat .chat');
    // A thread and the search stand in the same place.
    const isBehind = screens.replies?.isOpen;
    if (isBehind) screens.replies?.close();
    chat.dispatchEvent(new Event('threadopen'));
    this.#board = openBoard(chat, {
      views, dress: this.dress, opener: this.#button.button,
      // They are loaded already, or with the first pin that brings some along.
      drawFiles: async (list, rows) => (await screens.files()).draw(list, rows),
      mayUnpin: () => screens.wishes().then((wishes) => wishes.act('mayPin')),
      onClose: () => this.#close(),
      onShow: (message) => {
        if (!this.#board?.isColumn()) this.#close();
        void parts().visit?.goTo(message.id);
      },
      onUnpin: (message) => screens.act('pin', message),
      onPerson: (person, anchor) => void screens.act('showPerson', person, anchor),
      onEdits: (id) => void screens.act('showEdits', id),
    });
    // A thread that closes is on its way back in the history.
    this.#isPushed = !isBehind && !this.#board.isColumn();
    if (this.#isPushed) history.pushState(null, '', location.hash);
    this.#draw();
  }

  /** Whoever looks at the panel closes it. */
  #close() {
    const isPushed = this.#isPushed;
    this.hide();
    if (isPushed) history.back();
  }

  /** Something else takes its place, or one has gone back. */
  hide() {
    this.#isPushed = false;
    const board = this.#board;
    this.#board = null;
    if (!board) return;
    // With the last pin gone the button goes now: the focus has to go elsewhere.
    this.#draw();
    board.destroy();
  }
}
