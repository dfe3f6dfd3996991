/**
 * What can be done with the message that is pointed at or in focus: buttons in its corner, keys, and a long press. The
 * one set of tools goes from row to row.
 */

import { el, iconButton, setAttr } from '../dom.js';
import { words as notices } from '../strings/notices.js';
import { words } from '../strings/places.js';

const { tools } = notices;
/** So long a finger rests on a message before its menu opens. */
const PRESS_MS = 450;
const PRESS_SLACK_PX = 10;
/** What is wished of a message by one key. */
const KEPT_BY = { p: 'pin', s: 'save', f: 'forward', c: 'copyLink' };
/** Emoji beside a message with which one reacts by one press. */
const AT_HAND = 3;

/**
 * @typedef {import('./row.js').Row} Row
 *
 * @param {HTMLElement} log
 * @param {object} options
 * @param {() => Row[]} options.rows in order
 * @param {(wish: string, ...details: any[]) => void} options.onAct
 * @param {(message: import('../types.js').Message) => boolean} options.isOwn
 * @param {() => string[]} options.emojiAtHand with which one may react here by one press; none where one may not
 * @param {() => boolean} options.mayReply
 * @param {Pick<import('../app/keepacts.js').KeepActs, 'mayPin'|'maySave'|'isSaved'>} options.keeping
 * @param {Record<string, Event>} options.last what has happened in the log before there were tools, the last of each type
 * @param {AbortController} options.wanted until there are tools
 * @param {AbortSignal} options.signal ends the listeners
 */
