/**
 * The message box: grows with its text, sends on Enter where there is a keyboard, counts when it gets near the limit.
 */

import { el, icon, keepFocus, setAttr, setText, uid } from '../dom.js';
import { countCharacters, roomCall, roomTitle } from '../format.js';
import { strings } from '../strings/en.js';

/** The count shows when this share of the limit is left. */
const NEAR_SHARE = 0.1;
const NEAR_AT_LEAST = 20;

/**
 * @typedef {object} ComposerData
 * @property {import('../types.js').Room | null} room
 * @property {string | null} username
 * @property {import('../types.js').Hold | null} hold
 * @property {number} maxLength
 *
 * @typedef {object} Loan what the message box is used for besides new messages
 * @property {HTMLElement} bar stands above it
 * @property {string} submit the send button's name
 * @property {string} text to begin with
 * @property {(text: string) => Promise<boolean>} run whether that was all
 * @property {() => void} [onEnd] it is done, or given up
 */

/**
 * @param {number} ms
 * @returns {string} such as "12 seconds" or "3 days"
 */
function lengthOf(ms) {
  const text = strings.composer;
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 100) return text.seconds(seconds);
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 100) return text.minutes(minutes);
  const hours = Math.ceil(minutes / 60);
  return hours < 48 ? text.hours(hours) : text.days(Math.ceil(hours / 24));
}

/**
 * @param {HTMLElement} element
 * @param {{onSend: (text: string) => void, onTyping: () => void, onDraft: (text: string) => void, onLatest?: () => void,
 *   onAct: (wish: string) => void}} callbacks
 */
export function createComposer(element, { onSend, onTyping, onDraft, onLatest, onAct }) {
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
  // Said once; what is counted down is for the eyes alone.
  const wait = el('p', { class: 'composer-wait', 'aria-hidden': 'true', hidden: true });
  const said = el('p', { class: 'sr-only', role: 'status' });
  const loanSlot = el('div');
  element.setAttribute('aria-label', strings.composer.label);
  element.replaceChildren(loanSlot, wait, form, closed, said, hint);

  let maxLength = Infinity;
  let over = false;
  /** @type {import('../types.js').Hold | null} */
  let hold = null;
  let isArchived = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  /** @type {(Loan & {draft: string}) | null} */
  let loan = null;
  /** The room whose draft is in the box. @type {number | null} */
  let roomId = null;

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
    setAttr(send, 'aria-disabled', over || isWaiting() || field.value.trim() === '' ? 'true' : null);
  };
  /** New messages have to wait; a change of an old one does not. */
  const isWaiting = () => hold?.code === 'slow_mode' && loan === null;
  /** @param {string} text */
  const put = (text) => {
    field.value = text;
    measure();
    field.setSelectionRange(text.length, text.length);
  };
  const endLoan = () => {
    if (loan === null) return;
    const { draft, onEnd } = loan;
    loan = null;
    onEnd?.();
    loanSlot.replaceChildren();
    setAttr(send, 'aria-label', strings.composer.send);
    setAttr(send, 'title', strings.composer.send);
    drawHold();
    put(draft);
  };
  const submitLoan = async () => {
    const mine = loan;
    if (mine === null || send.ariaBusy) return;
    send.ariaBusy = 'true';
    const isDone = await mine.run(field.value.trim());
    send.ariaBusy = null;
    if (isDone && loan === mine) endLoan();
    field.focus();
  };
  /** Why one may not write now, in words; the text stays where it is. */
  const drawHold = () => {
    const text = strings.composer;
    const left = hold?.until ? hold.until - performance.now() : 0;
    const isShut = isArchived || hold?.code === 'archived' || hold?.code === 'muted';
    const words = isArchived || hold?.code === 'archived' ? text.archived
      : hold?.code === 'muted' ? (left > 0 ? text.mutedFor(lengthOf(left)) : text.muted)
        : isWaiting() ? text.slow(lengthOf(left)) : '';
    if (isShut && loan !== null) endLoan();
    if (form.hidden !== isShut) {
      keepFocus(element, () => {
        form.hidden = isShut;
        closed.hidden = !isShut;
      }, () => /** @type {HTMLElement | null} */ (document.querySelector('.header-title')));
    }
    setText(closed, isShut ? words : '');
    wait.hidden = isShut || words === '';
    setText(wait, words);
    measure();
  };
  /** @param {import('../types.js').Hold | null} next @param {boolean} archived */
  const follow = (next, archived) => {
    if (next === hold && archived === isArchived) return;
    hold = next;
    isArchived = archived;
    clearInterval(timer);
    if (hold?.until) timer = setInterval(drawHold, 1000);
    drawHold();
    setText(said, closed.hidden ? (wait.textContent ?? '') : (closed.textContent ?? ''));
  };
  const submit = () => {
    if (over || isWaiting() || field.value.trim() === '') return field.focus();
    if (loan !== null) return void submitLoan();
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
      if (loan !== null) return;
      onDraft(field.value);
      if (field.value.trim() !== '') onTyping();
    },
    { signal },
  );
  field.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Escape' && !event.isComposing) {
        if (loan === null) onLatest?.();
        else endLoan();
      }
      if (event.key === 'ArrowUp' && field.value === '' && loan === null && !event.altKey && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        onAct('editLast');
      }
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
    update({ room, username, hold: next, maxLength: limit }) {
      if (roomId !== (room?.id ?? null)) {
        roomId = room?.id ?? null;
        endLoan();
      }
      follow(next, Boolean(room?.archived_at));
      setAttr(field, 'placeholder', room?.name ? strings.composer.placeholder(roomCall(room, username)) : null);
      setText(label, strings.composer.field(room ? roomTitle(room, username) : ''));
      if (limit !== maxLength) {
        maxLength = limit;
        measure();
      }
    },
    focus: () => field.focus(),
    /** @param {string} text */
    setDraft(text) {
      endLoan();
      put(text);
    },
    /**
     * Uses the box for something else than a new message, until that is done or given up.
     * @param {Loan} wanted
     */
    borrow(wanted) {
      endLoan();
      loan = { ...wanted, draft: field.value };
      loanSlot.replaceChildren(wanted.bar);
      setAttr(send, 'aria-label', wanted.submit);
      setAttr(send, 'title', wanted.submit);
      drawHold();
      put(wanted.text);
      field.focus();
    },
    giveBack() {
      endLoan();
      field.focus();
    },
    destroy() {
      clearInterval(timer);
      ending.abort();
      element.replaceChildren();
    },
  };
}
