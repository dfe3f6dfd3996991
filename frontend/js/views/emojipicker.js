/**
 * The emoji picker: a search, groups, a tone of skin. Beside what has opened it; on a phone a sheet from below.
 */

import { el, icon, iconButton, setAttr, setText, uid } from '../dom.js';
import { words } from '../strings/emoji.js';
import { showModal } from './dialog.js';
import { createEmojiGrid } from './emojigrid.js';
import { newestDrawn } from './emojisupport.js';
import { createTabs } from './tabs.js';

const ANCHOR = '--emoji';
const COLUMNS = 9;
/** A cell under a finger, and what stands beside the grid. Pixels. */
const [TOUCH_PX, MARGIN_PX] = [44, 20];
/** More is not looked through by anybody. */
const FOUND_AT_MOST = 90;
const { tones: toneNames } = words;

/**
 * @typedef {import('../app/emoji.js').Emoji} Emoji
 * @typedef {Pick<typeof import('../app/emoji.js'), 'GROUPS'|'group'|'used'|'search'|'tone'|'setTone'>} Source
 *
 * @param {HTMLElement} anchor
 * @param {Source} source
 * @param {HTMLElement} [back] gets the focus afterwards, if that is not the anchor
 * @returns {Promise<string | null>} what was chosen; settles when the picker has closed
 */
