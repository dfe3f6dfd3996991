/**
 * The message box: grows with its text, sends on Enter where there is a keyboard, counts when it gets near the limit.
 */

import { el, icon, iconButton, setAttr, setText, uid } from '../dom.js';
import { countCharacters, roomCall, roomTitle } from '../format.js';
import { strings } from '../strings/en.js';
import { loadSeldom } from './seldom.js';

/** The count shows when this share of the limit is left. */
const NEAR_SHARE = 0.1;
const NEAR_AT_LEAST = 20;

/**
 * @typedef {ReturnType<typeof import('./composermore.js').createComposerMore>} More
 * @typedef {object} ComposerData
 * @property {import('../types.js').Room | null} room
 * @property {string | null} username
 * @property {import('../types.js').Hold | null} hold
 * @property {number} maxLength
 * @property {boolean} mayAttach
 * @property {string} [label] what is said in it, where that is no message to the whole room
 *
 * @typedef {object} Tray what a message will bring along
 * @property {() => number} count
 * @property {() => boolean} isStuck something has to be seen to first, which is said
 * @property {() => import('../types.js').PendingFile[]} take to be sent
 * @property {() => void} choose files are asked for
 * @property {(files: File[]) => void} receive they came before there was a tray
 * @property {() => void} update the box is another one
 * @typedef {{form: HTMLFormElement, field: HTMLTextAreaElement, pane: HTMLElement, attach: HTMLElement, measure: () => void}} TrayPlace
 */

/**
 * @param {HTMLElement} element
 * @param {{onSend: (text: string, files?: import('../types.js').PendingFile[]) => void, onTyping: () => void, onDraft: (text: string) => void, onLatest?: () => void,
 *   onAct: (wish: string, ...details: any[]) => void, onTrouble: (cause: unknown) => void,
 *   onSources: () => Promise<import('./completion.js').Source[]>, onFiles: (place: TrayPlace) => Promise<Tray>}} callbacks
 */
