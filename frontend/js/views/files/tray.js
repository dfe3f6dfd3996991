/** What will be sent with the next message: a chip for each file over the message box, and how far it is. */

import { el, icon, iconButton, keepFocus, reconcile, setAttr, setText } from '../../dom.js';
import { errorText } from '../../strings/en.js';
import { sizeText, words } from '../../strings/files.js';
import { factsText, isPicture, kindOf, nameParts } from './facts.js';
import { copyOf } from './preview.js';
import { signOf } from './signs.js';

/** Something held over the page says so again before. */
const HELD_MS = 400;

/**
 * @typedef {import('../../outbox/blobs.js').Upload} Upload
 * @typedef {import('./preview.js').Preview} Preview
 *
 * @param {Upload} upload
 * @param {number} limit  bytes
 * @returns {string} why it could not be sent
 */
export function reasonOf({ error, detail, name, size }, limit) {
  if (error === 'too_large' && size > limit) return words.tray.tooLarge(name, sizeText(size), sizeText(limit));
  if (error === 'folder') return words.tray.folder;
  if (error === 'file_empty') return words.tray.empty;
  if (error === 'file_gone') return words.tray.gone;
  return detail || errorText(error);
}

/** @param {Upload} upload @param {number} limit  bytes @returns {boolean} trying again is of no use */
export const isFinallyWrong = ({ error, size }, limit) => ['folder', 'file_empty', 'file_gone'].includes(error ?? '') || (error === 'too_large' && size > limit);

/** @param {Upload} upload @returns {number} percent */
export const percentOf = ({ loaded, size, status }) => (status === 'done' ? 100 : size === 0 ? 0 : Math.floor((100 * loaded) / size));

/** @param {Upload} upload @param {number} limit */
function stateText(upload, limit) {
  const { status, error } = upload;
  if (status === 'failed') return reasonOf(upload, limit);
  if (status === 'uploading') return words.tray.percent(percentOf(upload));
  if (status === 'waiting') return error === 'network' || error === 'timeout' ? words.tray.waiting : error ? errorText(error, upload.detail) : words.tray.queued;
  return [factsText(upload), upload.alt && words.tray.described].filter(Boolean).join(' · ');
}

/** @param {Upload} upload */
function makeChip({ key, name }) {
  const [stem, end] = nameParts(name);
  const retry = el('button', { type: 'button', class: 'text-button', 'aria-label': words.tray.retry(name), dataset: { does: 'retry' } }, words.tray.retryShort);
  const describe = el('button', { type: 'button', class: 'text-button', 'aria-label': words.tray.describe(name), dataset: { does: 'describe' } }, words.tray.describeShort);
  const remove = iconButton(words.tray.remove(name), 'close', { class: 'icon-button tray-remove', 'data-does': 'remove' });
  return el(
    'li',
    { class: 'tray-file', dataset: { key } },
    el('span', { class: 'file-sign tray-face' }),
    el(
      'span',
      { class: 'tray-text' },
      el('span', { class: 'file-name', title: name }, el('bdi', { class: 'file-stem' }, stem), end && el('bdi', { class: 'file-end' }, end)),
      el('span', { class: 'tray-state' }),
      el('progress', { class: 'tray-way', max: 100, 'aria-label': words.tray.progress(name) }),
    ),
    describe,
    retry,
    remove,
  );
}

/**
 * A file that is let go where nobody takes it must not take the place of the page.
 * @param {EventTarget} page
 */
