/**
 * A thread that stands open beside its room: its own place in its history, its own message box.
 *
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../types.js').Frame} Frame
 */

import { ApiError } from '../api.js';
import { roomCall } from '../format.js';
import { rightsIn } from '../rights.js';
import { applyToChain, createChain } from '../state/chain.js';
import { isOwn } from '../state/messages.js';
import { errorText } from '../strings/en.js';
import { words } from '../strings/thread.js';
import { createThread } from '../views/thread.js';

/**
 * @typedef {object} ChainOptions
 * @property {import('./wishes.js').Page} page
 * @property {import('./replies.js').Replies} replies
 * @property {number} id  any message of it: that is pointed out, unless it is the one it began with
 * @property {import('../types.js').Room} room
 * @property {Element|null} back  gets the focus afterwards
 * @property {Pick<typeof import('./chat.js'), 'History'|'createComposer'|'createMessages'|'whenReadable'>} views  of the screen it stands beside
 * @property {import('./replies.js').Parts} parts  of what shows replies everywhere
 */

export class OpenChain {
  #options;
  #chain;
  #history;
  #thread;
  #log;
  #composer;
  #ending = new AbortController();
  /** What the next message answers; null: what the thread began with. @type {{id: number, bar: import('./replies.js').ReplyBar}|null} */
  #answered = null;
  /** What was written before it was known whose draft it is. @type {string|null} */
  #early = '';
  #isPlaced = false;
  /** Settles when it is known what the thread began with. @type {Promise<boolean>} */
  #reading = Promise.resolve(false);
  /** Without a name: the log says nothing of how the room began. */
  #room;
  #watch = () => this.#draw();

