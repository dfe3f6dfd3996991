/**
 * What is wished with emoji: to react to a message, to see who did, to write one.
 *
 * @typedef {import('../types.js').Message} Message
 */

import { openReactors } from '../views/reactors.js';
import { sheet } from '../views/seldom.js';
import * as source from './emoji.js';

export class Reacting {
  #page;

  /** @param {import('./wishes.js').Page} page */
  constructor(page) {
    this.#page = page;
  }

  /** @param {Message} message @param {string} emoji  one's own is taken back */
  async react(message, emoji) {
    const reactions = await this.#page.parts().screens.reactions();
    if (!reactions.isOwn(message, emoji)) source.noteUsed(emoji);
    await reactions.toggle(message, emoji);
  }

  /**
   * @param {Message} message
   * @param {HTMLElement} anchor
   * @param {{back: HTMLElement}} options  `back` gets the focus afterwards
   */
  async pick(message, anchor, { back }) {
    const emoji = await this.#choose(anchor, back);
    if (emoji !== null) await this.react(message, emoji);
  }

  /** @param {HTMLElement} anchor @param {HTMLTextAreaElement} field  takes the emoji where its cursor is */
  async insert(anchor, field) {
    const emoji = await this.#choose(anchor, field);
    if (emoji === null) return;
    source.noteUsed(emoji);
    field.setRangeText(emoji, field.selectionStart, field.selectionEnd, 'end');
    // What is written so counts like what is typed: for the draft, the count, and those who are told of it.
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }

  /** @param {Message} message @param {string} [chosen]  the emoji to begin with; without, all */
  async showAll(message, chosen) {
    const { state, parts } = this.#page;
    const reactions = await parts().screens.reactions();
    void openReactors({
      shown: () => reactions.of(
        state.messages.find(({ id }) => id === message.id) ?? parts().screens.replies?.messageOf(message.id) ?? message),
      read: (query) => reactions.reactors(message.id, query),
      ...(chosen ? { chosen } : {}),
    });
  }

  /** @param {HTMLElement} anchor @param {HTMLElement} back @returns {Promise<string | null>} */
  async #choose(anchor, back) {
    const [{ openEmojiPicker }] = await Promise.all([import('../views/emojipicker.js'), sheet('reactions')]);
    return openEmojiPicker(anchor, source, back);
  }
}
