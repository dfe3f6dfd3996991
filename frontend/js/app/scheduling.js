/**
 * Messages to be sent later: what one has of them, and the button, the line and the counts that tell of it. Loaded with the
 * first account; choosing a time and the page of them are loaded when they are asked for.
 *
 * @typedef {import('../types.js').Scheduled} Scheduled
 * @typedef {import('../types.js').Frame} Frame
 */

import { find } from '../dom.js';
import { roomCall } from '../format.js';
import { newClientId } from '../outbox/id.js';
import { applyToWaiting, createWaiting, summed } from '../state/scheduled.js';
import { errorText } from '../strings/en.js';
import { words } from '../strings/scheduled.js';
import { createLaterButton, createLaterLine, drawCounts, drawSideRow } from '../views/scheduled/marks.js';
import { whenText } from '../views/scheduled/when.js';
import { loadSeldom, sheet } from '../views/seldom.js';

const PATH = '/api/chat/scheduled';
/** They are asked for behind what the first screen needs, and not by all pages of a server that is back at once. */
const READ_AFTER_MS = 1000;
const READ_WITHIN_MS = 1500;
/** The server keeps no more of one person. */
const AT_MOST = 100;
/** What could not be read is asked for again after this time. */
const AGAIN_MS = 10_000;

/**
 * A message box, of the room or of a thread.
 *
 * @typedef {object} Box
 * @property {HTMLElement} element  it holds
 * @property {() => string} name  of its draft, as it is now
 * @property {() => number|undefined} answers  the message that the next one answers
 * @property {(isHere: boolean) => void} onTaken  the server has what was in it; `isHere`: and it still stands there
 * @property {boolean} [hasLine]  it tells what is to be sent to its room
 *
 * @typedef {Box & {form: HTMLFormElement, field: HTMLTextAreaElement, button: HTMLButtonElement,
 *   line: ReturnType<typeof createLaterLine>|null, busy: string|null}} Placed  `busy`: the draft that is being scheduled
 */

/**
 * @param {import('./account.js').AccountOptions} options
 * @returns {Promise<Scheduling>} with the style of what it shows
 */
export async function createScheduling(options) {
  await sheet('scheduling');
  return new Scheduling(options);
}

export class Scheduling {
  #options;
  #waiting = createWaiting();
  /** @type {Set<Placed>} */
  #boxes = new Set();
  /** The connection on which they were, or will be, read. @type {WebSocket|null} */
  #readOn = null;
  /** @type {Promise<void>|null} */
  #reading = null;
  /** What was asked for and not answered: asked for once more, it is the same message. @type {{key: string, clientId: string}|null} */
  #unanswered = null;

