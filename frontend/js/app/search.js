/**
 * Looking for what was said: asks while one types, keeps what was found, opens it. Loaded with the first search.
 *
 * @typedef {import('../types.js').SearchResult} SearchResult
 * @typedef {import('./wishes.js').Page & {names: import('./names.js').Names}} SearchOptions
 */

import { ApiError } from '../api.js';
import { find } from '../dom.js';
import { canonical, roomCall } from '../format.js';
import { PlacesApi } from '../places.js';
import { errorText } from '../strings/en.js';
import { createPanel } from '../views/search/panel.js';
import { finished } from '../views/search/typed.js';
import { routeTo } from './browser.js';

/** Typing rests for so long before the server is asked. */
const WAIT_MS = 150;
const PAGE = 20;
/** How often it is asked to look further back by itself, when it has found nothing in its time. */
const FURTHER = 5;
const SUGGESTED = 8;
/** What somebody looked for last, in this browser. */
const KEY = 'parlour.searches';
const KEPT = 6;
const OFFLINE = new Set(['network', 'timeout']);

export class Finder {
  #page;
  #names;
  #places;
  #panel;
  /** @type {SearchResult[]} */
  #results = [];
  /** @type {'idle'|'searching'|'ready'|'wrong'|'error'|'offline'} */
  #status = 'idle';
  #text = '';
  /** What the results were found with. */
  #asked = '';
  #detail = '';
  /** @type {number|null} */
  #next = null;
  #isEverywhere = false;
  /** @type {string[]} */
  #recent = [];
  /** @type {AbortController|null} */
  #asking = null;
  #isAskingMore = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  /** @type {number|null} */
  #roomId = null;
  /** The room in which it was asked last. @type {number|null} */
  #askedIn = null;
  #owner = '';
  /** @type {import('../types.js').Message[]|null} */
  #seen = null;