  /** @param {ChainOptions} options */
  constructor(options) {
    this.#options = options;
    const { page, replies, room, views, parts: { createDressing, listenForReplies, quoted } } = options;
    this.#room = { ...room, name: '' };
    this.#chain = createChain(room);
    const { clock, parts } = page;
    this.#history = new views.History({
      api: { listMessages: (_roomId, query = {}, signal) => this.#read(query, signal) },
      state: /** @type {any} */ (this.#chain), clock, apply: (event) => this.#apply(event),
      onRefused: (code, detail) => this.#refused(code, detail), prepare: (messages) => Promise.all([views.whenReadable(messages), parts().screens.prepare(messages)]),
    });
    const chat = /** @type {HTMLElement} */ (document.querySelector('#chat > .chat'));
    this.#thread = createThread(chat, { onClose: () => replies.close(), onBegin: () => this.#toRoom(this.#chain.root), quoted });
    const act = (/** @type {string} */ wish, /** @type {any[]} */ ...details) => void parts().screens.act(wish, ...details);
    this.#log = views.createMessages(this.#thread.log, {
      names: replies.names,
      onOlder: () => void this.#history.page('older'),
      onNewer: () => void this.#history.page('newer'),
      onLatest: () => void this.#toLatest(),
      onRetry: (clientId) => parts().outbox?.retry(clientId),
      onDiscard: (clientId) => parts().outbox?.discard(clientId),
      onAtBottom: (atBottom) => (this.#chain.atBottom = atBottom),
      onRetryHistory: () => void this.read(),
      onAnchor: () => {},
      onPerson: (person, anchor) => act('showPerson', person, anchor),
      onAct: (wish, log, details) => act(wish, log, wish === 'rowTools' ? { ...details, place: this.place } : details),
    });
    this.#composer = views.createComposer(this.#thread.composer, {
      onSend: (text, files) => this.#say(text, files),
      onTyping: () => parts().visit?.type(),
      onDraft: (text) => {
        if (this.#early === null) page.memory.setDraft(this.#box, text);
        else this.#early = text;
      },
      onLatest: () => replies.close(),
      onAct: (wish, ...details) => (wish === 'editLast' ? this.#editLast() : act(wish, ...details)),
      onSources: async () => (await parts().screens.wishes()).act('completions'),
      onTrouble: page.onTrouble,
      onFiles: async (place) => {
        const [files] = await Promise.all([parts().screens.files(), this.#reading]);
        return files.tray(place, () => this.#box);
      },
    });
    this.#composer.recall();
    this.#thread.composer.setAttribute('aria-label', words.box);
    this.#placeLater();
    /** What its rows' tools work on. */
    this.place = { composer: this.#composer, messages: this.#log };
    this.dress = createDressing({
      quoteOf: (id) => this.#chain.messages.find((message) => message.id === id) ?? replies.quotes.of(id),
      isPlain: (id) => id === this.#chain.root, hasStubs: false,
    });
    listenForReplies(this.#thread.log, { onQuote: (id) => void this.#goTo(id), onStub: () => {} }, this.#ending.signal);
    parts().screens.watchers.add(this.#watch);
    this.#draw();
    if (matchMedia('(pointer: coarse)').matches) this.#thread.focus();
    else this.#composer.focus();
  }

  /** @returns {Element|null} */
  get opener() {
    return this.#options.back;
  }

  /** @returns {string} the name of the draft */
  get #box() {
    return `t${this.#chain.root}`;
  }

  /** Fills it: its end, or, at first, the message that was asked for. */
  async read() {
    this.#reading = this.#history.enter();
    if (!(await this.#reading)) return;
    this.#draw();
    const { id } = this.#options;
    if (this.#isPlaced) return;
    this.#isPlaced = true;
    if (id === this.#chain.root || !(await this.#history.jumpTo(id))) return;
    this.#draw();
    const focused = document.activeElement;
    this.#log.scrollToMessage(id, { flash: true });
    // It is pointed out; what was begun in the message box goes on there.
    if (focused instanceof HTMLElement && focused.closest('.thread')) focused.focus();
  }

  /**
   * @param {{limit?: number, before?: number, after?: number, around?: number}} query
   * @param {AbortSignal} [signal]
   */
  async #read(query, signal) {
    const { api } = this.#options.page;
    const id = this.#chain.root ?? this.#options.id;
    const { body, headers } = await api.call('GET', `/api/chat/messages/${id}/replies`, { query, signal });
    // The address may name any room.
    if (body.some((/** @type {Message} */ { room_id: roomId }) => roomId !== this.#room.id)) throw new ApiError('not_found', '');
    return { messages: body, version: Number(headers.get('Parlour-Version')), epoch: headers.get('Parlour-Epoch') };
  }

  /** @param {Frame} event  of its own history */
  #apply(event) {
    const again = applyToChain(this.#chain, event);
    // Whoever hears nothing new of it draws all the same.
    this.#options.page.apply({ type: 'chain_changed' });
    if (again) void this.read();
  }

  /** @param {Frame} event  that has been applied to the state */
  hear(event) {
    // What the page says of its own window is nothing to this one.
    if (/^(?:history|page)_/.test(event.type)) return;
    if (applyToChain(this.#chain, event)) void this.read();
  }

  /** @param {string} code @param {string} detail */
  #refused(code, detail) {
    const { replies, page } = this.#options;
    // Whoever signs in again goes on here.
    if (code === 'not_signed_in' && page.state.user) return;
    replies.close();
    void page.parts().screens.toast(errorText(code, detail), 'danger');
  }

  /** @param {number} id @returns {Message|undefined} */
  find(id) {
    return this.#messages.find((message) => message.id === id);
  }

  /** @returns {Message[]} */
  get #messages() {
    return this.#chain.messages;
  }

  /** @returns {number|null} the message that the next one answers */
  get #target() {
    if (this.#answered) return this.#answered.id;
    const { root } = this.#chain;
    if (root === null) return this.#options.id;
    if (!this.#first?.deleted_at) return root;
    return this.#messages.findLast((message) => !message.deleted_at)?.id ?? null;
  }

  /** @returns {Message|null} what it began with; null: not known yet */
  get #first() {
    const { root } = this.#chain;
    if (root === null) return null;
    return this.#messages.find(({ id }) => id === root) ?? this.#options.replies.quotes.of(root);
  }

  #draw() {
    const { page } = this.#options;
    const { state, config } = page;
    const { currentRoom: room, username, user, hold } = state;
    const chain = this.#chain;
    if (!room || this.#ending.signal.aborted) return;
    const ids = new Set(this.#messages.map(({ id }) => id));
    const pending = state.pending.filter(({ reply_to: replyTo }) => replyTo && (replyTo === chain.root || ids.has(replyTo)));
    const { historyStatus, hasOlder, hasNewer, loadingOlder, loadingNewer, olderFailed } = chain;
    const isReady = historyStatus === 'ready';
    const isShut = isReady && this.#target === null;
    const isAlone = isReady && this.#messages.length === 1 && !hasOlder && pending.length === 0;
    this.#thread.update({
      room: roomCall(room, username), message: this.#first, isShut, hint: isShut ? words.over : isAlone ? words.none : '',
    });
    this.#log.update({
      room: this.#room, messages: this.#messages, pending: hasNewer ? [] : pending, events: [], username, historyStatus, hasOlder,
      hasNewer, loadingOlder, loadingNewer, olderFailed, newFrom: null, label: words.log,
      dress: (row) => {
        this.dress(row);
        page.parts().screens.keeping?.dress(row);
      },
      decorate: page.parts().screens.decorate,
    });
    this.#composer.update({ room, username, hold, maxLength: config.maxMessageLength, mayAttach: Boolean(user || config.guestFiles), label: words.box });
    if (isReady && this.#early !== null) {
      const draft = page.memory.draft(this.#box);
      if (this.#early) page.memory.setDraft(this.#box, this.#early);
      else if (draft) this.#composer.setDraft(draft);
      this.#early = null;
    }
    this.#followAnswered();
  }

  #followAnswered() {
    if (!this.#answered) return;
    const message = this.#options.replies.quotes.of(this.#answered.id);
    if (!message?.deleted_at) return this.#answered.bar.update(message);
    this.#stop();
    void this.#options.page.parts().screens.toast(this.#options.parts.words.lost);
  }

  /** @param {Message} message  of this thread */
  reply(message) {
    const bar = this.#options.parts.createReplyBar(() => this.#stop());
    this.#answered = { id: message.id, bar };
    bar.update(message);
    void this.#composer.answer(bar);
    this.#composer.giveBack();
  }

  #stop() {
    this.#answered = null;
    void this.#composer.answer(null);
  }

  /** @param {string} text @param {import('../types.js').PendingFile[]} [files] */
  #say(text, files) {
    const { state, parts } = this.#options.page;
    const target = this.#target;
    if (!state.currentRoom || target === null) return;
    parts().outbox?.add(state.currentRoom.id, text.trim(), target, files);
    if (this.#answered) this.#stop();
    if (this.#chain.hasNewer) void this.#toLatest();
  }

  /** What is written here can be sent later, too, by who has an account. */
  #placeLater() {
    const { page } = this.#options;
    if (!page.state.user) return;
    void page.parts().identity.account.then((account) => account.scheduling()).then((scheduling) => {
      if (this.#ending.signal.aborted) return;
      scheduling.place({
        element: this.#thread.composer,
        name: () => this.#box,
        answers: () => this.#target ?? undefined,
        onTaken: (isHere) => {
          if (!isHere) return;
          this.#composer.setDraft('');
          if (this.#answered) this.#stop();
        },
      });
    }, () => {});
  }

  #editLast() {
    const { state, parts } = this.#options.page;
    const own = this.#messages.findLast((message) => !message.deleted_at && isOwn(state, message));
    if (own && state.currentRoom && rightsIn(state.currentRoom, state.user).write) void parts().screens.act('edit', own, this.place);
  }

  async #toLatest() {
    if (!(await this.#history.jumpToLatest())) return;
    this.#draw();
    this.#log.scrollToLatest();
  }

  /** @param {number} id  quoted in this thread */
  async #goTo(id) {
    if (!(await this.#history.jumpTo(id))) return;
    this.#draw();
    this.#log.scrollToMessage(id, { flash: true });
  }

  /** @param {number|null} id */
  #toRoom(id) {
    if (id === null) return;
    if (!this.#thread.isColumn()) this.#options.replies.close();
    void this.#options.page.parts().visit?.goTo(id);
  }

  destroy() {
    const { page, back } = this.#options;
    this.#ending.abort();
    this.#history.leave();
    page.parts().screens.watchers.delete(this.#watch);
    const isHere = Boolean(document.activeElement?.closest('.thread'));
    this.#composer.destroy();
    this.#log.destroy();
    this.#thread.destroy();
    if (!isHere) return;
    if (back instanceof HTMLElement && back.isConnected && back !== document.body) back.focus();
    else page.parts().screens.focus();
  }
}
