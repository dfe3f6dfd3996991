/**
 * What the message box seldom is: closed, made to wait, or used for something else than a new message. What is written in
 * it stays where it is.
 */

import { el, keepFocus, setAttr, setText } from '../dom.js';
import { formatLength } from '../strings/lengths.js';
import { words } from '../strings/notices.js';
import { strings } from '../strings/en.js';

/** So long messages may be slowed down without a word: they go out by themselves. */
const UNTOLD_MS = 2000;

/**
 * @typedef {object} Loan what the message box is used for besides new messages
 * @property {HTMLElement} bar stands above it
 * @property {string} submit the send button's name
 * @property {string} text to begin with
 * @property {(text: string) => Promise<boolean>} run whether that was all
 * @property {() => void} [onEnd] it is done, or given up
 * @property {boolean} [mayBeEmpty]
 *
 * @typedef {object} Answer what the next message is a reply to
 * @property {HTMLElement} bar stands above the box
 * @property {() => void} onStop it is given up
 *
 * @param {object} box
 * @param {HTMLElement} box.element
 * @param {HTMLFormElement} box.form
 * @param {HTMLTextAreaElement} box.field
 * @param {HTMLButtonElement} box.send
 * @param {(text: string) => void} box.put
 * @param {() => void} box.measure
 */
export function createComposerMore({ element, form, field, send, put, measure }) {
  // Said once; what is counted down is for the eyes alone.
  const closed = el('p', { class: 'composer-closed', 'aria-hidden': 'true', hidden: true });
  const wait = el('p', { class: 'composer-wait', 'aria-hidden': 'true', hidden: true });
  const said = el('p', { class: 'sr-only', role: 'status' });
  const slot = el('div');
  const reply = el('div');
  form.before(slot, reply, wait);
  form.after(closed, said);

  /** @type {import('../types.js').Hold | null} */
  let hold = null;
  let heldSince = 0;
  let isArchived = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  /** @type {(Loan & {draft: string}) | null} */
  let loan = null;
  let isSaving = false;
  /** @type {Answer | null} */
  let answered = null;

  /** New messages have to wait; a change of an old one does not. */
  const isWaiting = () => hold?.code === 'slow_mode' && loan === null;
  const isPaced = () => hold?.code === 'rate_limited' && loan === null && performance.now() - heldSince > UNTOLD_MS;
  /** @param {string} name */
  const nameSend = (name) => {
    setAttr(send, 'aria-label', name);
    setAttr(send, 'title', name);
  };
  /** @param {boolean} saving  what is written in the box that was lent */
  const save = (saving) => {
    isSaving = saving;
    send.ariaBusy = saving ? 'true' : null;
  };
  const giveBack = () => {
    if (loan === null) return;
    const { draft, onEnd } = loan;
    loan = null;
    save(false);
    slot.replaceChildren();
    nameSend(strings.composer.send);
    draw();
    put(draft);
    onEnd?.();
  };
  const reason = () => {
    const text = words.composer;
    const left = hold?.until ? hold.until - performance.now() : 0;
    if (isArchived || hold?.code === 'archived') return text.archived;
    if (hold?.code === 'muted') return left > 0 ? text.mutedFor(formatLength(left)) : text.muted;
    if (isPaced()) return text.paced;
    return isWaiting() ? text.slow(formatLength(left)) : '';
  };
  const draw = () => {
    const isShut = isArchived || hold?.code === 'archived' || hold?.code === 'muted';
    if (isShut && loan !== null) giveBack();
    const title = () => /** @type {HTMLElement | null} */ (document.querySelector('.header-title'));
    keepFocus(element, () => (form.hidden = isShut), title);
    reply.hidden = isShut || loan !== null;
    closed.hidden = !isShut;
    wait.hidden = isShut || !(isWaiting() || isPaced());
    setText(isShut ? closed : wait, reason());
    measure();
  };

  /** @param {Answer | null} next */
  const answer = (next) => {
    answered = next;
    keepFocus(reply, () => reply.replaceChildren(...(next === null ? [] : [next.bar])), () => field);
  };

  return {
    isWaiting,
    answer,
    /** @returns {boolean} whether there was something to be given up */
    giveUp() {
      if (loan !== null) giveBack();
      else if (answered !== null) answered.onStop();
      else return false;
      return true;
    },
    isLent: () => loan !== null,
    mayBeEmpty: () => loan?.mayBeEmpty,
    giveBack,
    /**
     * @param {import('../types.js').Hold | null} next
     * @param {boolean} archived
     */
    follow(next, archived) {
      if (next === hold && archived === isArchived) return;
      if (next?.code !== hold?.code) heldSince = performance.now();
      hold = next;
      isArchived = archived;
      clearInterval(timer);
      if (hold?.until) timer = setInterval(draw, 1000);
      draw();
      setText(said, reason());
    },
    /** @param {Loan} wanted */
    borrow(wanted) {
      giveBack();
      loan = { ...wanted, draft: field.value };
      slot.replaceChildren(wanted.bar);
      nameSend(wanted.submit);
      draw();
      put(wanted.text);
      field.focus();
    },
    submit() {
      const mine = loan;
      if (mine === null || isSaving) return;
      save(true);
      void mine.run(field.value.trim()).then((isDone) => {
        // Meanwhile it was given up, or lent for something else.
        if (loan !== mine) return;
        const { activeElement } = document;
        if (isDone) giveBack();
        else save(false);
        // Who has gone elsewhere while it was saved stays there.
        if (activeElement === document.body || form.contains(activeElement)) field.focus();
      });
    },
    destroy: () => clearInterval(timer),
  };
}