  /** @param {SearchOptions} options */
  constructor({ names, ...page }) {
    this.#page = page;
    this.#names = names;
    this.#places = new PlacesApi(page.api);
    this.#panel = createPanel({
      onText: (text, now) => this.#typed(text, now),
      onScope: (isEverywhere) => {
        this.#isEverywhere = isEverywhere;
        void this.#ask();
      },
      onOpen: (result) => this.#openResult(result),
      onMore: () => void this.#more(),
      onRetry: () => void this.#ask(),
      onForget: () => this.#remember([]),
      onClose: () => {
        this.#asking?.abort();
        this.#asking = null;
        this.#isAskingMore = false;
      },
      suggest: (operator, value, signal) => this.#suggest(operator, value, signal),
    });
    const chat = find('#chat .chat');
    chat.append(this.#panel.element);
    // A thread takes the same place.
    chat.addEventListener('threadopen', () => this.#panel.isOpen() && this.#panel.hide());
    // Behind the search there is the list of people already: it comes out, and is not put away.
    chat.addEventListener('click', (event) => {
      const { target } = event;
      if (!this.#panel.isOpen() || !(target instanceof Element) || !target.closest('[data-toggles="people"]')) return;
      const isBehind = this.#panel.isColumn() && !chat.querySelector('.slot-people')?.hasAttribute('data-closed');
      if (isBehind) event.stopPropagation();
      this.#panel.hide();
    }, { capture: true });
    page.parts().screens.watchers.add(() => this.#follow());
    addEventListener('online', () => this.#status === 'offline' && this.#panel.isOpen() && void this.#ask());
  }

  get #state() {
    return this.#page.state;
  }

  /** Opens the panel, or puts the focus into its field. */
  open() {
    const { screen } = this.#state;
    const card = document.querySelector(`#${screen}.screen-framed > .card`);
    if (!card) return;
    const { replies, keeping } = this.#page.parts().screens;
    if (screen === 'chat') {
      if (replies?.isOpen) replies.close();
      keeping?.hide();
    }
    if (this.#panel.element.parentElement !== card) card.append(this.#panel.element);
    this.#recent = this.#recalled();
    this.#follow();
    this.#draw();
    this.#panel.open();
    const isElsewhere = this.#text !== '' && !this.#isEverywhere && this.#askedIn !== this.#roomId;
    if (this.#status === 'searching' || isElsewhere) void this.#ask();
  }

  /** What has changed around the search since it was drawn last. */
  #follow() {
    const { currentRoom: room, username, user, messages } = this.#state;
    const owner = username === null ? '' : `${user?.id ?? 'guest'} ${username}`;
    if (owner !== this.#owner) {
      this.#owner = owner;
      this.#forget();
    }
    const { screen } = this.#state;
    const at = this.#panel.element.closest('.screen')?.id;
    if (at !== 'chat' && at !== screen && this.#panel.isOpen()) this.#moveOn(screen === 'chat');
    // A room that one knows nothing of is none to search in.
    const here = screen === 'chat' && room?.name ? room.id : null;
    if ((room || (screen !== 'chat' && at === screen)) && here !== this.#roomId) {
      this.#roomId = here;
      if (!this.#isEverywhere && this.#text !== '' && this.#panel.isOpen()) void this.#ask();
      this.#draw();
    }
    if (messages !== this.#seen) this.#drop(messages);
  }

  /** What is deleted while one looks at it is gone here, too. @param {import('../types.js').Message[]} messages  of the room */
  #drop(messages) {
    this.#seen = messages;
    const gone = new Set(messages.filter(({ deleted_at: deleted }) => deleted !== null).map(({ id }) => id));
    if (!this.#results.some(({ message }) => gone.has(message.id))) return;
    this.#results = this.#results.filter(({ message }) => !gone.has(message.id));
    this.#draw();
  }

  /**
   * One has left the screen that the panel lies over. Beside a conversation there may be room for it, with all that it found.
   * @param {boolean} isChat
   */
  #moveOn(isChat) {
    if (isChat) {
      this.#isEverywhere = true;
      find('#chat .chat').append(this.#panel.element);
    }
    if (!this.#panel.isColumn()) this.#panel.hide();
  }

  /** Somebody else uses this page now. */
  #forget() {
    this.#asking?.abort();
    clearTimeout(this.#timer);
    [this.#results, this.#status, this.#text, this.#asked, this.#next] = [[], 'idle', '', '', null];
    [this.#isEverywhere, this.#recent] = [false, this.#recalled()];
    this.#panel.reset();
    this.#draw();
  }

  #draw() {
    const { currentRoom: room, username, screen } = this.#state;
    const isIn = screen === 'chat' && room?.name;
    this.#panel.update({
      status: this.#status, results: this.#results, asked: this.#asked, isMore: this.#next !== null, detail: this.#detail,
      room: isIn ? roomCall(room, username) : null, isEverywhere: this.#isEverywhere || !isIn, recent: this.#recent, username,
    });
  }

  /** @param {string} text @param {boolean} now */
  #typed(text, now) {
    clearTimeout(this.#timer);
    const before = this.#text;
    this.#text = finished(text);
    if (now && this.#text !== '') this.#remember([this.#text, ...this.#recent]);
    if (now || this.#text === '') void this.#ask();
    else if (this.#text !== before) this.#timer = setTimeout(() => void this.#ask(), WAIT_MS);
  }

  /** Asks for the first page; what was found before stays until there is an answer. */
  async #ask() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    const mine = new AbortController();
    this.#asking = mine;
    this.#askedIn = this.#roomId;
    this.#isAskingMore = false;
    if (this.#text === '') {
      [this.#results, this.#status, this.#asked, this.#next] = [[], 'idle', '', null];
      this.#draw();
      return;
    }
    this.#status = 'searching';
    this.#draw();
    const asked = this.#text;
    try {
      let page = await this.#read(asked, null, mine.signal);
      for (let times = 0; page.results.length === 0 && page.next !== null && times < FURTHER; times += 1) {
        page = await this.#read(asked, page.next, mine.signal);
      }
      [this.#results, this.#next, this.#asked, this.#status] = [page.results, page.next, asked, 'ready'];
    } catch (cause) {
      if (mine.signal.aborted) return;
      this.#failed(cause, asked);
    }
    if (!mine.signal.aborted) this.#draw();
  }

  /** Asks for what is further back. */
  async #more() {
    if (this.#isAskingMore || this.#next === null || this.#status !== 'ready') return;
    const mine = this.#asking ?? new AbortController();
    this.#isAskingMore = true;
    try {
      const page = await this.#read(this.#asked, this.#next, mine.signal);
      if (mine.signal.aborted) return;
      this.#results = [...this.#results, ...page.results];
      this.#next = page.next;
    } catch (cause) {
      // What is there stays; scrolling on asks again.
      if (!mine.signal.aborted) this.#page.onTrouble(cause);
      return;
    } finally {
      if (mine === this.#asking) this.#isAskingMore = false;
    }
    this.#draw();
  }

  /** @param {unknown} cause @param {string} asked */
  #failed(cause, asked) {
    const { code, detail } = cause instanceof ApiError ? cause : { code: 'internal', detail: '' };
    [this.#results, this.#next, this.#asked] = [[], null, asked];
    this.#status = OFFLINE.has(code) ? 'offline' : code === 'invalid' ? 'wrong' : 'error';
    // The server says which operator is at fault, and what it takes.
    this.#detail = this.#status === 'wrong' ? detail.replace(/^q: /, '') : errorText(code, detail);
  }

  /**
   * @param {string} text
   * @param {number|null} before
   * @param {AbortSignal} signal
   * @returns {Promise<{results: SearchResult[], next: number|null}>}
   */
  async #read(text, before, signal) {
    // Another room may be named in the text itself.
    const isHere = !this.#isEverywhere && !/(?:^|\s)in:/i.test(text);
    const query = {
      q: text, limit: PAGE, before: before ?? undefined,
      room_id: isHere ? this.#roomId ?? undefined : undefined,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    };
    const { body } = await this.#page.api.call('GET', '/api/chat/search', { query, signal });
    this.#names.want(body.results.filter((/** @type {SearchResult} */ { message }) => !message.guest)
      .map((/** @type {SearchResult} */ { message }) => message.username));
    return body;
  }

  /** @param {SearchResult} result */
  #openResult({ message }) {
    this.#remember([this.#asked, ...this.#recent]);
    // Found from a list, it is one of all rooms; so are the others.
    if (this.#state.screen !== 'chat') this.#isEverywhere = true;
    const address = routeTo(message.room_id, message.id);
    // Over the conversation it would hide what was asked for.
    if (!this.#panel.isWide()) this.#panel.hide();
    if (location.hash === address) void this.#page.parts().visit?.goTo(message.id);
    else location.hash = address;
  }

  /**
   * @param {string} operator
   * @param {string} value
   * @param {AbortSignal} signal
   * @returns {Promise<import('../views/search/completion.js').Suggestion[]>}
   */
  async #suggest(operator, value, signal) {
    const wanted = canonical(value.replace(/^[@#]/, ''));
    const has = (/** @type {string} */ name) => canonical(name).includes(wanted);
    const choices = /** @type {Record<string, string[]>} */ ({
      has: ['file', 'image', 'link', 'reaction'], is: ['pinned', ...(this.#state.user ? ['saved', 'unread'] : [])],
    })[operator];
    if (choices) return choices.filter((each) => each.startsWith(wanted)).map((each) => ({ value: each }));
    if (operator === 'in') {
      const rooms = this.#state.rooms.filter(({ kind, name }) => kind !== 'direct' && has(name));
      return rooms.slice(0, SUGGESTED).map(({ name }) => ({ value: name, label: `#${name}` }));
    }
    if (operator !== 'from') return days().filter((each) => each.startsWith(value)).map((each) => ({ value: each }));
    const { users, user, username, messages } = this.#state;
    const spoke = messages.map((message) => message.username).reverse();
    const found = new Set([...(username ? [username] : []), ...users, ...spoke].filter(has));
    if (user && found.size < SUGGESTED) {
      const people = await this.#places.people(wanted, { limit: SUGGESTED, signal });
      this.#names.learn(people);
      for (const person of people) found.add(person.username);
    }
    return [...found].slice(0, SUGGESTED).map((name) => ({ value: name, label: this.#names.called(name), person: true }));
  }

  /** @returns {string[]} */
  #recalled() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? '[]');
      return Array.isArray(kept) ? kept.filter((each) => typeof each === 'string' && each !== '').slice(0, KEPT) : [];
    } catch {
      return [];
    }
  }

  /** @param {string[]} texts  the newest first */
  #remember(texts) {
    this.#recent = [...new Set(texts.filter((text) => text !== ''))].slice(0, KEPT);
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#recent));
    } catch {
      // Without storage they last as long as the page.
    }
    this.#draw();
  }
}

/** @returns {string[]} days that are often meant */
function days() {
  const now = new Date();
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const month = `${now.getFullYear()}-${two(now.getMonth() + 1)}`;
  return ['today', 'yesterday', `${month}-${two(now.getDate())}`, month, String(now.getFullYear())];
}
