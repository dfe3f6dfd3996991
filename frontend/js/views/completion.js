/**
 * What a word in the message box may become, chosen from a list above it: people, rooms, and whatever else has a sign of its
 * own. The field keeps the focus; the list is a listbox that it controls.
 */

import { el, setAttr, setText, uid } from '../dom.js';
import { words } from '../strings/writing.js';
import { avatar } from './avatar.js';

/** Longer words are not looked for. */
const WORD_AT_MOST = 40;

/**
 * @typedef {object} Choice
 * @property {string} text comes in the place of the sign and the word; a blank follows by itself
 * @property {string} label what the list says
 * @property {string} [detail] stands behind it, smaller
 * @property {string} [face] the name of a person whose face stands before it
 * @property {string} [sign] a character that stands before it
 *
 * @typedef {object} Source something that a word may become
 * @property {string} trigger the sign before the word
 * @property {number} atLeast characters of the word before anything is looked for
 * @property {string} label the list's name
 * @property {(word: string, signal: AbortSignal) => Promise<Choice[]>} find the best first; rejects when it cannot be had now
 * @property {(word: string) => Promise<string | null>} [whole] what a word becomes by itself that stands between two of its signs
 *
 * @typedef {(change: import('./marks.js').Change) => void} Apply
 */

/** @param {Choice} choice */
const option = ({ label, detail, face, sign }) =>
  el(
    'li',
    { role: 'option', id: uid('option'), class: 'option', 'aria-selected': 'false' },
    face === undefined ? null : avatar(face, 'avatar-sm'),
    sign === undefined ? null : el('span', { class: 'completion-sign', 'aria-hidden': 'true' }, sign),
    el('span', { class: 'option-name', dir: 'auto' }, label),
    detail ? el('span', { class: 'option-username', dir: 'auto' }, detail) : null,
  );

/** @param {string} text */
const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/**
 * @param {object} options
 * @param {HTMLElement} options.form the box, above which the list opens
 * @param {HTMLTextAreaElement} options.field
 * @param {Source[]} options.sources
 * @param {(text: string) => boolean} options.isOff nothing is offered behind such a text
 * @param {Apply} options.apply
 * @param {AbortSignal} options.signal
 */
