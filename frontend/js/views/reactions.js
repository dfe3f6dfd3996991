/**
 * Who reacted to a message: a pill for each emoji under its words. A press joins in or takes back; who it was is told when
 * somebody points at it, and in full where they press for longer, or by the other button.
 */

import { el, icon, reconcile, setAttr, setText, uid } from '../dom.js';
import { words } from '../strings/reactions.js';
import { putBelow } from './below.js';

/** So long a pointer rests on a pill, or a finger, before more is told. */
const HOVER_MS = 300;
const LEAVE_MS = 150;
const PRESS_MS = 450;
const PRESS_SLACK_PX = 10;
const ANCHOR = '--reaction';

/**
 * @typedef {import('./row.js').Row} Row
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../app/reactions.js').Shown} Shown
 *
 * @typedef {object} Bar
 * @property {Row['source']} source what it shows
 * @property {number} stamp
 * @property {HTMLElement | null} node
 * @property {Map<string, HTMLButtonElement>} pills by emoji
 *
 * @typedef {object} BarCallbacks
 * @property {(message: Message) => Shown[]} of
 * @property {() => boolean} isOpen whether anybody may react here at all
 * @property {(message: Message, emoji: string) => void} onToggle
 * @property {(message: Message, anchor: HTMLElement, options: {back: HTMLElement}) => void} onAdd
 * @property {(message: Message, emoji: string) => void} onList
 */

/** @param {string} emoji @param {boolean} isNew it comes while one looks */
const makePill = (emoji, isNew) =>
  el(
    'button',
    { type: 'button', class: isNew ? 'pill pill-new' : 'pill', dataset: { emoji } },
    el('span', { class: 'emoji', 'aria-hidden': 'true' }, emoji),
    el('span', { class: 'pill-count', 'aria-hidden': 'true' }),
  );

function makeBar() {
  const add = el(
    'button',
    { type: 'button', class: 'pill pill-add', 'aria-label': words.add, title: words.add, 'aria-haspopup': 'dialog' },
    icon('smile', 'icon-sm'),
  );
  // What its names say describes the message: it has none of its own.
  const pills = el('div', { class: 'pills', id: uid('reactions') });
  return el('div', { class: 'reactions', role: 'group', 'aria-label': words.group }, pills, add);
}

