/** The log of a room: at most 300 messages as rows, kept in step with the data and still under the reader's eyes. */

import { el, find, keepFocus, messageField, setAttr, setText } from '../dom.js';
import { formatFull, roomTitle, untilMidnight } from '../format.js';
import { strings } from '../strings/en.js';
import { createEdges } from './edges.js';
import { readable } from './formatting.js';
import { createLogList } from './loglist.js';
import { createRoving } from './roving.js';
import { createScrollKeeper } from './scroll.js';

/** Older and newer pages are asked for this far before the end is reached. Pixels. */
const PAGE_AHEAD_PX = 1000;
/** Where the "New" line stands when a room with unread messages is opened, as a share of the view's height. */
const NEW_LINE_SHARE = 0.25;
const COPIED_MS = 1500;
/** What could not be loaded is not asked for again before. */
const AGAIN_MS = 5000;

/**
 * @typedef {object} MessagesData
 * @property {import('../types.js').Room | null} room
 * @property {import('../types.js').Message[]} messages
 * @property {import('../types.js').PendingMessage[]} pending
 * @property {import('../types.js').PresenceLine[]} events
 * @property {string | null} username
 * @property {import('../types.js').LoadStatus} historyStatus
 * @property {boolean} hasOlder
 * @property {boolean} hasNewer
 * @property {boolean} loadingOlder
 * @property {boolean} [loadingNewer]
 * @property {boolean} olderFailed
 * @property {number | null} newFrom
 * @property {(log: HTMLElement, rows: import('./row.js').Row[]) => void} [decorate] draws what stands under their words
 * @property {string} [label] the log's name, where it is not that of the room
 * @property {import('./items.js').LogData['dress']} [dress]
 *
 * @typedef {object} MessagesCallbacks
 * @property {() => void} onOlder
 * @property {() => void} onNewer
 * @property {() => void} onLatest the newest messages are wanted and not in the window
 * @property {(clientId: string) => void} onRetry
 * @property {(clientId: string) => void} onDiscard
 * @property {(atBottom: boolean) => void} onAtBottom
 * @property {() => void} onRetryHistory
 * @property {(anchor: import('../types.js').Anchor) => void} onAnchor
 * @property {import('./people.js').OnPerson} onPerson
 * @property {(wish: string, ...details: any[]) => void} onAct
 * @property {import('../app/names.js').Names} names
 */

/** @type {MessagesData} */
const NOTHING = {
  room: null,
  messages: [],
  pending: [],
  events: [],
  username: null,
  historyStatus: 'loading',
  hasOlder: false,
  hasNewer: false,
  loadingOlder: false,
  loadingNewer: false,
  olderFailed: false,
  newFrom: null,
};

/**
 * Copies a message's words; without a secure origin there is no clipboard, then it selects them for the reader's own
 * keys.
 * @param {HTMLElement} button
 * @param {string} text
 */
async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const body = button.closest('.row')?.querySelector('.row-body');
    if (body) getSelection()?.selectAllChildren(body);
    return;
  }
  setText(button, strings.messages.copied);
  setTimeout(() => setText(button, strings.messages.copy), COPIED_MS);
}

/**
 * Whether the reader has written something that was not there before.
 * @param {MessagesData} before
 * @param {MessagesData} next
 */
function hasSent(before, next) {
  if (next.pending === before.pending) return false;
  const known = new Set(before.pending.map((pending) => pending.client_id));
  return next.pending.some((pending) => !known.has(pending.client_id));
}

/**
 * @param {HTMLElement} element
 * @param {MessagesCallbacks} callbacks
 */