export function createComposer(element, { onSend, onTyping, onDraft, onLatest, onAct, onTrouble, onSources, onFiles }) {
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
  const marks = el(
    'button',
    { type: 'button', class: 'icon-button composer-marks', 'aria-label': strings.composer.format, title: strings.composer.format, 'aria-expanded': 'false' },
    'Aa',
  );
  const emoji = iconButton(strings.composer.emoji, 'smile', { class: 'icon-button composer-emoji', 'aria-haspopup': 'dialog' });
  const attach = iconButton(strings.composer.attach, 'plus', { class: 'icon-button composer-attach' });
  const form = el('form', { class: 'composer-box' }, label, field, attach, emoji, count, marks, send);
  element.setAttribute('aria-label', strings.composer.label);
  element.replaceChildren(form, hint);

  let maxLength = Infinity;
  let over = false;
  /** What few rooms and messages need: waiting, being closed, being used for something else. @type {More | null} */
  let more = null;
  /** The room whose draft is in the box. @type {number | null} */
  let roomId = null;
  /** What is attached, once something is. @type {Tray | null} */
  let tray = null;
  /** @type {Promise<Tray> | null} */
  let traying = null;
  // What is attached waits for the next message while the box is used for something else.
  const isEmpty = () => field.value.trim() === '' && !(more?.isLent() ? more.mayBeEmpty() : tray?.count());

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
    setAttr(send, 'aria-disabled', over || more?.isWaiting() || isEmpty() ? 'true' : null);
  };
  /** What is in the box that was not typed there. */
  let given = '';
  /** @param {string} text */
  const put = (text) => {
    field.value = given = text;
    measure();
    field.setSelectionRange(text.length, text.length);
  };
  const loadMore = async () => {
    const { createComposerMore } = await loadSeldom();
    more ??= createComposerMore({ element, form, field, send, put, measure });
    return more;
  };
  /** What helps to write, with the first key. @type {ReturnType<typeof loadWriting> | null} */
  let writing = null;
  const loadWriting = async () => {
    const [{ createWriting }, sources] = await Promise.all([loadSeldom(), onSources()]);
    return createWriting({ form, field, button: marks, sources, signal });
  };
  /** @param {(tools: Awaited<ReturnType<typeof loadWriting>>) => void} [use] @param {(cause: unknown) => void} [onFailed] */
  const write = (use, onFailed) => {
    writing ??= loadWriting();
    void writing.then(use, (cause) => {
      writing = null;
      onFailed?.(cause);
    });
  };
  const submit = () => {
    if (over || more?.isWaiting() || isEmpty()) return field.focus();
    if (more?.isLent()) return more.submit();
    if (tray?.isStuck()) return;
    const text = field.value;
    put('');
    onSend(text, tray?.take());
    measure();
    onDraft('');
    field.focus();
  };

  /** @param {(loaded: Tray) => void} [use] none: it is only there then, with what is kept for this box */
  const bring = (use) => {
    traying ??= onFiles({ form, field, pane: /** @type {HTMLElement} */ (element.parentElement), attach, measure });
    traying.then((loaded) => {
      tray = loaded;
      use?.(loaded);
    }).catch((cause) => {
      traying = null;
      onTrouble(cause);
    });
  };
  attach.addEventListener('click', () => bring((loaded) => loaded.choose()));
  // Whoever drags something may drop it here.
  const pane = element.parentElement;
  pane?.addEventListener('dragenter', () => bring(), { once: true, signal });
  /** Until the tray hears for itself: a file that is let go over the page would take its place. @param {Event} event */
  const early = (event) => {
    const { type, clipboardData, dataTransfer } = /** @type {ClipboardEvent & DragEvent} */ (event);
    const data = clipboardData ?? dataTransfer;
    if (tray || !data?.types.includes('Files') || (clipboardData && data.types.includes('text/plain'))) return;
    event.preventDefault();
    if (type === 'dragover' || form.hidden) return;
    const files = [...data.files];
    bring((loaded) => loaded.receive(files));
  };
  field.addEventListener('paste', early, { signal });
  for (const name of ['dragover', 'drop']) pane?.addEventListener(name, early, { signal });

  try {
    // The buttons were on view; what shows them again knows that.
    if (localStorage.getItem('parlour.marks')) write();
  } catch {
    // Nothing was kept.
  }
  marks.addEventListener('click', () => write((tools) => tools.toggleBar(), onTrouble));
  field.addEventListener('keydown', (event) => void (writing ?? write((tools) => tools.late(event, given))), { signal });
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
      if (more?.isLent()) return;
      onDraft(field.value);
      if (field.value.trim() !== '') onTyping();
    },
    { signal },
  );
  field.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Escape' && !event.shiftKey && !event.isComposing) {
        if (!more?.giveUp()) onLatest?.();
      }
      if (event.key === 'ArrowUp' && field.value === '' && !event.altKey && !event.ctrlKey && !event.metaKey) {
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
  emoji.addEventListener('click', () => onAct('insertEmoji', emoji, field), { signal });
  form.addEventListener(
    'click',
    (event) => {
      if (event.target === form) field.focus();
    },
    { signal },
  );

  return {
    /** @param {ComposerData} data */
    update({ room, username, hold: next, maxLength: limit, mayAttach, label: called }) {
      attach.hidden = !mayAttach;
      if (roomId !== (room?.id ?? null)) {
        roomId = room?.id ?? null;
        more?.giveBack();
        tray?.update();
      }
      const isArchived = Boolean(room?.archived_at);
      if (more || next || isArchived) void loadMore().then((loaded) => loaded.follow(next, isArchived)).catch(onTrouble);
      setAttr(field, 'placeholder', called ?? (room?.name ? strings.composer.placeholder(roomCall(room, username)) : null));
      setText(label, called ?? strings.composer.field(room ? roomTitle(room, username) : ''));
      if (limit !== maxLength) {
        maxLength = limit;
        measure();
      }
    },
    focus: () => field.focus(),
    /** Files can be dropped and pasted from now on, and what was attached is seen again. */
    recall: () => bring(),
    /** @param {string} text */
    setDraft(text) {
      more?.giveBack();
      put(text);
    },
    /**
     * Uses the box for something else than a new message, until that is done or given up.
     * @param {import('./composermore.js').Loan} loan
     */
    borrow: async (loan) => (await loadMore()).borrow(loan),
    giveBack() {
      more?.giveBack();
      field.focus();
    },
    /** @param {import('./composermore.js').Answer | null} answer what the next message is a reply to */
    answer: async (answer) => (await loadMore()).answer(answer),
    destroy() {
      more?.destroy();
      ending.abort();
      element.replaceChildren();
    },
  };
}