  /** @param {import('./account.js').AccountOptions} options */
  constructor(options) {
    this.#options = options;
    options.screens.watchers.add(() => this.watch());
    // One's own menu is made when it is opened, and counts them.
    document.addEventListener('beforetoggle', () => this.#draw(), { capture: true });
    this.watch();
  }

  /** @returns {Scheduled[]|null} the one that is sent first comes first; null: not known yet */
  get known() {
    return this.#waiting.all;
  }

  /** As the server has it. */
  now = () => new Date(this.#options.clock.date() + this.#options.api.lead);

  /** @param {string} iso @returns {string} in a sentence */
  when = (iso) => whenText(iso, this.now());

  /** @returns {Promise<Scheduled[]>} rejects with an ApiError */
  async list() {
    if (!this.known) await this.#read();
    return this.known ?? [];
  }

  /** @param {Frame} frame  of the server, after the state has taken it in */
  hear(frame) {
    if (frame.type !== 'scheduled_updated' && frame.type !== 'scheduled_removed') return;
    const before = this.known?.find(({ id }) => id === frame['scheduled']?.id);
    this.#apply(frame);
    const scheduled = /** @type {Scheduled|undefined} */ (frame['scheduled']);
    if (scheduled?.state !== 'failed' || before?.state === 'failed') return;
    void this.#options.screens.toast(words.undone(this.call(scheduled.room_id) || words.somewhere), 'danger', '#/scheduled');
  }

  /** @param {number} roomId @returns {import('../types.js').Room|null} */
  room(roomId) {
    return this.#options.state.rooms.find(({ id }) => id === roomId) ?? null;
  }

  /** @param {number} roomId @returns {string} '': it is not known */
  call(roomId) {
    const room = this.room(roomId);
    return room ? roomCall(room, this.#options.state.username) : '';
  }

  /** @param {Frame} event */
  #apply(event) {
    const { all } = this.#waiting;
    applyToWaiting(this.#waiting, event);
    if (all !== this.known) this.#options.apply({ type: 'scheduled_changed' });
  }

  /** Something has been drawn, or somebody else is here. */
  watch() {
    const { state } = this.#options;
    const userId = state.username === null ? null : (state.user?.id ?? null);
    if (userId !== this.#waiting.userId) {
      applyToWaiting(this.#waiting, { type: 'reader_changed', userId });
      this.#unanswered = this.#readOn = null;
    }
    if (userId !== null && state.websocket && state.websocket !== this.#readOn) this.#readSoon(state.websocket);
    this.#draw();
  }

  /** @param {WebSocket} websocket  what was told before it was there was not heard @param {number} [ms] */
  #readSoon(websocket, ms = READ_AFTER_MS + this.#options.clock.random() * READ_WITHIN_MS) {
    this.#readOn = websocket;
    const isDue = () => this.#readOn === websocket;
    const read = async () => {
      // What is on its way may have been read before the connection was there.
      await this.#reading?.catch(() => {});
      if (isDue()) await this.#read().catch(() => isDue() && this.#readSoon(websocket, AGAIN_MS));
    };
    this.#options.clock.setTimeout(() => void read(), ms);
  }

  #read() {
    this.#reading ??= this.#ask().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #ask() {
    const { userId } = this.#waiting;
    this.#apply({ type: 'scheduled_loading' });
    const { body } = await this.#options.api.call('GET', PATH);
    if (userId === this.#waiting.userId) this.#apply({ type: 'scheduled_loaded', scheduled: body });
  }

  #draw() {
    const { state } = this.#options;
    const isMember = this.#waiting.userId !== null;
    if (isMember && ![...this.#boxes].some(({ hasLine }) => hasLine)) this.#placeInRoom();
    for (const box of this.#boxes) {
      if (!box.form.isConnected) this.#boxes.delete(box);
      // Who has gone to another room can write there.
      if (box.busy !== null && box.busy !== box.name()) box.form.inert = false;
      box.button.hidden = !isMember;
      const sum = summed((this.known ?? []).filter(({ room_id: roomId }) => roomId === state.currentRoom?.id));
      box.line?.update(sum, sum.next && this.when(sum.next));
    }
    const sum = summed(this.known ?? []);
    drawSideRow(document, sum);
    drawCounts(document, sum);
  }

  #placeInRoom() {
    const { state, memory, screens } = this.#options;
    const element = /** @type {HTMLElement|null} */ (document.querySelector('#chat [data-view="composer"]'));
    if (!element?.firstChild) return;
    const roomId = () => state.currentRoom?.id ?? 0;
    this.place({
      element, hasLine: true,
      name: () => String(roomId()),
      answers: () => memory.reply(roomId()) || undefined,
      onTaken: (isHere) => {
        if (!isHere) return;
        screens.replies?.take();
        memory.setReply(roomId(), 0);
        screens.composer?.['setDraft']('');
      },
    });
  }

  /** @param {Box} box  gets the button */
  place(box) {
    const form = /** @type {HTMLFormElement} */ (find('.composer-box', box.element));
    const button = createLaterButton();
    /** @type {Placed} */
    const placed = {
      ...box, form, button, field: find('.composer-field', form), line: box.hasLine ? createLaterLine() : null, busy: null,
    };
    const open = () => void this.#open(placed).catch((cause) => this.#trouble(cause));
    find('.composer-send', form).before(button);
    if (placed.line) box.element.prepend(placed.line.element);
    button.addEventListener('click', () => button.popoverTargetElement ?? open());
    form.addEventListener('keydown', (event) => {
      const isMeant = event.key === 'Enter' && event.shiftKey && (event.ctrlKey || event.metaKey) && !event.altKey && !event.isComposing;
      if (!isMeant || !button.checkVisibility()) return;
      event.preventDefault();
      event.stopPropagation();
      open();
    }, { capture: true });
    this.#boxes.add(placed);
    button.hidden = this.#waiting.userId === null;
  }

  /** @param {any} cause */
  #trouble({ code = 'internal', detail = '' }) {
    if (code !== 'cancelled') void this.#options.screens.toast(errorText(code, detail), 'danger');
  }

  async #acts() {
    const [acts] = await Promise.all([import('./scheduleacts.js'), loadSeldom()]);
    return acts;
  }

  /** @param {Placed} box  its time is asked for */
  async #open(box) {
    const { state, screens } = this.#options;
    const { field, form, button } = box;
    // What is too long is said below it; what is written anew goes where it was.
    if (box.busy !== null || field.ariaInvalid || box.element.querySelector('.loan')) return field.focus();
    if (field.value.trim() === '' && !form.querySelector('.tray-file')) {
      field.focus();
      return void screens.toast(words.empty);
    }
    if (state.connection === 'offline' || !navigator.onLine) return void screens.toast(words.offline, 'danger');
    const { chooseTime } = await this.#acts();
    if (form.isConnected) {
      // What is written stays in sight.
      chooseTime(button, { now: this.now, back: field, beside: form, onChoose: (at) => this.#schedule(box, at), onTrouble: (cause) => this.#trouble(cause) });
    }
  }

  /** @param {Placed} box @param {Date} at */
  async #schedule(box, at) {
    const { state, memory, screens } = this.#options;
    const { form, field } = box;
    const [name, roomId] = [box.name(), state.currentRoom?.id ?? 0];
    const isHere = () => form.isConnected && box.name() === name && state.currentRoom?.id === roomId;
    box.busy = name;
    box.button.ariaBusy = 'true';
    try {
      // Nobody need wait for them here: what is written can be changed, and sent at once, until they are there.
      const files = form.querySelector('.tray-file') ? await this.#filesOf(name) : null;
      const content = field.value.trim();
      if (!isHere() || (content === '' && !files)) return;
      form.inert = true;
      const scheduled = await this.#post(roomId, { content, reply_to: box.answers(), files: files?.ids, send_at: at.toISOString() });
      this.#apply({ type: 'scheduled_updated', scheduled });
      files?.onTaken();
      memory.setDraft(name, '');
      box.onTaken(isHere());
      void screens.toast(words.done(this.when(scheduled.send_at)), 'ok', '#/scheduled');
    } catch (cause) {
      const { code } = /** @type {any} */ (cause);
      if (code === 'network') throw Object.assign(new Error(code), { code: 'offline', detail: words.offline });
      if (code === 'not_allowed' && (this.known?.length ?? 0) >= AT_MOST) throw Object.assign(new Error(code), { code: 'full', detail: words.full });
      throw cause;
    } finally {
      box.busy = box.button.ariaBusy = null;
      form.inert = false;
      if (document.activeElement === document.body && isHere()) (matchMedia('(pointer: coarse)').matches ? box.button : field).focus();
    }
  }

  /** @param {string} box  the name of its draft */
  async #filesOf(box) {
    const { screens } = this.#options;
    const files = await screens.files();
    const held = files.held(box);
    if (!held.isThere) void screens.toast(words.files);
    return held.bring();
  }

  /**
   * @param {number} roomId
   * @param {{content: string, reply_to: number|undefined, files: string[]|undefined, send_at: string}} wish
   * @returns {Promise<Scheduled>}
   */
  async #post(roomId, wish) {
    const { api } = this.#options;
    const key = JSON.stringify([roomId, wish.content, wish.reply_to, wish.files]);
    const clientId = this.#unanswered?.key === key ? this.#unanswered.clientId : newClientId();
    this.#unanswered = { key, clientId };
    const { body: told } = await api.call('POST', `/api/chat/rooms/${roomId}/scheduled`, { body: { ...wish, client_id: clientId } });
    this.#unanswered = null;
    // It had come before, for the time that was chosen then.
    return Date.parse(told.send_at) === Date.parse(wish.send_at) ? told : this.#change(told.id, { send_at: wish.send_at });
  }

