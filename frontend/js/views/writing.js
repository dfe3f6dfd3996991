/** What helps to write a message: keys and buttons for Markdown, lists that go on, links by pasting, completion of names. */

import { el, iconButton, setAttr } from '../dom.js';
import { words } from '../strings/writing.js';
import { createCompletion } from './completion.js';
import { breakLine, isInCode, pasteLink, toggleMark } from './marks.js';

/** Whether the buttons are shown; kept on this device. */
const KEY = 'parlour.marks';

/** @typedef {import('./marks.js').Mark} Mark */

/** The marks in the order of their buttons; the key goes with Ctrl or Cmd. @type {{mark: Mark, key: string, shift?: boolean, code?: string}[]} */
const MARKS = [
  { mark: 'bold', key: 'B' },
  { mark: 'italic', key: 'I' },
  { mark: 'strike', key: 'X', shift: true },
  { mark: 'code', key: 'C', shift: true },
  { mark: 'link', key: 'L', shift: true },
  // With Shift the digits are other signs, on each keyboard others: these go by their place.
  { mark: 'numbers', key: '7', shift: true, code: 'Digit7' },
  { mark: 'list', key: '8', shift: true, code: 'Digit8' },
  { mark: 'quote', key: '9', shift: true, code: 'Digit9' },
];
const isMac = navigator.platform.startsWith('Mac');

/** @param {(typeof MARKS)[number]} mark @returns {string} such as "Ctrl+Shift+C" */
const keysOf = ({ key, shift }) => (isMac ? `${shift ? '⇧' : ''}⌘${key}` : `Ctrl+${shift ? 'Shift+' : ''}${key}`);

/**
 * @param {object} options
 * @param {HTMLFormElement} options.form
 * @param {HTMLTextAreaElement} options.field
 * @param {HTMLButtonElement} options.button shows and hides the buttons
 * @param {import('./completion.js').Source[]} options.sources
 * @param {AbortSignal} options.signal
 */
export function createWriting({ form, field, button, sources, signal }) {
  /** @param {import('./marks.js').Change} change */
  const apply = ({ from, to, text, start, end }) => {
    field.focus();
    field.setSelectionRange(from, to);
    // What is done this way can be undone; where a browser has given it up, it is done all the same.
    const isDone = text === '' ? from === to || document.execCommand('delete') : document.execCommand('insertText', false, text);
    if (!isDone) {
      field.setRangeText(text, from, to, 'end');
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }
    field.setSelectionRange(start, end);
  };
  const completion = createCompletion({ form, field, sources, isOff: isInCode, apply, signal });
  /** @param {Mark} mark */
  const put = (mark) => apply(toggleMark(field.value, field.selectionStart, field.selectionEnd, mark));

  const buttons = MARKS.map((mark, index) => {
    const name = words.marks[mark.mark];
    const node = iconButton(name, `mark-${mark.mark}`, {
      title: `${name} (${keysOf(mark)})`, 'aria-keyshortcuts': `${isMac ? 'Meta' : 'Control'}+${mark.shift ? 'Shift+' : ''}${mark.key}`,
      tabindex: index === 0 ? 0 : -1,
    });
    // The keyboard of a phone stays open, and the selection where it is.
    node.addEventListener('mousedown', (event) => event.preventDefault());
    node.addEventListener('click', () => put(mark.mark));
    return node;
  });
  const bar = el('div', { class: 'marks', role: 'toolbar', 'aria-label': words.bar, hidden: true }, ...buttons);
  form.prepend(bar);
  bar.addEventListener('keydown', (event) => {
    const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const isBackwards = getComputedStyle(bar).direction === 'rtl';
    /** @type {Record<string, number>} */
    const steps = { ArrowRight: at + (isBackwards ? -1 : 1), ArrowLeft: at - (isBackwards ? -1 : 1), Home: 0, End: buttons.length - 1 };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const wanted = buttons.at(next % buttons.length);
    for (const node of buttons) node.tabIndex = node === wanted ? 0 : -1;
    wanted?.focus();
  });

  /** @param {boolean} shown */
  const showBar = (shown) => {
    bar.hidden = !shown;
    setAttr(button, 'aria-expanded', String(shown));
    try {
      if (shown) localStorage.setItem(KEY, 'shown');
      else localStorage.removeItem(KEY);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  };

  try {
    if (localStorage.getItem(KEY)) showBar(true);
  } catch {
    // Nothing was kept.
  }

  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (!(isMac ? event.metaKey : event.ctrlKey) || event.altKey || event.isComposing) return;
    const found = MARKS.find(({ key, shift = false, code }) =>
      shift === event.shiftKey && (code ? event.code === code : event.key.toUpperCase() === key));
    if (!found) return;
    event.preventDefault();
    event.stopPropagation();
    put(found.mark);
  };
  field.addEventListener('keydown', onKey, { signal });
  field.addEventListener('beforeinput', (event) => {
    if (event.inputType !== 'insertLineBreak' || event.isComposing || field.selectionStart !== field.selectionEnd) return;
    const change = breakLine(field.value, field.selectionStart);
    if (!change) return;
    event.preventDefault();
    apply(change);
  }, { signal });
  field.addEventListener('paste', (event) => {
    const change = pasteLink(field.value, field.selectionStart, field.selectionEnd, event.clipboardData?.getData('text/plain') ?? '');
    if (!change) return;
    event.preventDefault();
    apply(change);
  }, { signal });
  signal.addEventListener('abort', () => bar.remove());

  return {
    /** Shows or hides the buttons. */
    toggleBar: () => showBar(bar.hidden !== false),
    /**
     * What was pressed and typed before all this was there.
     * @param {KeyboardEvent} event
     * @param {string} given what stood in the box before it was typed in, such as a draft
     */
    late(event, given) {
      onKey(event);
      void completion.look();
      void completion.makeGood(given);
    },
  };
}