export function createRowTools(log, { rows, onAct, isOwn, emojiAtHand, mayReply, keeping, last, wanted, signal }) {
  // Asked for twice, they are there once.
  if (wanted.signal.aborted) return;
  wanted.abort();
  const more = iconButton(tools.actions, 'more', { class: 'icon-button tool', 'aria-haspopup': 'menu', 'aria-expanded': 'false' });
  const react = iconButton(tools.react, 'smile', { class: 'icon-button tool', 'aria-haspopup': 'dialog', 'aria-expanded': 'false' });
  const reply = iconButton(words.message.reply, 'reply', { class: 'icon-button tool' });
  const save = iconButton(words.message.keep, 'bookmark', { class: 'icon-button tool' });
  const pin = iconButton(words.message.pin, 'pin', { class: 'icon-button tool' });
  const quick = Array.from({ length: AT_HAND }, () => el('button', { type: 'button', class: 'icon-button tool' }));
  const bar = el('div', { class: 'row-tools' }, ...quick, react, reply, save, pin, more);
  /** @type {Row | null} */
  let shown = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let press;

  /** A message that the server has and that has not been deleted. @param {Row | null | undefined} row */
  const messageOf = (row) => (row?.source && 'id' in row.source && !row.source.deleted_at ? row.source : null);
  /** @param {EventTarget | null} target */
  const rowOf = (target) => {
    const node = /** @type {Element | null} */ (target)?.closest?.('.row');
    return node ? (rows().find((row) => row.node === node) ?? null) : null;
  };
  /** @param {string} key @returns {key is keyof typeof KEPT_BY} */
  const isWish = (key) => Object.hasOwn(KEPT_BY, key);
  /** What the buttons do that keep the message, or no longer. */
  const drawKept = () => {
    const message = messageOf(shown);
    save.hidden = !keeping.maySave();
    pin.hidden = !keeping.mayPin();
    if (!message) return;
    const label = (/** @type {HTMLElement} */ button, /** @type {string} */ text, /** @type {boolean} */ isOn) => {
      setAttr(button, 'aria-label', text);
      setAttr(button, 'title', text);
      button.toggleAttribute('data-on', isOn);
    };
    label(save, keeping.isSaved(message) ? words.message.unkeep : words.message.keep, keeping.isSaved(message));
    label(pin, message.pinned_at ? words.message.unpin : words.message.pin, Boolean(message.pinned_at));
  };
  const changes = new MutationObserver(() => drawKept());
  /** @param {Row | null} row */
  const show = (row) => {
    if (row === shown || bar.querySelector('[aria-expanded="true"]')) return;
    if (bar.contains(document.activeElement)) return;
    shown = messageOf(row) ? row : null;
    if (shown === null) return bar.remove();
    const atHand = emojiAtHand();
    react.hidden = atHand.length === 0;
    reply.hidden = !mayReply();
    drawKept();
    for (const [index, button] of quick.entries()) {
      const emoji = atHand[index];
      button.hidden = emoji === undefined;
      // Not as text: it is none of the message's words, for whoever copies or finds them.
      button.dataset['emoji'] = emoji ?? '';
      setAttr(button, 'aria-label', tools.reactWith(emoji ?? ''));
    }
    for (const button of [...quick, react, reply, save, pin, more]) button.tabIndex = shown.article.tabIndex;
    shown.article.append(bar);
    // What it is by now is seen by its marks.
    changes.disconnect();
    changes.observe(shown.article, { childList: true });
  };
  /** @param {Row} row @param {HTMLElement} [anchor] */
  const pick = (row, anchor = row.article) => {
    const message = messageOf(row);
    if (message && emojiAtHand().length > 0) onAct('pickReaction', message, anchor, { back: anchor === react ? react : row.article });
  };
  /** @param {Row} row @param {boolean} [isHeld] by a finger that is still down */
  const open = (row, isHeld = false) => {
    const message = messageOf(row);
    if (!message) return;
    show(row);
    onAct('messageMenu', message, more, { back: row.article, isHeld });
  };

  log.addEventListener('pointerover', (event) => event.pointerType !== 'touch' && show(rowOf(event.target)), { signal, passive: true });
  log.addEventListener('pointerleave', () => show(rowOf(document.activeElement)), { signal, passive: true });
  log.addEventListener('focusin', (event) => show(rowOf(event.target)), { signal });
  react.addEventListener('click', () => shown && pick(shown, react), { signal });
  const reactAtOnce = (/** @type {Event} */ event) => {
    const button = /** @type {HTMLElement} */ (event.currentTarget);
    if (shown) onAct('react', messageOf(shown), button.dataset['emoji']);
  };
  for (const button of quick) button.addEventListener('click', reactAtOnce, { signal });
  more.addEventListener(
    'click',
    (event) => {
      event.stopPropagation();
      if (shown && more.popoverTargetElement === null) open(shown);
    },
    { signal },
  );
  reply.addEventListener(
    'click',
    (event) => {
      event.stopPropagation();
      const message = messageOf(shown);
      if (message) onAct('reply', message);
    },
    { signal },
  );
  const actOnShown = (/** @type {string} */ wish) => (/** @type {Event} */ event) => {
    event.stopPropagation();
    const message = messageOf(shown);
    if (message) onAct(wish, message);
  };
  save.addEventListener('click', actOnShown('save'), { signal });
  pin.addEventListener('click', actOnShown('pin'), { signal });
  const stopPress = () => clearTimeout(press);
  let at = { x: 0, y: 0 };
  /** The finger that has opened the menu is still down, or has just gone up: that is no press on what lies beneath. */
  let isHeld = false;
  /** @param {PointerEvent} event a finger comes down */
  const begin = (event) => {
    const row = rowOf(event.target);
    if (event.pointerType !== 'touch' || !row || /** @type {Element} */ (event.target).closest('a, button')) return;
    at = { x: event.clientX, y: event.clientY };
    press = setTimeout(() => {
      isHeld = true;
      open(row, true);
    }, PRESS_MS);
  };
  log.addEventListener(
    'pointerdown',
    (event) => {
      stopPress();
      isHeld = false;
      begin(event);
    },
    { signal, passive: true },
  );
  log.addEventListener(
    'pointermove',
    (event) => {
      if (Math.hypot(event.clientX - at.x, event.clientY - at.y) > PRESS_SLACK_PX) stopPress();
    },
    { signal, passive: true },
  );
  for (const type of ['pointerup', 'pointercancel', 'scroll']) log.addEventListener(type, stopPress, { signal, passive: true });
  log.addEventListener(
    'click',
    (event) => {
      if (!isHeld) return;
      isHeld = false;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { signal, capture: true },
  );
  log.addEventListener('contextmenu', (event) => {
    // A finger that rests selects a word otherwise, and the menu is there already.
    if (/** @type {PointerEvent} */ (event).pointerType === 'touch' && rowOf(event.target)) event.preventDefault();
  }, { signal });
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLButtonElement) return;
    const row = rowOf(event.target);
    const message = messageOf(row);
    if (!row || !message) return;
    if (event.key === 'm') open(row);
    else if (isWish(event.key)) onAct(KEPT_BY[event.key], message);
    else if (event.key === 'r' && mayReply()) onAct('reply', message);
    else if (event.key === 't') onAct('openThread', message);
    else if (event.key === 'e' && isOwn(message)) onAct('edit', message);
    else if (event.key === 'Delete') onAct('askDelete', message);
    else if (event.key === '+' || event.key === ':') pick(row);
    else return;
    event.preventDefault();
  };
  log.addEventListener('keydown', onKey, { signal });

  // The message that one is at was on its way until now.
  const stored = new MutationObserver(() => {
    if (shown === null) show(rowOf(log.querySelector('.row:hover') ?? document.activeElement));
  });
  stored.observe(log, { subtree: true, attributeFilter: ['data-message-id'] });

  signal.addEventListener('abort', () => {
    stopPress();
    changes.disconnect();
    stored.disconnect();
  });
  const { keydown, pointerup, ...rest } = last;
  const [event] = Object.values(rest).sort((one, other) => other.timeStamp - one.timeStamp);
  if (!(event instanceof PointerEvent) || event.pointerType !== 'touch') show(rowOf(event?.target ?? null));
  else if (!pointerup || pointerup.timeStamp < event.timeStamp) begin(event);
  // A key that was pressed before counts now, unless one has gone on from that message.
  if (keydown?.target === document.activeElement) onKey(/** @type {KeyboardEvent} */ (keydown));
}