  /** @param {number} id @param {{content?: string, send_at?: string}} changes @returns {Promise<Scheduled>} */
  async #change(id, changes) {
    return (await this.#options.api.call('PATCH', `${PATH}/${id}`, { body: changes })).body;
  }

  /**
   * What the page of them does. Each rejects with an ApiError.
   *
   * @param {number} id
   * @param {{content?: string, send_at?: string}} changes
   */
  async change(id, changes) {
    await this.#doing(async () => this.#apply({ type: 'scheduled_updated', scheduled: await this.#change(id, changes) }));
  }

  /** @param {number} id */
  async remove(id) {
    await this.#doing(() => this.#options.api.call('DELETE', `${PATH}/${id}`));
    this.#apply({ type: 'scheduled_removed', id });
  }

  /** @param {number} id  now */
  async send(id) {
    await this.#doing(() => this.#options.api.call('POST', `${PATH}/${id}/now`));
    this.#apply({ type: 'scheduled_removed', id });
  }

  /** @param {() => Promise<unknown>} run */
  async #doing(run) {
    try {
      await run();
    } catch (cause) {
      const { code } = /** @type {any} */ (cause);
      if (code === 'network') throw Object.assign(new Error(code), { code: 'offline', detail: words.offlineList });
      // What has gone meanwhile was sent, or deleted elsewhere. Where it is its room that is gone, the list still has it.
      if (code === 'not_found') await this.#read().catch(() => {});
      throw cause;
    }
  }

  /**
   * @param {HTMLElement} element
   * @param {any} common  callbacks that all screens have
   */
  async makePage(element, common) {
    return (await this.#acts()).makePage(element, { ...common, max: this.#options.config.maxMessageLength }, this, this.#options.screens);
  }
}
