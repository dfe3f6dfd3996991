/**
 * What is wished of a message that is to be kept: pinned to its room, saved for oneself, passed on to others.
 *
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../types.js').Room} Room
 */

import { roomCall } from '../format.js';
import { newClientId } from '../outbox/id.js';
import { rightsIn } from '../rights.js';
import { words } from '../strings/board.js';
import { words as places } from '../strings/places.js';
import { filePictures } from '../views/places/filepictures.js';
import { askComment } from '../views/places/forward.js';
import { wordsOf } from '../views/said.js';

export class KeepActs {
  #page;
  #api;

  /**
   * @param {import('./wishes.js').Page} page
   * @param {import('../places.js').PlacesApi} api
   */
  constructor(page, api) {
    this.#page = page;
    this.#api = api;
  }

  /** @returns {import('./screens.js').Screens} */
  get #screens() {
    return this.#page.parts().screens;
  }

  /** @returns {string} one's own name */
  get #username() {
    return this.#page.state.username ?? '';
  }

  /** @returns {boolean} pins may be put here, and taken away */
  mayPin() {
    const { currentRoom: room, user } = this.#page.state;
    return room !== null && rightsIn(room, user).pin;
  }

  /** @returns {boolean} one has a list of what is saved */
  maySave() {
    return this.#page.state.user !== null;
  }

  /** @param {Message} message */
  isSaved(message) {
    return this.#screens.keeping?.isSaved(message.id) ?? false;
  }

  /** @param {Message} message is pinned, or no longer */
  async pin(message) {
    if (!this.mayPin()) return void this.#screens.toast(this.#page.state.user ? words.pins.refused : words.pins.guests);
    const on = !message.pinned_at;
    const isDone = await this.#saying(words.pins.full, this.#api.pin(message.id, on, this.#username));
    const keeping = await this.#screens.loadKeeping();
    // The panel tells itself of what goes from it.
    if (isDone && (on || !keeping.isOpen)) this.#say(on ? words.pins.done : words.pins.undone);
  }

  /** @param {Message} message is saved, or no longer */
  async save(message) {
    if (!this.maySave()) return void this.#screens.toast(words.saved.guests);
    const keeping = await this.#screens.loadKeeping();
    const on = !keeping.isSaved(message.id);
    const isDone = await this.#saying(words.saved.full, this.#api.save(message.id, on));
    // The server tells it as well, on all connections; it is shown at once.
    if (!isDone) return;
    keeping.hear({ type: 'saved', message_id: message.id, on });
    this.#say(on ? words.saved.done : words.saved.undone);
  }

  /** To those who do not see the mark. @param {string} text */
  #say(text) {
    void this.#screens.announce((announcer) => announcer.say(text));
  }

  /**
   * @param {string} full  in place of the server's words: one may do it, so it can only be too much
   * @param {Promise<unknown>} done
   * @returns {Promise<boolean>} it was not too much
   */
  #saying(full, done) {
    return done.then(() => true, (/** @type {{code?: string}} */ cause) => {
      if (cause.code !== 'not_allowed') throw cause;
      void this.#screens.toast(full, 'danger');
      return false;
    });
  }

  /** @returns {{label: string, icon: string, run: () => unknown}[]} @param {Message} message */
  items(message) {
    const text = places.message;
    const run = (/** @type {Promise<unknown>} */ done) => void done.catch(this.#page.onTrouble);
    return [
      { label: text.forward, icon: 'forward', run: () => run(this.forward(message)) },
      ...(this.maySave() ? [{ label: this.isSaved(message) ? text.unkeep : text.keep, icon: 'bookmark', run: () => run(this.save(message)) }] : []),
      ...(this.mayPin() ? [{ label: message.pinned_at ? text.unpin : text.pin, icon: 'pin', run: () => run(this.pin(message)) }] : []),
    ];
  }

  /** @param {Message} message  to be passed on: where to is asked first, then with which words */
  async forward(message) {
    const wishes = await this.#screens.wishes();
    /** @type {import('./switching.js').Asking} */
    const asking = { ...words.forward, onTarget: (target) => void this.#ask(message, target) };
    await wishes.act('jump', asking);
  }

  /** @param {Message} message @param {import('./switching.js').Target} target */
  async #ask(message, { room, username, label }) {
    const { state } = this.#page;
    const call = room ? roomCall(room, state.username) : label;
    // Sent once more because there was no answer, it is the same message.
    const clientId = newClientId();
    // As the server decides: what has nothing to say itself passes on what it passed on.
    const { content, files, forwarded } = message;
    const passedOn = forwarded && !content && !files[0] ? forwarded : { ...message, forwarded: null };
    const done = await askComment({
      title: words.forward.title(call), from: words.forward.from(passedOn.username), quote: wordsOf(passedOn), pictures: filePictures(passedOn),
      max: this.#page.config.maxMessageLength,
      onSend: async (comment) => {
        const to = room ?? (await this.#api.direct([username ?? '']));
        if (!room) this.#page.apply({ type: 'room_read', room: to });
        const body = { forward: message.id, client_id: clientId, ...(comment ? { content: comment } : {}) };
        await this.#api.say(to.id, body, this.#username);
      },
    });
    if (done) void this.#screens.toast(words.forward.done(call), 'ok');
  }
}
