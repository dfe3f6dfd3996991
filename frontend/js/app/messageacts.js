/**
 * What the views may ask about a message: its tools and its menu, writing it anew, answering it, reacting to it, what it
 * said before, taking it back, reporting it.
 *
 * @typedef {import('../types.js').Room} Room
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('./replies.js').Place} Place
 */

import { isInTime, rightsIn } from '../rights.js';
import { isOwn } from '../state/messages.js';
import { formatLength } from '../strings/lengths.js';
import { words } from '../strings/places.js';
import { copyItem, openMenu } from '../views/menu.js';
import { editIn } from '../views/places/edit.js';
import { askReason, confirmDeleteMessage } from '../views/places/report.js';
import { createRowTools } from '../views/rowtools.js';
import { wordsOf } from '../views/said.js';
import { pageAddress } from './address.js';
import { routeTo } from './browser.js';
import { showEdits } from './edits.js';
import { atHand } from './emoji.js';
import { KeepActs } from './keepacts.js';
import { Reacting } from './reacting.js';

export class MessageActs {
  #page;
  #api;
  #keeping;
  /** Changes on their way, by message: a later one of the same message does not overtake. @type {Map<number, Promise<unknown>>} */
  #saving = new Map();

  /**
   * @param {import('./wishes.js').Page} page
   * @param {import('../places.js').PlacesApi} api
   */
  constructor(page, api) {
    this.#page = page;
    this.#api = api;
    const reacting = new Reacting(page);
    this.react = reacting.react.bind(reacting);
    this.pickReaction = reacting.pick.bind(reacting);
    this.showReactors = reacting.showAll.bind(reacting);
    this.insertEmoji = reacting.insert.bind(reacting);
    const keeping = new KeepActs(page, api);
    this.#keeping = keeping;
    this.pin = keeping.pin.bind(keeping);
    this.save = keeping.save.bind(keeping);
    this.forward = keeping.forward.bind(keeping);
    this.mayPin = keeping.mayPin.bind(keeping);
  }