/** @param {BarCallbacks} callbacks */
export function createBars({ of, isOpen, onToggle, onAdd, onList }) {
  /** @type {WeakMap<Row, Bar>} */
  const bars = new WeakMap();
  /** @type {WeakSet<HTMLElement>} */
  const heard = new WeakSet();
  /** By its node, in whichever log it stands. @type {WeakMap<Element, Row>} */
  const byNode = new WeakMap();

  /** @param {Row} row */
  const messageOf = ({ source }) => (source && 'id' in source && !source.deleted_at ? source : null);
  /** @param {EventTarget | null} target @returns {{row: Row, message: Message, pill: HTMLButtonElement} | null} */
  const at = (target) => {
    const pill = /** @type {HTMLButtonElement | null} */ (/** @type {Element | null} */ (target)?.closest?.('.pill') ?? null);
    const row = pill && byNode.get(/** @type {Element} */ (pill.closest('.row')));
    const message = row ? messageOf(row) : null;
    return pill && row && message ? { row, message, pill } : null;
  };

  /** @param {Row} row @param {Bar} bar @param {Shown[]} reactions */
  const fill = (row, bar, reactions) => {
    if (reactions.length === 0) {
      bar.node?.remove();
      bar.node = null;
      bar.pills.clear();
      row.article.removeAttribute('aria-describedby');
      return;
    }
    if (bar.node === null) {
      bar.node = makeBar();
      putBelow(row, bar.node);
      row.article.setAttribute('aria-describedby', /** @type {Element} */ (bar.node.firstElementChild).id);
    }
    const [list, more] = /** @type {[HTMLElement, HTMLElement]} */ (/** @type {unknown} */ (bar.node.children));
    const isKnown = bar.source !== null;
    reconcile(list, bar.pills, reactions.map(({ emoji }) => emoji), (emoji) => makePill(emoji, isKnown));
    const open = isOpen();
    for (const { emoji, count, mine } of reactions) {
      const pill = /** @type {HTMLButtonElement} */ (bar.pills.get(emoji));
      setAttr(pill, 'aria-pressed', String(mine));
      setAttr(pill, 'aria-label', words.pill(emoji, count, mine));
      setAttr(pill, 'aria-disabled', open ? null : 'true');
      setText(/** @type {Element} */ (pill.lastElementChild), words.count(count));
      pill.tabIndex = row.article.tabIndex;
    }
    more.hidden = !open;
    more.tabIndex = row.article.tabIndex;
  };

  const tip = createTip();
  /** @param {HTMLElement} log */
  const listen = (log) => {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let soon;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let press;
    let from = { x: 0, y: 0 };
    /** A finger has been answered already: that it goes up is no press. */
    let isHeld = false;
    /** @param {EventTarget | null} target */
    const tell = (target) => {
      const found = at(target);
      const emoji = found?.pill.dataset['emoji'];
      const reaction = found && emoji ? of(found.message).find((one) => one.emoji === emoji) : undefined;
      if (found && reaction) tip.show(found.pill, reaction);
      else tip.hide();
    };
    /** @param {number} ms @param {EventTarget | null} target */
    const later = (ms, target) => {
      clearTimeout(soon);
      soon = setTimeout(() => tell(target), ms);
    };
    const stopPress = () => clearTimeout(press);
    log.addEventListener('pointerover', (event) => {
      if (event.pointerType !== 'touch') later(at(event.target) ? HOVER_MS : LEAVE_MS, event.target);
    }, { passive: true });
    log.addEventListener('pointerleave', () => later(LEAVE_MS, null), { passive: true });
    tip.node.addEventListener('pointerenter', () => clearTimeout(soon));
    tip.node.addEventListener('pointerleave', () => later(LEAVE_MS, null));
    log.addEventListener('focusin', (event) => {
      if (/** @type {Element} */ (event.target).matches(':focus-visible')) later(0, event.target);
    });
    log.addEventListener('focusout', () => later(0, null));
    log.addEventListener('scroll', () => later(0, null), { passive: true });
    log.addEventListener('click', (event) => {
      const found = at(event.target);
      if (!found) return;
      event.stopPropagation();
      if (isHeld) return void (isHeld = false);
      const emoji = found.pill.dataset['emoji'];
      if (!emoji) return onAdd(found.message, found.pill, { back: found.row.article });
      if (found.pill.ariaDisabled) return;
      onToggle(found.message, emoji);
      if (tip.isShown()) tell(found.pill.isConnected ? found.pill : null);
    });
    log.addEventListener('contextmenu', (event) => {
      const found = at(event.target);
      const emoji = found?.pill.dataset['emoji'];
      if (!found || !emoji) return;
      event.preventDefault();
      stopPress();
      tip.hide();
      if (!isHeld) onList(found.message, emoji);
    });
    log.addEventListener('pointerdown', (event) => {
      stopPress();
      isHeld = false;
      const found = at(event.target);
      const emoji = found?.pill.dataset['emoji'];
      if (event.pointerType !== 'touch' || !found || !emoji) return;
      from = { x: event.clientX, y: event.clientY };
      press = setTimeout(() => {
        isHeld = true;
        onList(found.message, emoji);
      }, PRESS_MS);
    }, { passive: true });
    log.addEventListener('pointermove', (event) => {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > PRESS_SLACK_PX) stopPress();
    }, { passive: true });
    for (const type of ['pointerup', 'pointercancel', 'scroll']) log.addEventListener(type, stopPress, { passive: true });
    log.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !tip.isShown()) return;
      // It closes what is told, and is no wish to go to the end.
      event.stopImmediatePropagation();
      clearTimeout(soon);
      tip.hide();
    }, { capture: true });
    // The log takes the end of a movement for that of a row.
    log.addEventListener('animationend', (event) => {
      const pill = /** @type {Element} */ (event.target);
      if (!pill.matches('.pill')) return;
      event.stopPropagation();
      pill.classList.remove('pill-new');
    }, { capture: true });
  };

  return {
    /** @param {HTMLElement} log @param {Row[]} rows @param {number} stamp another one: draw all anew */
    draw(log, rows, stamp) {
      if (!heard.has(log)) {
        heard.add(log);
        listen(log);
      }
      for (const row of rows) {
        byNode.set(row.node, row);
        const known = bars.get(row);
        if (known?.source === row.source && known.stamp === stamp) continue;
        const bar = known ?? { source: null, stamp, node: null, pills: new Map() };
        const message = messageOf(row);
        fill(row, bar, message ? of(message) : []);
        bar.source = row.source;
        bar.stamp = stamp;
        bars.set(row, bar);
      }
      if (tip.owner()?.isConnected === false) tip.hide();
    },
  };
}

/** What stands beside a pill while somebody points at it: who reacted, the first of them by name. */
function createTip() {
  const face = el('span', { class: 'emoji tip-emoji' });
  const text = el('span', { class: 'tip-words', dir: 'auto' });
  const node = el('div', { popover: 'manual', role: 'tooltip', id: uid('tip'), class: 'reaction-tip' }, face, text);
  /** @type {HTMLElement | null} */
  let owner = null;
  const hide = () => {
    if (owner === null) return;
    owner.style.removeProperty('anchor-name');
    owner.removeAttribute('aria-describedby');
    owner = null;
    if (node.matches(':popover-open')) node.hidePopover();
  };
  return {
    node,
    hide,
    owner: () => owner,
    isShown: () => owner !== null,
    /** @param {HTMLElement} pill @param {Shown} reaction */
    show(pill, { emoji, count, others, mine }) {
      if (owner !== pill) hide();
      setText(face, emoji);
      setText(text, words.who(others, count, mine, emoji));
      if (owner === pill) return;
      owner = pill;
      pill.style.setProperty('anchor-name', ANCHOR);
      pill.setAttribute('aria-describedby', node.id);
      (pill.closest('main') ?? document.body).append(node);
      node.showPopover();
    },
  };
}

