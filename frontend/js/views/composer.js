/**
 * The message box: grows with its text, sends on Enter where there is a keyboard, counts when it gets near the limit.
 */

import { el, icon, setAttr, setText, uid } from '../dom.js';
import { countCharacters } from '../format.js';
import { strings } from '../strings/en.js';

/** The count shows when this share of the limit is left. */
const NEAR_SHARE = 0.1;
const NEAR_AT_LEAST = 20;

/**
 * @typedef {{room: import('../types.js').Room | null, maxLength: number, disabled: string | null}} ComposerData
 * @param {HTMLElement} element
 * @param {{onSend: (text: string) => void, onTyping: () => void, onDraft: (text: string) => void, onLatest?: () => void}} callbacks
 */
export function createComposer(element, { onSend, onTyping, onDraft, onLatest }) {
  const ending = new AbortController();
  const { signal } = ending;
  const [fieldId, hintId, countId] = [uid('box'), uid('hint'), uid('count')];
  // On a touch keyboard Enter makes a new line, and the button sends.
  const coarse = matchMedia('(pointer: coarse)');
  const grows = CSS.supports('field-sizing', 'content');

  const label = el('label', { class: 'sr-only', for: fieldId });
  const hint = el('p', { id: hintId, class: 'sr-only' }, strings.composer.hint);
  const field = el('textarea', {
    id: fieldId,
    class: 'composer-field',
    rows: 1,
    dir: 'auto',
    autocomplete: 'off',
    autocapitalize: 'sentences',
    spellcheck: 'true',
    enterkeyhint: 'enter',
  });
  const count = el('p', { id: countId, class: 'composer-count', 'aria-live': 'polite', hidden: true });
  const send = el(
    'button',
    {
      type: 'submit',
      class: 'composer-send',
      'aria-label': strings.composer.send,
      title: strings.composer.send,
      'aria-disabled': 'true',
    },
    icon('send'),
  );
  const form = el('form', { class: 'composer-box' }, label, field, count, send);
  const closed = el('p', { class: 'composer-closed', hidden: true });
  element.setAttribute('aria-label', strings.composer.label);
  element.replaceChildren(form, closed, hint);

  let maxLength = Infinity;
  let over = false;

  const measure = () => {
    if (!grows) {
      field.style.setProperty('block-size', 'auto');
      field.style.setProperty('block-size', `${field.scrollHeight}px`);
    }
    // The cheap upper bound first: counting code points is for texts near the limit only.
    const near = Math.max(NEAR_AT_LEAST, maxLength * NEAR_SHARE);
    const left = field.value.length < (maxLength - near) / 2 ? Infinity : maxLength - countCharacters(field.value);
    over = left < 0;
    count.hidden = left > near;
    if (!count.hidden) setText(count, over ? strings.composer.over(-left) : strings.composer.left(left));
    setAttr(field, 'aria-invalid', over ? 'true' : null);
    setAttr(field, 'aria-describedby', count.hidden ? (coarse.matches ? null : hintId) : countId);
    setAttr(send, 'aria-disabled', over || field.value.trim() === '' ? 'true' : null);
  };
  const submit = () => {
    if (over || field.value.trim() === '') return field.focus();
    const text = field.value;
    field.value = '';
    measure();
    onSend(text);
    onDraft('');
    field.focus();
  };

  form.addEventListener(
    'submit',
    (event) => {
      event.preventDefault();
      submit();
    },
    { signal },
  );
  field.addEventListener(
    'input',
    () => {
      measure();
      onDraft(field.value);
      if (field.value.trim() !== '') onTyping();
    },
    { signal },
  );
  field.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Escape' && !event.isComposing) onLatest?.();
      // 229: the key belongs to an input method, which Safari says only after the composition has ended.
      if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229 || event.shiftKey || event.altKey) return;
      if (coarse.matches && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      submit();
    },
    { signal },
  );
  // A press on the box anywhere, or on the button, keeps the keyboard of a phone open.
  form.addEventListener(
    'mousedown',
    (event) => {
      if (event.target !== field && document.activeElement === field) event.preventDefault();
    },
    { signal },
  );
  form.addEventListener(
    'click',
    (event) => {
      if (event.target === form) field.focus();
    },
    { signal },
  );

  return {
    /** @param {ComposerData} data */
    update({ room, maxLength: limit, disabled }) {
      form.hidden = disabled !== null;
      closed.hidden = disabled === null;
      setText(closed, disabled ?? '');
      setAttr(field, 'placeholder', room?.name ? strings.composer.placeholder(room.name) : null);
      setText(label, strings.composer.field(room?.name ?? ''));
      if (limit !== maxLength) {
        maxLength = limit;
        measure();
      }
    },
    focus: () => field.focus(),
    /** @param {string} text */
    setDraft(text) {
      field.value = text;
      measure();
      field.setSelectionRange(text.length, text.length);
    },
    destroy() {
      ending.abort();
      element.replaceChildren();
    },
  };
}