  get #state() {
    return this.#page.state;
  }

  /** @param {Room} room */
  #rights(room) {
    return rightsIn(room, this.#state.user);
  }

  /**
   * What concerns how far one has read.
   *
   * @param {'openMenu'|'readAll'|'askReadAll'|'markUnread'|'showReaders'} wish  a method of `Reads`
   * @param {...any} details
   */
  async reads(wish, ...details) {
    const reads = /** @type {any} */ (await (await this.#page.parts().identity.account).reads());
    await reads[wish](...details);
  }

  /**
   * The log wants the tools of its messages.
   *
   * @param {HTMLElement} log
   * @param {{rows: () => import('../views/row.js').Row[], last: Record<string, Event>, wanted: AbortController, signal: AbortSignal, place?: Place}} options
   */
  rowTools(log, { place, ...options }) {
    // It has their signs.
    this.#page.parts().screens.loadKeeping().catch(() => {});
    createRowTools(log, {
      keeping: this.#keeping,
      ...options, isOwn: (message) => isOwn(this.#state, message),
      emojiAtHand: () => (this.#state.currentRoom?.archived_at ? [] : atHand()),
      mayReply: () => this.#state.currentRoom !== null && this.#rights(this.#state.currentRoom).write,
      onAct: (wish, ...details) => void this.#page.parts().screens.act(wish, ...details, place),
    });
  }

  /** @param {Message} message @param {Place} [place] */
  async reply(message, place) {
    if (!this.#state.currentRoom || !this.#rights(this.#state.currentRoom).write) return;
    (await this.#page.parts().screens.loadReplies()).reply(message, place);
  }

  /** @param {Message} message  any of a thread, or one that nobody has answered @param {Place} [place]  the thread it stands in */
  async openThread(message, place) {
    if (place) return;
    (await this.#page.parts().screens.loadReplies()).open(message.id);
  }

  /** @param {Message} message */
  copyLink = async ({ room_id: roomId, id }) => {
    const { screens } = this.#page.parts();
    // There is none without TLS; or the browser, or its person, says no.
    const isCopied = await navigator.clipboard?.writeText(pageAddress(routeTo(roomId, id))).then(() => true, () => false);
    void screens.toast(isCopied ? words.message.linkCopied : words.notCopied, isCopied ? 'ok' : 'danger');
  };

  /**
   * What can be done with a message.
   *
   * @param {Message} message
   * @param {HTMLElement} anchor
   * @param {{back: HTMLElement, isHeld: boolean}} options see `openMenu`
   * @param {Place} [place]
   */
  messageMenu(message, anchor, options, place) {
    const { currentRoom: room } = this.#state;
    if (!room || message.deleted_at) return;
    const may = this.#rights(room);
    const own = isOwn(this.#state, message);
    const mine = own && may.write && this.#isInTime(message);
    const text = words.message;
    const act = (/** @type {[string, ...any]} */ ...wish) => void this.#page.parts().screens.act(...wish);
    const common = { copied: words.copied, refused: words.notCopied };
    // On a phone the button that the menu stands beside is not there but for the menu.
    const beside = () => (anchor.checkVisibility() ? anchor : options.back);
    openMenu(anchor, text.actions, [
      ...(may.write ? [{ label: text.react, icon: 'smile', run: () => void this.pickReaction(message, beside(), options).catch(this.#page.onTrouble) }] : []),
      ...(message.reactions[0] ? [{ label: text.reactors, icon: 'people', run: () => void this.showReactors(message).catch(this.#page.onTrouble) }] : []),
      ...(may.write ? [{ label: text.reply, icon: 'reply', run: () => act('reply', message, place) }] : []),
      ...(place ? [] : [{ label: text.thread, icon: 'talk', run: () => void this.openThread(message) }]),
      ...(mine ? [{ label: text.edit, icon: 'edit', run: () => act('edit', message, place) }] : []),
      ...(own && may.write && message.files.some(({ type }) => type.startsWith('image/')) ? [{
        label: text.describe, icon: 'alt', run: () => void this.describe(message).catch(this.#page.onTrouble),
      }] : []),
      ...this.#keeping.items(message),
      ...copyItem({ ...common, label: text.copy, icon: 'copy', text: () => message.content || (message.forwarded?.content ?? '') }),
      ...copyItem({ ...common, label: text.copyLink, icon: 'link', text: () => pageAddress(routeTo(room.id, message.id)) }),
      ...(message.edited_at ? [{ label: text.edits, icon: 'clock', run: () => this.showEdits(message.id) }] : []),
      ...(this.#state.user ? [{
        label: text.markUnread, icon: 'unread', run: () => void this.reads('markUnread', message.id).catch(this.#page.onTrouble),
      }] : []),
      ...(this.#state.user && !own ? [{ label: text.why, icon: 'bell', run: () => void this.why(message).catch(this.#page.onTrouble) }] : []),
      ...(own ? [] : [{ label: text.report, icon: 'flag', run: () => void this.report(message) }]),
      ...(mine || may.moderate
        ? [{ label: text.delete, icon: 'trash', danger: true, run: () => void this.deleteMessage(message) }] : []),
    ], options);
  }

  /** @param {Message} message one's own @returns {boolean} the server would still let it be changed */
  #isInTime(message) {
    return isInTime(message, this.#page.config.editWindow, Date.now() + this.#page.api.lead);
  }

  #tellTooOld = () => void this.#page.parts().screens.toast(words.message.tooOld(formatLength(this.#page.config.editWindow)));

  /** @param {Message} message one's own @param {Place} [place]  where it is written anew */
  async edit(message, place) {
    const { composer, messages } = place ?? this.#page.parts().screens;
    if (!composer) return;
    if (!this.#isInTime(message)) return this.#tellTooOld();
    messages?.['markEdited'](message.id);
    await editIn(composer, {
      text: message.content, mayBeEmpty: message.files.length > 0 || Boolean(message.forwarded), onEnd: () => messages?.['markEdited'](null),
      onSave: (content) => this.#saveEdit(message, content),
    });
  }

  /** @param {Message} message @param {string} content */
  async #saveEdit({ id, content: before }, content) {
    const { username } = this.#state;
    const earlier = this.#saving.get(id);
    if (!earlier && content === before) return;
    // Whoever has given up the earlier one while it was on its way may have got it all the same.
    const saved = Promise.resolve(earlier).catch(() => {}).then(() => this.#api.edit(id, content, username ?? ''));
    this.#saving.set(id, saved);
    try {
      await saved;
    } finally {
      if (this.#saving.get(id) === saved) this.#saving.delete(id);
    }
  }

  /** The newest of one's own messages on view is written anew. */
  async editLast() {
    const { currentRoom: room, messages } = this.#state;
    const message = messages.findLast((one) => !one.deleted_at && isOwn(this.#state, one));
    if (room && message && this.#rights(room).write) await this.edit(message);
  }

  /** Files are wanted for the message box that one is at. */
  attach() {
    const pane = document.activeElement?.closest('.pane, .thread') ?? document.querySelector('#chat .pane');
    const button = /** @type {HTMLElement|null|undefined} */ (pane?.querySelector('.composer-attach'));
    if (button?.checkVisibility()) button.click();
  }

  /** @param {Message} message  one's own, with images: what they show, in words */
  async describe(message) {
    await (await this.#page.parts().screens.files()).askDescriptions(message);
  }

  /** @param {Message} message */
  deleteMessage(message) {
    return confirmDeleteMessage({
      content: message.files[0] ? wordsOf(message) : message.content, onDelete: () => this.#api.erase(message.id, this.#state.username ?? ''),
    });
  }

  /** @param {Message} message the key for it was pressed; there may be no right to it */
  async askDelete(message) {
    const { currentRoom: room } = this.#state;
    if (!room) return;
    const may = this.#rights(room);
    const own = may.write && isOwn(this.#state, message);
    if (may.moderate || (own && this.#isInTime(message))) await this.deleteMessage(message);
    else if (own) this.#tellTooOld();
  }

  /** @param {number} messageId  of an edited message on view */
  showEdits(messageId) {
    showEdits(this.#page, messageId, () => this.#api.edits(messageId));
  }

  /** @param {Message} message  why one was, or was not, notified of it */
  async why(message) {
    await (await (await this.#page.parts().identity.account).attention()).showDecision(message);
  }

  /** @param {Message} message */
  async report(message) {
    const onReport = (/** @type {string} */ reason) => this.#api.report(message.id, reason, this.#state.username ?? '');
    if (await askReason({ content: message.files[0] ? wordsOf(message) : message.content, onReport })) void this.#page.parts().screens.toast(words.report.sent, 'ok');
  }
}