export function createMessages(element, callbacks) {
  const ending = new AbortController();
  const { signal } = ending;
  const older = el('div', { class: 'edge' });
  const newer = el('div', { class: 'edge' });
  const days = el('div', { class: 'days' });
  const inner = el('div', { class: 'log-inner' }, older, days, newer);
  const log = el('div', { class: 'scroller log', role: 'log', 'aria-live': 'off', tabindex: 0 }, inner);
  const cover = el('div', { class: 'log-cover', hidden: true });
  element.replaceChildren(log, cover);

  let data = NOTHING;
  /** True from the moment a room is shown until its first messages stand in their place. */
  let opening = true;
  const asked = { older: 0, newer: 0 };
  let pageSoon = 0;

  const list = createLogList(days);
  const edges = createEdges(older, newer, cover);
  const keeper = createScrollKeeper(log, inner, {
    rows: list.nodes,
    onScroll: page,
    onRest: rest,
    onStuck: callbacks.onAtBottom,
  });
  readable.addEventListener('change', () => keeper.mutate(list.redress), { signal });
  // Whoever points at a message, or goes there by keys, may want to do something with it.
  const wanted = new AbortController();
  /** @type {Record<string, Event>} */
  const last = {};
  let again = 0;
  /** @param {Event} event */
  const want = (event) => {
    last[event.type] = event;
    // They may not be to be had now.
    if (performance.now() < again) return;
    again = performance.now() + AGAIN_MS;
    callbacks.onAct('rowTools', log, { rows: list.rows, last, wanted, signal });
  };
  for (const type of ['pointerover', 'pointerdown', 'pointerup', 'focusin', 'keydown']) {
    log.addEventListener(type, want, { signal: wanted.signal, passive: true });
  }
  const roving = createRoving(log, { rows: list.rows, onUp: keeper.unstick, onEnd: latest }, signal);

  function latest() {
    if (data.hasNewer) callbacks.onLatest();
    else keeper.toEnd();
  }
  function rest() {
    const top = keeper.topmost();
    const id = Number(top?.node.dataset['messageId']);
    if (top !== null && id > 0) callbacks.onAnchor({ id, offset: top.offset });
  }
  /** Asks for more before an end is reached: once per end, until that end has moved. */
  function page() {
    if (data.historyStatus !== 'ready' || opening || log.clientHeight === 0) return;
    const { above, below } = keeper.room();
    const [first, last] = [data.messages[0]?.id ?? 0, data.messages.at(-1)?.id ?? 0];
    if (above < PAGE_AHEAD_PX && data.hasOlder && !data.loadingOlder && !data.olderFailed && asked.older !== first) {
      asked.older = first;
      callbacks.onOlder();
    }
    if (below < PAGE_AHEAD_PX && data.hasNewer && !data.loadingNewer && asked.newer !== last) {
      asked.newer = last;
      callbacks.onNewer();
    }
  }

  /** @param {MessagesData} before */
  const draw = (before) => {
    const blank = data.messages.length === 0;
    const visible = edges.update({ ...data, blank, empty: blank && data.pending.length === 0 });
    log.classList.toggle('log-covered', !visible);
    if (!visible) return;
    const focused = roving.focused();
    const focusedAt = focused === null ? -1 : list.rows().indexOf(focused);
    const newestBefore = opening || before.hasNewer ? Infinity : (before.messages.at(-1)?.id ?? 0);
    list.draw(data, { newestBefore, focused });
    data.decorate?.(log, list.rows());
    if (data.messages !== before.messages) callbacks.names.want(data.messages.filter(({ guest }) => !guest).map(({ username }) => username));
    roving.update();
    // A row that was in focus and is gone for good hands the focus to its neighbour.
    if (focused !== null && !focused.node.isConnected) roving.focus(list.rows()[focusedAt] ?? list.rows().at(-1));
  };
  /** Another room, or the same one read again from nothing. */
  const clear = () => {
    list.clear();
    roving.update();
    keeper.reset();
    Object.assign(asked, { older: 0, newer: 0 });
    opening = true;
  };
  /** The first sight of a room: its first unread message a little below the top, or its end. */
  const takePlace = () => {
    opening = false;
    const line = list.newLine();
    // A window that does not reach the end was opened at a message; whoever asked for it takes the reader there.
    if (line !== null) keeper.place(line, Math.round(log.clientHeight * NEW_LINE_SHARE));
    else if (!data.hasNewer) keeper.toEnd();
    // Said also when it is as before: the room is another.
    callbacks.onAtBottom(keeper.isStuck());
  };
  /** An end that was asked for and did not come may be asked for again. @param {MessagesData} before */
  const forgetAsked = (before) => {
    if ((before.loadingOlder && !data.loadingOlder) || (before.olderFailed && !data.olderFailed)) asked.older = 0;
    if (before.loadingNewer && !data.loadingNewer) asked.newer = 0;
  };

  element.addEventListener(
    'click',
    (event) => {
      const button = /** @type {Element} */ (event.target).closest('[data-action]');
      if (!(button instanceof HTMLElement)) return;
      const { action } = button.dataset;
      const clientId = button.closest('.row')?.getAttribute('data-client-id') ?? '';
      if (action === 'older') callbacks.onOlder();
      else if (action === 'history') callbacks.onRetryHistory();
      else if (action === 'retry') callbacks.onRetry(clientId);
      else if (action === 'discard') callbacks.onDiscard(clientId);
      else if (action === 'edits') callbacks.onAct('showEdits', Number(button.closest('.row')?.getAttribute('data-message-id')));
      else void copy(button, data.pending.find((pending) => pending.client_id === clientId)?.content ?? '');
    },
    { signal },
  );
  /** @param {Event} event on an author's name, or on their face */
  const showAuthor = (event) => {
    const target = /** @type {Element} */ (event.target);
    const node = target.closest(event.type === 'keydown' ? '.row-name' : '.row-name, .row-face');
    const row = node && list.rows().find((one) => one.node.contains(node));
    if (!row?.source) return;
    event.preventDefault();
    const { source } = row;
    const guest = 'guest' in source ? source.guest : !source.account;
    callbacks.onPerson({ username: source.username, guest }, row.name);
  };
  log.addEventListener('click', showAuthor, { signal });
  log.addEventListener('keydown', (event) => ['Enter', ' '].includes(event.key) && showAuthor(event), { signal });
  log.addEventListener(
    'pointerover',
    (event) => {
      const time = /** @type {Element} */ (event.target).closest('time');
      // Made when somebody points at it: for every row beforehand it would cost more than the row.
      if (time !== null) setAttr(time, 'title', formatFull(time.dateTime));
    },
    { signal, passive: true },
  );
  log.addEventListener(
    'animationend',
    (event) => {
      const row = /** @type {Element} */ (event.target).closest('.row');
      row?.removeAttribute('data-arriving');
      row?.removeAttribute('data-flash');
    },
    { signal },
  );
  /** @type {ReturnType<typeof setTimeout>} */
  let midnight = setTimeout(function relabel() {
    list.relabel();
    midnight = setTimeout(relabel, untilMidnight());
  }, untilMidnight());

  return {
    /** @param {MessagesData} next */
    update(next) {
      const before = data;
      data = next;
      const anew = next.historyStatus === 'loading' && before.historyStatus !== 'loading' && next.messages.length === 0;
      if (anew || next.room?.id !== before.room?.id) clear();
      forgetAsked(before);
      // What was written in a thread moves nobody in the room.
      const sent = !opening && hasSent(before, next) && element.parentElement?.contains(document.activeElement);
      setAttr(log, 'aria-label', next.label ?? strings.messages.label(next.room ? roomTitle(next.room, next.username) : ''));
      setAttr(log, 'aria-busy', next.historyStatus === 'loading' ? 'true' : null);
      if (next.hasNewer) keeper.allowSticking(false);
      const focused = roving.focused();
      const change = () => keeper.mutate(() => draw(before));
      keepFocus(element, change, () => (focused?.node.isConnected ? focused.article : messageField(element)));
      if (!next.hasNewer) keeper.allowSticking(true);
      if (opening && next.historyStatus === 'ready' && next.room !== null) takePlace();
      else if (sent) latest();
      // Not now: whoever draws may be about to take the reader to another place.
      pageSoon ||= requestAnimationFrame(() => {
        pageSoon = 0;
        page();
      });
    },
    scrollToLatest: () => keeper.toEnd(),
    /**
     * Brings a message to the middle and gives it the focus.
     * @param {number} id
     * @param {{flash?: boolean}} [options]
     * @returns {boolean} whether it is in the window
     */
    scrollToMessage(id, { flash = false } = {}) {
      const row = list.row(id);
      if (row === undefined) return false;
      keeper.place(row.node, Math.max(0, (log.clientHeight - row.node.offsetHeight) / 2));
      roving.focus(row);
      if (flash) row.node.toggleAttribute('data-flash', true);
      return true;
    },
    /** @param {import('../types.js').Anchor} anchor @returns {boolean} whether that message is in the window */
    restoreAnchor({ id, offset }) {
      const row = list.row(id);
      if (row === undefined) return false;
      keeper.place(row.node, offset);
      return true;
    },
    /** @param {number | null} id of the message that is being written anew */
    markEdited(id) {
      for (const row of list.rows()) row.node.toggleAttribute('data-editing', row.node.dataset['messageId'] === String(id));
    },
    /** The log's one tab stop. */
    focus: () => find('[tabindex="0"]', element).focus(),
    destroy() {
      clearTimeout(midnight);
      cancelAnimationFrame(pageSoon);
      keeper.destroy();
      ending.abort();
      element.replaceChildren();
    },
  };
}
