/** One image over the whole window, and from there to the others of the room. Loaded with the first that is opened. */

import { el, icon, iconButton, setAttr, setText, uid } from '../../dom.js';
import { showModal } from '../dialog.js';

/** @typedef {import('../../types.js').FileInfo} FileInfo */

/**
 * @param {FileInfo[]} pictures  in the order of the room
 * @param {string} id  of the one to begin with
 * @param {object} options
 * @param {{addressOf: typeof import('./facts.js').addressOf, factsText: typeof import('./facts.js').factsText,
 *   words: typeof import('../../strings/files.js').words.viewer}} options.parts  handed over: what two files import would be loaded with every page
 * @param {(id: string) => Promise<boolean>} options.isThere
 * @param {(id: string) => HTMLElement | null} options.placeOf  in the log, gets the focus afterwards
 * @returns {Promise<void>} settles when it is closed
 */
export function openViewer(pictures, id, { parts, isThere, placeOf }) {
  const { addressOf, factsText, words } = parts;
  const [titleId, altId] = [uid('viewer'), uid('viewer')];
  let at = Math.max(0, pictures.findIndex((picture) => picture.id === id));
  let isLarge = false;

  const title = el('h2', { id: titleId, class: 'viewer-name', dir: 'auto' });
  const facts = el('p', { class: 'viewer-facts' });
  const zoom = iconButton(words.zoomIn, 'zoom', { class: 'icon-button viewer-zoom', 'aria-pressed': 'false' });
  const download = el(
    'a',
    { class: 'icon-button', target: '_blank', rel: 'noopener', 'aria-label': words.download, title: words.download },
    icon('download'),
  );
  const close = iconButton(words.close, 'close');
  const previous = iconButton(words.previous, 'back', { class: 'icon-button viewer-turn viewer-previous' });
  const next = iconButton(words.next, 'back', { class: 'icon-button viewer-turn viewer-next' });
  const image = el('img', { class: 'viewer-image', decoding: 'async', draggable: 'false' });
  const note = el('p', { class: 'viewer-note', role: 'status' });
  const frame = el('div', { class: 'viewer-frame', tabindex: -1 }, image, note);
  const alt = el('p', { id: altId, class: 'viewer-alt', dir: 'auto' });
  /** What came into view, in one sentence: the dialog's name is told but once. */
  const said = el('p', { class: 'sr-only', role: 'status' });
  const dialog = el(
    'dialog',
    { class: 'viewer', 'aria-labelledby': titleId, 'aria-describedby': altId },
    el('header', { class: 'viewer-head' }, el('div', { class: 'viewer-title' }, title, facts), zoom, download, close),
    el('div', { class: 'viewer-stage' }, previous, frame, next),
    alt,
    said,
  );

  /** @param {boolean} large */
  const setZoom = (large) => {
    isLarge = large;
    dialog.toggleAttribute('data-large', large);
    setAttr(zoom, 'aria-pressed', String(large));
    const label = large ? words.zoomOut : words.zoomIn;
    setAttr(zoom, 'aria-label', label);
    setAttr(zoom, 'title', label);
    zoom.replaceChildren(icon(large ? 'fit' : 'zoom'));
    // What is larger than the window is gone over by keys.
    setAttr(frame, 'tabindex', large ? '0' : '-1');
    if (!large) return;
    frame.focus();
    frame.scrollTo((frame.scrollWidth - frame.clientWidth) / 2, (frame.scrollHeight - frame.clientHeight) / 2);
  };
  const draw = () => {
    const picture = pictures[at];
    if (!picture) return;
    setText(title, picture.name);
    setText(facts, [factsText(picture), pictures.length > 1 && words.place(at + 1, pictures.length)].filter(Boolean).join(' · '));
    setText(alt, picture.alt || words.noAlt);
    alt.classList.toggle('viewer-alt-none', picture.alt === '');
    setAttr(image, 'alt', picture.alt || picture.name);
    setAttr(image, 'width', String(picture.width ?? ''));
    setAttr(image, 'height', String(picture.height ?? ''));
    dialog.toggleAttribute('data-busy', true);
    dialog.removeAttribute('data-wrong');
    setText(note, '');
    // The small one is there already, and stands in until the whole one is.
    image.style.setProperty('background-image', picture.thumbnail ? `url("${addressOf(picture.id, '/thumbnail')}")` : 'none');
    image.src = addressOf(picture.id);
    download.href = addressOf(picture.id, '?download=1');
    setAttr(download, 'download', picture.name);
    previous.hidden = next.hidden = pictures.length < 2;
    setAttr(previous, 'aria-disabled', at === 0 ? 'true' : null);
    setAttr(next, 'aria-disabled', at === pictures.length - 1 ? 'true' : null);
    if (isLarge) setZoom(false);
  };
  /** @param {number} to */
  const go = (to) => {
    if (to < 0 || to >= pictures.length || to === at) return;
    at = to;
    draw();
    const { name = '', alt: description = '' } = pictures[at] ?? {};
    setText(said, words.said(name, words.place(at + 1, pictures.length), description || words.noAlt));
  };

  image.addEventListener('load', () => {
    dialog.removeAttribute('data-busy');
    image.style.removeProperty('background-image');
    // The next is there before it is wanted.
    const following = pictures[at + 1];
    if (following) new Image().src = addressOf(following.id);
  });
  image.addEventListener('error', () => {
    const shown = pictures[at]?.id ?? '';
    dialog.removeAttribute('data-busy');
    dialog.toggleAttribute('data-wrong', true);
    setText(note, words.failed);
    void isThere(shown).then((is) => !is && pictures[at]?.id === shown && setText(note, words.gone), () => {});
  });
  zoom.addEventListener('click', () => setZoom(!isLarge));
  image.addEventListener('click', () => setZoom(!isLarge));
  close.addEventListener('click', () => dialog.close());
  previous.addEventListener('click', () => go(at - 1));
  next.addEventListener('click', () => go(at + 1));
  // A press beside the image closes, as beside a dialog.
  frame.addEventListener('click', (event) => event.target === frame && !isLarge && dialog.close());
  let from = { x: 0, y: 0 };
  frame.addEventListener('pointerdown', (event) => (from = { x: event.clientX, y: event.clientY }), { passive: true });
  frame.addEventListener('pointerup', (event) => {
    const moved = event.clientX - from.x;
    if (event.pointerType === 'touch' && !isLarge && Math.abs(moved) > 48 && Math.abs(moved) > 2 * Math.abs(event.clientY - from.y)) go(at - Math.sign(moved));
  }, { passive: true });
  dialog.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const turns = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - 1, PageDown: at + 1, Home: 0, End: pictures.length - 1 };
    const isArrow = event.key.startsWith('Arrow');
    if (Object.hasOwn(turns, event.key) && !(isLarge && isArrow)) go(turns[/** @type {keyof typeof turns} */ (event.key)]);
    else if (event.key === 'z' || event.key === '1') setZoom(!isLarge);
    else return;
    event.preventDefault();
  });

  draw();
  const closed = showModal(dialog);
  close.focus();
  return closed.then(() => placeOf(pictures[at]?.id ?? '')?.focus());
}
