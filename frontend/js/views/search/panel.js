/** The panel of the search: the field and where to look, and under it what was found, or what there is to say instead. */

import { el, icon, iconButton, setAttr, setText, uid, wordButton } from '../../dom.js';
import { words } from '../../strings/search.js';
import { createCompletion } from './completion.js';
import { createResults } from './results.js';
import { finished, insert } from './typed.js';

/** From this width on it is a column of its own. */
const COLUMN = '(width >= 1280px)';

/**
 * @typedef {object} Shown
 * @property {'idle'|'searching'|'ready'|'wrong'|'error'|'offline'} status  `wrong`: what is typed cannot be asked
 * @property {import('../../types.js').SearchResult[]} results
 * @property {string} asked  what they were found with
 * @property {boolean} isMore  there is more to look through
 * @property {string} detail  of an error, in words
 * @property {string|null} room  what the room is called that one is in
 * @property {boolean} isEverywhere
 * @property {string[]} recent
 * @property {string|null} username
 *
 * @typedef {object} PanelCallbacks
 * @property {(text: string, now: boolean) => void} onText
 * @property {(isEverywhere: boolean) => void} onScope
 * @property {(result: import('../../types.js').SearchResult) => void} onOpen
 * @property {() => void} onMore
 * @property {() => void} onRetry
 * @property {() => void} onForget
 * @property {() => void} onClose
 * @property {(operator: string, value: string, signal: AbortSignal) => Promise<import('./completion.js').Suggestion[]>} suggest
 */