export function refuseDrops(page) {
  for (const type of ['dragover', 'drop']) {
    page.addEventListener(type, (event) => {
      const { dataTransfer, defaultPrevented } = /** @type {DragEvent} */ (event);
      if (defaultPrevented || !dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      dataTransfer.dropEffect = 'none';
    });
  }
}

/**
 * @param {import('../composer.js').TrayPlace} place
 * @param {object} options
 * @param {number} options.limit  bytes of one file
 * @param {(key: string) => Preview | null} options.previewOf
 * @param {(key: string) => void} options.onRemove
 * @param {(key: string) => void} options.onRetry
 * @param {(key: string, opener: HTMLElement) => void} options.onDescribe
 * @param {(files: File[]) => void} options.onFiles  they were chosen, pasted or dropped
 * @param {() => string} options.dropWords  what letting go does
 */
export function createTrayView({ form, field, pane, measure }, { limit, previewOf, onRemove, onRetry, onDescribe, onFiles, dropWords }) {
  const list = el('ul', { class: 'tray', role: 'list', 'aria-label': words.tray.label, hidden: true });
  const hint = el('p', { class: 'tray-hint', hidden: true });
  const picker = el('input', { type: 'file', multiple: true, hidden: true });
  form.prepend(list, hint);
  form.append(picker);
  const over = el('div', { class: 'drop-over', 'aria-hidden': 'true', hidden: true }, el('span', { class: 'drop-words' }, icon('download'), el('span')));
  pane.append(over);
  /** @type {Map<string, HTMLLIElement>} */
  const chips = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let gone;

  /** Something is held over the pane that may be let go: said until it is not. */
  const hover = () => {
    setText(/** @type {Element} */ (over.querySelector('.drop-words > span')), dropWords());
    over.hidden = false;
    clearTimeout(gone);
    gone = setTimeout(() => (over.hidden = true), HELD_MS);
  };
  /** A file that is let go over the page must not take its place. @param {ClipboardEvent | DragEvent} event */
  const receive = (event) => {
    const data = 'dataTransfer' in event ? event.dataTransfer : event.clipboardData;
    // What comes with its words is pasted as words. What came before this was there is taken in the end, too.
    if (event.defaultPrevented || !data?.types.includes('Files') || (event.type === 'paste' && data.types.includes('text/plain'))) return;
    event.preventDefault();
    if (form.hidden) return;
    if (event.type === 'dragover') return hover();
    over.hidden = true;
    onFiles([...data.files]);
  };
  field.addEventListener('paste', receive);
  pane.addEventListener('dragover', receive);
  pane.addEventListener('drop', receive);
  picker.addEventListener('change', () => {
    onFiles([...(picker.files ?? [])]);
    picker.value = '';
  });

  /** @param {EventTarget | null} target */
  const keyOf = (target) => /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest('.tray-file'))?.dataset['key'];
  list.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest('button');
    const key = keyOf(event.target);
    if (!button || !key) return;
    const { does } = button.dataset;
    if (does === 'remove') onRemove(key);
    else if (does === 'retry') onRetry(key);
    else onDescribe(key, button);
  });
  list.addEventListener('keydown', (event) => {
    const key = keyOf(event.target);
    if (!key || (event.key !== 'Delete' && event.key !== 'Backspace')) return;
    event.preventDefault();
    onRemove(key);
  });

  /** @param {Upload} upload */
  const fill = (upload) => {
    const { key, name, status } = upload;
    const chip = /** @type {HTMLLIElement} */ (chips.get(key));
    setAttr(chip, 'data-state', status);
    const face = /** @type {HTMLElement} */ (chip.querySelector('.tray-face'));
    const preview = previewOf(key);
    if (preview && !face.querySelector('canvas')) face.replaceChildren(copyOf(preview, 'tray-preview'));
    else if (!face.firstChild) face.append(signOf(kindOf(upload)));
    setAttr(face, 'data-kind', kindOf(upload));
    setText(/** @type {Element} */ (chip.querySelector('.tray-state')), stateText(upload, limit));
    const bar = /** @type {HTMLProgressElement} */ (chip.querySelector('progress'));
    bar.hidden = status === 'done' || status === 'failed';
    bar.value = percentOf(upload);
    const [describe, retry, remove] = /** @type {[HTMLElement, HTMLElement, HTMLElement]} */ (/** @type {unknown} */ ([...chip.querySelectorAll('button')]));
    describe.hidden = !isPicture(upload) || status === 'failed';
    retry.hidden = status !== 'failed' || isFinallyWrong(upload, limit);
    const label = status === 'uploading' || status === 'waiting' ? words.tray.cancel(name) : words.tray.remove(name);
    setAttr(remove, 'aria-label', label);
    setAttr(remove, 'title', label);
  };

  return {
    /** @param {Upload[]} uploads */
    update(uploads) {
      const keys = uploads.map(({ key }) => key);
      const at = [...list.children].findIndex((chip) => chip.contains(document.activeElement));
      keepFocus(
        list,
        () => {
          reconcile(list, chips, keys, (key) => makeChip(/** @type {Upload} */ (uploads.find((upload) => upload.key === key))));
          for (const upload of uploads) fill(upload);
          list.hidden = uploads.length === 0;
        },
        () => {
          const next = list.children[Math.min(at, list.childElementCount - 1)]?.querySelector('.tray-remove');
          return /** @type {HTMLElement | null | undefined} */ (next) ?? field;
        },
      );
      if (!uploads.some(({ status }) => status === 'failed')) hint.hidden = true;
      measure();
    },
    /** @param {string} text  why it is not sent now */
    say(text) {
      setText(hint, text);
      hint.hidden = false;
    },
    choose: () => picker.click(),
  };
}