export function openEmojiPicker(anchor, source, back = anchor) {
  const isSheet = matchMedia('(width < 768px)').matches;
  const isTouch = matchMedia('(pointer: coarse)').matches;
  const [inputId, hintId] = [uid('search'), uid('hint')];
  const input = el('input', {
    id: inputId, type: 'search', class: 'field emoji-input', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false',
    placeholder: words.search, 'aria-describedby': hintId, enterkeyhint: 'done',
  });
  const close = iconButton(words.close, 'close');
  const head = el(
    'div',
    { class: 'emoji-head' },
    el('div', { class: 'emoji-search' }, el('label', { class: 'sr-only', for: inputId }, words.search), icon('search', 'icon-sm'), input),
    isSheet ? close : null,
    el('p', { id: hintId, class: 'sr-only' }, words.hint),
  );
  const face = el('span', { class: 'emoji emoji-look', 'aria-hidden': 'true' });
  const name = el('span', { class: 'emoji-name', 'aria-hidden': 'true' });
  const hand = el('button', { type: 'button', class: 'emoji emoji-hand', 'aria-expanded': 'false' });
  const tones = el('div', { role: 'radiogroup', class: 'emoji-tones', 'aria-label': words.tone, hidden: true });
  const foot = el('div', { class: 'emoji-foot' }, face, name, tones, hand);
  const status = el('p', { class: 'sr-only', role: 'status' });
  const notice = el('div', { class: 'emoji-notice', hidden: true });
  /** @type {string | null} */
  let chosen = null;
  /** Grows with every question, so that a slow answer does not take the place of a later one. */
  let asked = 0;
  let group = source.GROUPS[0] ?? 0;

  const grid = createEmojiGrid({
    columns: () => (isSheet ? Math.max(5, Math.floor((innerWidth - MARGIN_PX) / TOUCH_PX)) : COLUMNS),
    onPick: (emoji) => finish(emoji.emoji),
    onLook: (emoji) => {
      setText(face, emoji?.emoji ?? '');
      setText(name, emoji ? emoji.name : '');
    },
    onOut: () => input.focus(),
  });
  /** @param {Emoji[]} emoji */
  const drawable = (emoji) => emoji.filter(({ version }) => version <= newestDrawn());
  /** @param {string} text @param {(() => void) | null} [again] */
  const say = (text, again = null) => {
    notice.hidden = text === '';
    const button = again && el('button', { type: 'button', class: 'text-button' }, words.tryAgain);
    button?.addEventListener('click', () => again?.());
    notice.replaceChildren(text, ...(button ? [' ', button] : []));
  };
  /** @param {() => Promise<{sections: import('./emojigrid.js').Section[], told: string, none: string}>} read */
  const show = async (read) => {
    asked += 1;
    const mine = asked;
    try {
      if (grid.first() === undefined) say(words.loading);
      const { sections, told, none } = await read();
      if (mine !== asked) return;
      const at = source.GROUPS.indexOf(group);
      (input.value.trim() === '' ? tabs.panels[at] : found)?.append(grid.element);
      grid.show(sections);
      panel.scrollTop = 0;
      say(grid.first() === undefined ? none : '');
      setText(status, told);
    } catch {
      if (mine !== asked) return;
      grid.show([]);
      say(words.error, () => void show(read));
      setText(status, words.error);
    }
  };
  /** @param {number} number of a group */
  function choose(number) {
    group = number;
    return show(async () => {
      const isFirst = number === source.GROUPS[0];
      const [used, all] = await Promise.all([isFirst ? source.used() : [], source.group(number)]);
      const sections = [{ title: words.recent, emoji: used }, { title: words.groups[number]?.name ?? '', emoji: drawable(all) }];
      return { sections, told: '', none: '' };
    });
  }
  const find = () => {
    const query = input.value.trim();
    if (query === '') return choose(group);
    return show(async () => {
      const emoji = drawable(await source.search(query)).slice(0, FOUND_AT_MOST);
      const told = emoji.length > 0 ? words.found(emoji.length) : words.none(query);
      return { sections: [{ title: words.results, emoji }], told, none: words.none(query) };
    });
  };
  const drawTone = () => {
    setText(hand, words.hands[source.tone()] ?? '');
    setAttr(hand, 'aria-label', `${words.tone}: ${toneNames[source.tone()] ?? ''}`);
    setAttr(hand, 'title', words.tone);
    for (const [value, button] of [...tones.children].entries()) {
      setAttr(button, 'aria-checked', String(value === source.tone()));
      setAttr(button, 'tabindex', value === source.tone() ? '0' : '-1');
    }
  };
  /** @param {boolean} isOpen */
  const openTones = (isOpen) => {
    tones.hidden = !isOpen;
    foot.classList.toggle('emoji-foot-tones', isOpen);
    setAttr(hand, 'aria-expanded', String(isOpen));
    if (isOpen) /** @type {HTMLElement | null} */ (tones.querySelector('[tabindex="0"]'))?.focus();
    else hand.focus();
  };
  /** @param {number} value */
  const chooseTone = (value) => {
    source.setTone(value);
    drawTone();
    void find();
  };
  /** @param {string | null} emoji */
  function finish(emoji) {
    chosen = emoji;
    if (picker instanceof HTMLDialogElement) picker.close();
    else picker.hidePopover();
  }

  const tabs = createTabs(
    source.GROUPS.map((number) => ({
      label: words.groups[number]?.sign ?? '',
      part: { element: el('div'), open: () => void choose(number), destroy: () => {} },
    })),
    words.groupsLabel,
  );
  tabs.list.classList.add('emoji-tabs');
  [...tabs.list.children].forEach((tab, index) => {
    const label = words.groups[source.GROUPS[index] ?? 0]?.name ?? '';
    tab.classList.add('emoji');
    setAttr(tab, 'aria-label', label);
    setAttr(tab, 'title', label);
  });
  // The one grid goes from panel to panel, and out of them with what was searched for.
  const found = el('div');
  const panel = el('div', { class: 'scroller emoji-panel', tabindex: -1 }, notice, found, ...tabs.panels);
  tabs.panels[0]?.append(grid.element);
  const content = el('div', { class: 'emoji-content' }, head, tabs.list, panel, foot, status);
  const picker = isSheet
    ? el('dialog', { class: 'emoji-picker emoji-sheet', 'aria-label': words.label }, content)
    : el('div', { popover: 'auto', role: 'dialog', class: 'emoji-picker emoji-popover', 'aria-label': words.label }, content);

  tones.append(
    ...toneNames.map((label, value) => {
      const button = el('button', { type: 'button', role: 'radio', class: 'emoji emoji-tone', 'aria-label': label, title: label }, words.hands[value]);
      button.addEventListener('click', () => {
        chooseTone(value);
        openTones(false);
      });
      return button;
    }),
  );
  hand.addEventListener('click', () => openTones(tones.hidden === true));
  tones.addEventListener('keydown', (event) => {
    const step = ['ArrowRight', 'ArrowDown'].includes(event.key) ? 1 : ['ArrowLeft', 'ArrowUp'].includes(event.key) ? -1 : 0;
    if (event.key === 'Escape') openTones(false);
    else if (step) {
      const next = (source.tone() + step + toneNames.length) % toneNames.length;
      chooseTone(next);
      /** @type {HTMLElement | undefined} */ (tones.children[next])?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  close.addEventListener('click', () => finish(null));
  input.addEventListener('input', () => void find());
  tabs.list.addEventListener('click', () => {
    if (input.value === '') return;
    input.value = '';
    void find();
  });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown') grid.focus();
    // The browser would only empty the field.
    else if (event.key === 'Escape') finish(null);
    else if (event.key === 'Enter') {
      const first = grid.first();
      if (first && input.value.trim() !== '') finish(first.emoji);
    } else return;
    event.preventDefault();
  });
  // Whoever writes where nothing is written goes on with the search.
  panel.addEventListener('keydown', (event) => {
    if (event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey && !event.altKey) input.focus();
  });
  // What is typed here is nobody's business outside.
  picker.addEventListener('keydown', (event) => event.stopPropagation());

  drawTone();
  if (picker instanceof HTMLDialogElement) {
    const closed = showModal(picker).then(() => chosen);
    // A keyboard would come up over half of what there is to choose from.
    (isTouch ? panel : input).focus();
    return closed.then((emoji) => {
      back.focus();
      return emoji;
    });
  }
  return new Promise((resolve) => {
    picker.addEventListener('toggle', (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === 'open') return;
      anchor.style.removeProperty('anchor-name');
      setAttr(anchor, 'aria-expanded', anchor.hasAttribute('aria-expanded') ? 'false' : null);
      // A press beside it has its own place for the focus.
      const isInside = picker.contains(document.activeElement) || document.activeElement === document.body;
      picker.remove();
      if (isInside || chosen !== null) back.focus();
      resolve(chosen);
    });
    anchor.style.setProperty('anchor-name', ANCHOR);
    if (anchor.hasAttribute('aria-expanded')) setAttr(anchor, 'aria-expanded', 'true');
    // In a dialog, what stands outside it cannot be reached; elsewhere it belongs to its part of the page.
    (anchor.closest('dialog, main') ?? document.body).append(picker);
    picker.showPopover();
    if (isTouch) panel.focus();
    else input.focus();
  });
}