/** @param {PanelCallbacks} callbacks */
export function createPanel({ onText, onScope, onOpen, onMore, onRetry, onForget, onClose, suggest }) {
  const titleId = uid('search');
  const { chips: operators } = words;
  const input = el('input', {
    id: uid('search-field'), type: 'search', class: 'field finder-field', 'aria-label': words.field, placeholder: words.placeholder,
    autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', enterkeyhint: 'search', dir: 'auto', maxlength: 300,
  });
  const clear = iconButton(words.clear, 'close', { class: 'icon-button finder-clear', hidden: true });
  const close = iconButton(words.close, 'close');
  const here = el('button', { type: 'button', class: 'finder-place', 'aria-pressed': 'true' });
  const everywhere = el('button', { type: 'button', class: 'finder-place', 'aria-pressed': 'false' }, words.everywhere);
  const scope = el('div', { class: 'finder-scope', role: 'group', 'aria-label': words.scope }, here, everywhere);
  const chips = el(
    'div',
    { class: 'finder-chips', role: 'group', 'aria-label': words.operators },
    ...operators.map(({ insert: inserted, label, means }) =>
      el('button', { type: 'button', class: 'finder-chip', title: means, dataset: { insert: inserted } }, label)),
  );
  const status = el('p', { class: 'finder-status', role: 'status' });
  const spinner = el('span', { class: 'spinner finder-spinner', 'aria-hidden': 'true' });
  const note = el('div', { class: 'finder-note' });
  const more = el('button', { type: 'button', class: 'button button-quiet finder-more', hidden: true }, words.further);
  const scroller = el('div', { class: 'scroller finder-scroller' });
  const results = createResults({ scroller, onOpen, onMore, onUp: () => input.focus() });
  const completion = createCompletion(input, { suggest, onChange: () => typed() });
  scroller.append(note, results.list, more);
  const backdrop = el('div', { class: 'finder-backdrop' });
  const element = el(
    'aside',
    { class: 'finder', 'aria-labelledby': titleId, dataset: { view: 'search' }, hidden: true },
    backdrop,
    el(
      'div',
      { class: 'finder-panel', role: 'search', 'aria-labelledby': titleId },
      el('header', { class: 'finder-head' }, el('h2', { id: titleId, class: 'finder-title' }, words.title), spinner, close),
      el(
        'div',
        { class: 'finder-top' },
        el('div', { class: 'finder-box' }, icon('search', 'icon-sm'), input, clear, completion.list),
        completion.status,
        scope,
        chips,
        status,
      ),
      scroller,
    ),
  );
  /** @type {HTMLElement|null} */
  let opener = null;
  /** @type {Shown|null} */
  let shown = null;

  /** @param {boolean} [now] */
  const typed = (now = false) => {
    clear.hidden = input.value === '';
    onText(input.value, now);
  };
  /** @param {string} text @param {number} [caret] */
  const write = (text, caret = text.length) => {
    input.value = text;
    input.focus();
    input.setSelectionRange(caret, caret);
  };
  const hide = () => {
    const hadFocus = element.contains(document.activeElement) || document.activeElement === document.body;
    completion.close();
    element.hidden = true;
    if (hadFocus && opener?.isConnected) opener.focus();
    onClose();
  };

  input.addEventListener('input', (event) => {
    // What is being composed is no word yet.
    if (/** @type {InputEvent} */ (event).isComposing) return;
    typed();
    completion.follow();
  });
  input.addEventListener('compositionend', () => {
    typed();
    completion.follow();
  });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing || completion.take(event)) return;
    if (event.key === 'ArrowDown') results.focus();
    else if (event.key === 'Enter') typed(true);
    else return;
    event.preventDefault();
  });
  clear.addEventListener('click', () => {
    write('');
    typed(true);
  });
  chips.addEventListener('click', (event) => {
    const inserted = /** @type {HTMLElement} */ (event.target).closest('button')?.dataset['insert'];
    if (inserted === undefined) return;
    const next = insert(input.value, input.selectionStart ?? input.value.length, inserted);
    write(next.text, next.caret);
    typed();
    completion.follow();
  });
  here.addEventListener('click', () => onScope(false));
  everywhere.addEventListener('click', () => onScope(true));
  close.addEventListener('click', hide);
  backdrop.addEventListener('click', hide);
  more.addEventListener('click', onMore);
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    hide();
  });

  /** @param {string} sign @param {string} title @param {string} text @param {...HTMLElement} rest */
  const say = (sign, title, text, ...rest) =>
    note.replaceChildren(
      el(
        'div',
        { class: 'empty finder-empty' },
        el('span', { class: 'empty-icon' }, icon(sign)),
        el('p', { class: 'empty-title', dir: 'auto' }, title),
        el('p', { class: 'empty-text' }, text),
        ...rest,
      ),
    );
  const again = () => {
    const button = wordButton(words.retry, 'retry', 'button-quiet');
    button.addEventListener('click', onRetry);
    return button;
  };
  /** @param {string[]} recent */
  const sayRecent = (recent) => {
    const forget = el('button', { type: 'button', class: 'text-button' }, words.forget);
    forget.addEventListener('click', () => {
      onForget();
      input.focus();
    });
    const buttons = recent.map((text) => {
      const button = el('button', { type: 'button', class: 'finder-recent' }, icon('clock', 'icon-sm'), el('bdi', {}, text));
      button.addEventListener('click', () => {
        write(text);
        typed(true);
      });
      return el('li', {}, button);
    });
    note.replaceChildren(
      el('div', { class: 'section-head' }, el('h3', { class: 'section-title' }, words.recent), forget),
      el('ul', { role: 'list' }, ...buttons),
    );
  };
  /** @param {Shown} next */
  const sayInstead = ({ status: how, results: found, asked, isMore, detail, recent, isEverywhere }) => {
    if (how === 'offline') say('alert', words.offlineTitle, words.offlineHint, again());
    else if (how === 'wrong') say('search', words.wrongTitle, detail);
    else if (how === 'error') say('alert', words.errorTitle, detail, again());
    else if (how === 'idle' && recent.length > 0) sayRecent(recent);
    else if (how === 'idle') say('search', words.begin, words.beginHint);
    else if (found.length > 0 || how === 'searching') note.replaceChildren();
    else if (isMore) say('search', words.noneSoFar, '');
    else say('search', words.noneTitle(asked), isEverywhere ? words.noneHintAll : words.noneHint);
  };

  return {
    element,
    /** @param {Shown} next */
    update(next) {
      const before = shown;
      shown = next;
      const { status: how, results: found, asked, isMore, room, isEverywhere, username } = next;
      setText(here, room === null ? '' : words.inRoom(room));
      // Where one is in none there is nothing to choose.
      scope.hidden = room === null;
      setAttr(here, 'aria-pressed', String(!isEverywhere));
      setAttr(everywhere, 'aria-pressed', String(isEverywhere));
      setAttr(element, 'aria-busy', how === 'searching' ? 'true' : null);
      const keeps = how === 'ready' || how === 'searching';
      results.list.hidden = !keeps || found.length === 0;
      if (keeps) results.update(found, asked, username);
      const isSame = before !== null && before.status === how && before.results === found && before.recent === next.recent
        && before.asked === asked && before.detail === next.detail && before.isEverywhere === isEverywhere;
      if (!isSame) sayInstead(next);
      more.hidden = how !== 'ready' || !isMore || found.length > 0;
      // Old results stay while new ones come, and are not counted again until they are there.
      if (how !== 'searching') setText(status, how !== 'ready' ? '' : found.length > 0 ? words.count(found.length, isMore) : isMore ? '' : words.noneTitle(asked));
    },
    isOpen: () => !element.hidden,
    /** There is room for it beside a conversation. */
    isWide: () => matchMedia(COLUMN).matches,
    isColumn: () => matchMedia(COLUMN).matches && element.closest('.chat') !== null,
    open() {
      // Beside the conversation one may come and go without closing it.
      if (!element.contains(document.activeElement)) opener = /** @type {HTMLElement|null} */ (document.activeElement);
      element.hidden = false;
      input.focus();
      input.select();
    },
    hide,
    /** Forgets what is written. */
    reset() {
      input.value = '';
      clear.hidden = true;
    },
    text: () => finished(input.value),
  };
}