export function createCompletion({ form, field, sources, isOff, apply, signal }) {
  const listId = uid('completion');
  const list = el('ul', { id: listId, role: 'listbox', class: 'options scroller completion', popover: 'manual' });
  const status = el('p', { class: 'sr-only', role: 'status' });
  form.after(list, status);
  setAttr(field, 'aria-autocomplete', 'list');
  const patterns = sources.map((source) => ({
    source,
    closed: source.whole && new RegExp(`(?:^|[\\s([{])${escaped(source.trigger)}([\\p{L}\\p{N}_+-]{1,${WORD_AT_MOST}})${escaped(source.trigger)}$`, 'u'),
    // Behind a blank or an opening bracket: in the middle of a word, as in an address of mail, the sign is only a character.
    pattern: new RegExp(`(?:^|[\\s([{"'“‘*_~])${escaped(source.trigger)}([\\p{L}\\p{M}\\p{N}_+.'-]{${source.atLeast},${WORD_AT_MOST}})$`, 'u'),
  }));

  /** @type {Choice[]} */
  let choices = [];
  let active = 0;
  /** The sign and word in question, `from` to `to` in the text. */
  let place = { from: -1, to: -1 };
  /** Where a list was closed by hand: it stays closed for that word. */
  let refused = -1;
  /** @type {AbortController | null} */
  let asking = null;
  /** An input method is at work, whose text is not to be touched. */
  let isComposing = false;

  const isOpen = () => choices.length > 0;
  const close = () => {
    asking?.abort();
    asking = null;
    choices = [];
    if (list.matches(':popover-open')) list.hidePopover();
    list.replaceChildren();
    setAttr(field, 'aria-controls', null);
    setAttr(field, 'aria-activedescendant', null);
    setText(status, '');
  };
  /** @param {number} index */
  const activate = (index) => {
    const nodes = [...list.children];
    active = (index + nodes.length) % nodes.length;
    nodes.forEach((node, at) => setAttr(node, 'aria-selected', String(at === active)));
    setAttr(field, 'aria-activedescendant', nodes[active]?.id);
    nodes[active]?.scrollIntoView({ block: 'nearest' });
  };
  /** Above the box, as wide as the box allows. */
  const settle = () => {
    const { left, top, width } = form.getBoundingClientRect();
    list.style.setProperty('left', `${left}px`);
    list.style.setProperty('bottom', `${document.documentElement.clientHeight - top + 6}px`);
    list.style.setProperty('max-inline-size', `${width}px`);
    list.style.setProperty('max-block-size', `${Math.max(96, Math.min(264, top - 12))}px`);
  };
  /** @param {Source} source @param {Choice[]} found */
  const show = (source, found) => {
    if (found.length === 0) return close();
    choices = found;
    list.replaceChildren(...found.map(option));
    setAttr(list, 'aria-label', source.label);
    setAttr(field, 'aria-controls', listId);
    settle();
    if (!list.matches(':popover-open')) list.showPopover();
    activate(0);
    setText(status, words.choices(found.length));
  };
  /**
   * Puts in what a word becomes by itself, once its second sign is there. One may have gone on writing behind it by then.
   * @param {string} before up to that sign
   */
  const take = async (before) => {
    for (const { source, closed } of patterns) {
      const word = closed?.exec(before.slice(-WORD_AT_MOST - 3))?.[1];
      if (word === undefined || isOff(before)) continue;
      const text = await source.whole?.(word).catch(() => null);
      if (!text || isComposing || !field.value.startsWith(before)) return;
      const to = before.length;
      const from = to - word.length - 2 * source.trigger.length;
      const moved = (/** @type {number} */ at) => (at < to ? Math.min(at, from + text.length) : at - to + from + text.length);
      if (document.activeElement === field) apply({ from, to, text, start: moved(field.selectionStart), end: moved(field.selectionEnd) });
      else {
        // Whoever is elsewhere by now is not called back.
        field.setRangeText(text, from, to, 'preserve');
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      }
      return;
    }
  };
  /**
   * Does so for all that was typed before anybody looked. What was there before that, such as the draft of an earlier visit,
   * has been left as it is once, and stays so.
   * @param {string} given
   */
  const makeGood = async (given) => {
    const { value } = field;
    let from = 0;
    while (from < value.length && value[from] === given[from]) from += 1;
    let kept = 0;
    while (kept < Math.min(value.length, given.length) - from && value.at(-1 - kept) === given.at(-1 - kept)) kept += 1;
    // From the end, so that what stands before the next one is as it was.
    for (let to = value.length - kept; to > from; to -= 1) await take(value.slice(0, to));
  };
  /**
   * Looks at the word before the caret.
   * @param {string | null} [typed] just now: what comes back by an undo is as it was wanted
   */
  const look = async (typed) => {
    const { value, selectionStart: caret, selectionEnd } = field;
    const before = value.slice(0, caret);
    const near = before.slice(-WORD_AT_MOST - 2);
    const found = caret === selectionEnd && patterns.map(({ source, pattern }) => ({ source, word: pattern.exec(near)?.[1] })).find(({ word }) => word !== undefined);
    if (!found || found.word === undefined) {
      refused = -1;
      if (typed && caret === selectionEnd) void take(before);
      return close();
    }
    const from = caret - found.word.length - found.source.trigger.length;
    if (from === refused || isOff(before)) return close();
    refused = -1;
    place = { from, to: caret };
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    const known = await found.source.find(found.word, mine.signal).catch(() => []);
    // The words have gone on meanwhile, or the list is not wanted any more.
    if (!mine.signal.aborted) show(found.source, known);
  };
  /** @param {Choice | undefined} choice */
  const choose = (choice) => {
    const { from, to } = place;
    close();
    if (!choice) return;
    const text = /^\s/.test(field.value.slice(to)) ? choice.text : `${choice.text} `;
    const end = from + text.length;
    apply({ from, to, text, start: end, end });
  };
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (!isOpen() || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'ArrowDown') activate(active + 1);
    else if (event.key === 'ArrowUp') activate(active - 1);
    else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) choose(choices[active]);
    else if (event.key === 'Escape') {
      refused = place.from;
      close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  // Before the box itself sees the key, which would send the message.
  form.addEventListener('keydown', onKey, { signal, capture: true });
  field.addEventListener('input', (event) => {
    const { isComposing: composes, data } = /** @type {InputEvent} */ (event);
    if (!composes) void look(data);
  }, { signal });
  field.addEventListener('compositionstart', () => (isComposing = true), { signal });
  field.addEventListener('compositionend', () => {
    isComposing = false;
    void look();
  }, { signal });
  // The caret goes to another word.
  document.addEventListener('selectionchange', () => {
    if (isOpen() && (field.selectionStart !== place.to || field.selectionEnd !== place.to)) void look();
  }, { signal });
  field.addEventListener('blur', close, { signal });
  form.addEventListener('submit', close, { signal });
  addEventListener('resize', () => isOpen() && settle(), { signal });
  // The focus stays in the field.
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const index = [...list.children].indexOf(/** @type {Element} */ (event.target).closest('li') ?? list);
    choose(choices[index]);
    field.focus();
  });
  signal.addEventListener('abort', () => {
    close();
    list.remove();
    status.remove();
  });

  return { look, makeGood };
}
