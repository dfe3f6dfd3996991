/**
 * Replies: what is quoted in the log, what the next message answers, and the thread that stands open beside the room.
 *
 * Loaded with the first reply that is to be shown, or when the page has nothing else to do. The thread itself is loaded
 * when one is opened.
 *
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../types.js').Frame} Frame
 * @typedef {{composer?: import('../types.js').View, messages?: import('../types.js').View}} Place  a log with its message box
 */

import { find } from '../dom.js';
import { words } from '../strings/replies.js';
import { createDressing, listenForReplies, quoted } from '../views/quote.js';
import { createReplyBar } from '../views/replybar.js';
import { sheet } from '../views/seldom.js';
import { routeTo } from './browser.js';
import { Quotes } from './quotes.js';

/** @typedef {ReturnType<typeof createReplyBar>} ReplyBar */

/** What a thread shares with the log. It is handed over: what two files import would be loaded with every page. */
const PARTS = { createDressing, createReplyBar, listenForReplies, quoted, words };

/** @typedef {typeof PARTS} Parts */

/**
 * @param {import('./wishes.js').Page} page
 * @returns {Promise<Replies>} rejects when the style cannot be had
 */
export async function loadReplies(page) {
  const [{ names }] = await Promise.all([page.parts().screens.wishes(), sheet('replies')]);
  return new Replies(page, names);
}

export class Replies {
  #page;
  #quotes;
  /** What the next message to the room answers. @type {{id: number, bar: ReplyBar}|null} */
  #answered = null;
  /** @type {import('./chain.js').OpenChain|null} */
  #chain = null;
  /** The thread that is on view, or being loaded. @type {number|null} */
  #shown = null;
  /** The address of a thread was put behind that of its room, so that Back leads there. */
  #isPushed = false;

  /** @param {import('./wishes.js').Page} page @param {import('./names.js').Names} names */
  constructor(page, names) {
    this.#page = page;
    this.names = names;
    const { api, state, clock, apply } = page;
    this.#quotes = new Quotes({ api, state, clock, onNews: () => apply({ type: 'quotes_learned' }) });
    this.dress = createDressing({ quoteOf: (id) => this.#quotes.of(id) });
    listenForReplies(find('#chat [data-view="messages"]'), {
      onQuote: (id) => void page.parts().visit?.goTo(id),
      onStub: (id) => this.open(id),
    }, new AbortController().signal);
  }

  get quotes() {
    return this.#quotes;
  }

  /** @param {{id?: number, reply_to?: number|null}[]} messages  to be shown */
  prepare(messages) {
    return this.#quotes.prepare(messages);
  }

  /** @param {Frame} event  that has been applied to the state */
  hear(event) {
    this.#quotes.hear(event);
    this.#chain?.hear(event);
    const { currentRoom, notice } = this.#page.state;
    if (this.#answered && event.type === 'room_left') {
      // It is kept with the draft.
      this.#answered = null;
      void this.#page.parts().screens.composer?.['answer'](null);
    }
    if (this.#shown !== null && (!currentRoom || notice)) this.hide();
    const { id, bar } = this.#answered ?? {};
    if (id === undefined || currentRoom === null) return;
    const message = this.#quotes.of(id);
    if (message?.deleted_at) {
      this.#stop();
      void this.#page.parts().screens.toast(words.lost);
    } else bar?.update(message);
  }

  /**
   * The next message to the room, or to the thread, answers this one.
   *
   * @param {Message} message
   * @param {Place} [place]  where its row stands
   */
  reply(message, place) {
    if (this.#chain && place === this.#chain.place) {
      this.#chain.reply(message);
      return;
    }
    const { memory, state, parts } = this.#page;
    const { composer } = parts().screens;
    if (!state.currentRoom || !composer) return;
    memory.setReply(state.currentRoom.id, message.id);
    this.#begin(message.id);
    composer['giveBack']();
  }

  /** The draft of the room was an answer. */
  resume() {
    const { memory, state } = this.#page;
    const id = state.currentRoom && memory.reply(state.currentRoom.id);
    if (id) this.#begin(id);
  }

  /** @param {number} id */
  #begin(id) {
    const bar = createReplyBar(() => this.#stop());
    this.#answered = { id, bar };
    bar.update(this.#quotes.of(id));
    void this.#page.parts().screens.composer?.['answer'](bar);
  }

  /** It has been sent, or was given up. */
  #stop() {
    const { memory, state, parts } = this.#page;
    if (state.currentRoom) memory.setReply(state.currentRoom.id, 0);
    this.#answered = null;
    void parts().screens.composer?.['answer'](null);
  }

  /** @returns {number|undefined} what the message answers that is sent now; the next one answers nothing */
  take() {
    const id = this.#answered?.id;
    if (id) this.#stop();
    return id;
  }

  /** @param {number} id  any message of a thread; it gets an address of its own */
  open(id) {
    const { state } = this.#page;
    if (!state.currentRoom) return;
    const route = routeTo(state.currentRoom.id, id, 't');
    if (location.hash === route) {
      void this.show(id).catch(this.#page.onTrouble);
      return;
    }
    // From one thread to the next, Back still leads to the room: to where one is in it, not to a message it was opened at.
    if (this.#shown === null) {
      history.replaceState(null, '', routeTo(state.currentRoom.id));
      location.hash = route;
    } else location.replace(route);
    this.#isPushed ||= this.#shown === null;
  }

  /** Back to the room. */
  close() {
    const { state } = this.#page;
    const isPushed = this.#isPushed;
    this.hide();
    if (isPushed) history.back();
    else if (state.currentRoom) location.replace(routeTo(state.currentRoom.id));
  }

  /** @param {number} id  any message of a thread: its address was gone to */
  async show(id) {
    if (this.#shown === id) return;
    // The search stands in the same place.
    document.querySelector('#chat .chat')?.dispatchEvent(new Event('threadopen'));
    const back = this.#chain?.opener ?? document.activeElement;
    this.#chain?.destroy();
    this.#chain = null;
    this.#shown = id;
    const [{ OpenChain }, views] = await Promise.all([import('./chain.js'), import('./chat.js')]).catch((cause) => {
      // Whoever asks again is not told that it is there.
      this.#shown = null;
      throw cause;
    });
    const room = this.#page.state.currentRoom;
    if (this.#shown !== id || !room) return;
    this.#chain = new OpenChain({ page: this.#page, replies: this, id, room, back, views, parts: PARTS });
    await this.#chain.read();
  }

  get isOpen() {
    return this.#shown !== null;
  }

  /** @param {number} id @returns {Message|undefined} one of the thread that is open */
  messageOf(id) {
    return this.#chain?.find(id);
  }

  /** The address is that of the room again, or of another one. */
  hide() {
    this.#isPushed = false;
    this.#shown = null;
    this.#chain?.destroy();
    this.#chain = null;
  }
}
