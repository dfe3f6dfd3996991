/** What messages bring along, under their words: images in boxes whose size is known before they come, files as cards. */

import { el, icon, inOrder, keepFocus, setAttr, setText } from '../../dom.js';
import { words } from '../../strings/files.js';
import { addressOf, boxOf, factsText, fillsTile, isPicture, kindOf, nameParts, saidOf } from './facts.js';
import { copyOf } from './preview.js';
import { signOf } from './signs.js';

/**
 * @typedef {import('../row.js').Row} Row
 * @typedef {import('../../types.js').FileInfo} FileInfo
 * @typedef {import('../../types.js').PendingFile} PendingFile
 * @typedef {import('./preview.js').Preview} Preview
 * @typedef {{percent: number, isWaiting: boolean}} Progress  of all files of a message
 *
 * @typedef {'own' | 'passedOn'} Whose what a message brings along itself, and what stands in the quote that it passes on
 *
 * @typedef {object} Worn what a row has on
 * @property {HTMLElement} node
 * @property {HTMLElement} told what it adds to the row's name
 * @property {(FileInfo | PendingFile)[]} files
 * @property {string} shown
 * @property {Map<string, {shown: string, node: HTMLElement}>} parts by id
 * @property {HTMLElement | null} bar
 */

/** Parts of a row's ids; others have theirs. @type {Record<Whose, string>} */
const LETTERS = { own: 'f', passedOn: 'p' };
/** @type {never[]} */
const NONE = [];

/** @param {FileInfo | PendingFile} file */
const told = (file) => (isPicture(file) ? words.row.image(saidOf(file)) : words.row.file(file.name, factsText(file)));

/** @param {string} name @returns {HTMLElement} whose end can always be read */
function nameNode(name) {
  const [stem, end] = nameParts(name);
  return el('span', { class: 'file-name', title: name, 'aria-hidden': 'true' }, el('bdi', { class: 'file-stem' }, stem), end && el('bdi', { class: 'file-end' }, end));
}

/** @param {FileInfo | PendingFile} file */
const cardBody = (file) => [
  el('span', { class: 'file-sign', dataset: { kind: kindOf(file) } }, signOf(kindOf(file))),
  el('span', { class: 'file-text' }, nameNode(file.name), el('span', { class: 'file-facts', 'aria-hidden': 'true' }, factsText(file))),
];

/** @param {(FileInfo | PendingFile)[]} files @returns {'tall' | 'wide'} of the tiles of several images */
const shapeOf = (files) => (files.filter(isPicture).every(({ width, height }) => Number(height) > Number(width)) ? 'tall' : 'wide');

/**
 * A box of the image's own size, or of what one sees of it at most.
 * @param {HTMLElement} box
 * @param {FileInfo | PendingFile} file
 * @returns {HTMLElement}
 */
function shape(box, file) {
  const { width, height } = boxOf(file);
  box.style.setProperty('--box-width', `${width}px`);
  box.style.setProperty('--box-ratio', `${width} / ${height}`);
  box.toggleAttribute('data-whole', !fillsTile(file));
  return box;
}

/**
 * @param {FileInfo | PendingFile} file
 * @param {Preview | null} preview  as this browser has it
 * @param {number} tabindex
 * @returns {HTMLElement}
 */
function makeImage(file, preview, tabindex) {
  const canvas = preview && copyOf(preview, 'file-preview');
  const { width, height } = boxOf(file);
  if (!file.id || 'key' in file) {
    const props = { class: 'file-image', role: 'img', 'aria-label': words.row.image(saidOf(file)) };
    return shape(el('span', props, canvas ?? el('span', { class: 'file-preview' })), file);
  }
  const link = el(
    'a',
    {
      class: 'file-image', href: addressOf(file.id), target: '_blank', rel: 'noopener', tabindex, 'aria-haspopup': 'dialog',
      'aria-label': words.row.open(saidOf(file)), dataset: { file: file.id },
    },
    canvas,
    el('img', {
      src: addressOf(file.id, file.thumbnail ? '/thumbnail' : ''), alt: saidOf(file), width, height, loading: 'lazy', decoding: 'async',
      draggable: 'false',
    }),
  );
  return shape(link, file);
}

/** @param {FileInfo | PendingFile} file @param {number} tabindex @returns {HTMLElement} */
function makeCard(file, tabindex) {
  if (!file.id || 'key' in file) return el('span', { class: 'file-card' }, el('span', { class: 'sr-only' }, told(file)), ...cardBody(file));
  return el(
    'a',
    {
      class: 'file-card', href: addressOf(file.id, '?download=1'), target: '_blank', rel: 'noopener', tabindex, download: file.name,
      dataset: { file: file.id },
    },
    el('span', { class: 'sr-only' }, words.row.download(file.name, factsText(file))),
    ...cardBody(file),
    icon('download', 'icon-sm file-download'),
  );
}

/**
 * Those that are there already are not touched: who is on one of them stays there.
 * @param {HTMLElement} parent
 * @param {string} name a class
 * @param {HTMLElement[]} nodes what it holds
 * @returns {HTMLElement | null} null where that is nothing
 */
function group(parent, name, nodes) {
  const before = /** @type {HTMLElement | null} */ (parent.querySelector(`:scope > .${name}`));
  if (nodes.length === 0) {
    before?.remove();
    return null;
  }
  const box = before ?? el('div', { class: name });
  for (const node of [...box.children]) if (!nodes.includes(/** @type {HTMLElement} */ (node))) node.remove();
  inOrder(box, nodes);
  return box;
}

/**
 * @param {object} options
 * @param {(file: FileInfo | PendingFile) => Preview | null} options.previewOf
 * @param {(files: PendingFile[]) => Progress | null} options.progressOf null: all are there
 * @param {(pictures: FileInfo[], id: string, log: HTMLElement) => void} options.onOpen
 * @param {(id: string) => Promise<boolean>} options.isThere rejects when that cannot be said
 * @param {(id: string, name: string) => void} options.onDownload
 */
export function createAttachments({ previewOf, progressOf, onOpen, isThere, onDownload }) {
  /** @type {Record<Whose, WeakMap<Row, Worn>>} */
  const worn = { own: new WeakMap(), passedOn: new WeakMap() };
  /** @type {WeakSet<HTMLElement>} */
  const heard = new WeakSet();
  /** @type {WeakMap<HTMLElement, Row[]>} */
  const rowsOf = new WeakMap();

  /** @param {Row} row @returns {Record<Whose, (FileInfo | PendingFile)[]>} */
  const filesOf = ({ source }) => {
    if (!source || ('deleted_at' in source && source.deleted_at)) return { own: NONE, passedOn: NONE };
    return { own: source.files ?? NONE, passedOn: ('forwarded' in source && source.forwarded?.files) || NONE };
  };
  /** @param {Row} row @returns {FileInfo[]} the images that the server has */
  const picturesOf = (row) =>
    /** @type {FileInfo[]} */ (Object.values(filesOf(row)).flat().filter((file) => file.id && !('key' in file) && isPicture(file)));

  /** @param {Row} row @param {Whose} whose @returns {Worn} */
  const dress = (row, whose) => {
    const id = row.time.id.replace(/t$/, LETTERS[whose]);
    const name = el('span', { id, hidden: true });
    const dressed = { node: el('div', { class: 'files' }), told: name, files: [], shown: '', parts: new Map(), bar: null };
    setAttr(row.article, 'aria-labelledby', `${row.article.getAttribute('aria-labelledby') ?? ''} ${id}`);
    worn[whose].set(row, dressed);
    return dressed;
  };
  /** @param {Row} row @param {Whose} whose */
  const undress = (row, whose) => {
    const before = worn[whose].get(row);
    if (!before) return;
    before.node.remove();
    setAttr(row.article, 'aria-labelledby', (row.article.getAttribute('aria-labelledby') ?? '').replace(` ${before.told.id}`, ''));
    worn[whose].delete(row);
  };
  /** @param {Row} row @param {Worn} on @param {(FileInfo | PendingFile)[]} files */
  const fill = (row, on, files) => {
    if (on.files === files) return;
    on.files = files;
    // A message that has changed in another way brings the same along.
    const shown = JSON.stringify(files);
    if (on.shown === shown) return;
    on.shown = shown;
    setText(on.told, files.map(told).join('. '));
    const parts = new Map();
    for (const file of files) {
      const key = file.id ?? ('key' in file ? file.key : '');
      const facts = JSON.stringify(file);
      const before = on.parts.get(key);
      const node = before?.shown === facts ? before.node
        : isPicture(file) ? makeImage(file, previewOf(file), row.article.tabIndex) : makeCard(file, row.article.tabIndex);
      parts.set(key, { shown: facts, node });
    }
    on.parts = parts;
    const nodeOf = (/** @type {FileInfo | PendingFile} */ file) => parts.get(file.id ?? ('key' in file ? file.key : '')).node;
    const pictures = files.filter(isPicture).map(nodeOf);
    const cards = files.filter((file) => !isPicture(file)).map(nodeOf);
    const held = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['file'] : undefined;
    keepFocus(on.node, () => {
      const images = group(on.node, 'file-images', pictures);
      if (images) Object.assign(images.dataset, { count: String(Math.min(pictures.length, 5)), shape: shapeOf(files) });
      const others = group(on.node, 'file-cards', cards);
      on.bar?.remove();
      inOrder(on.node, [images, others, on.told].filter((node) => node !== null));
    }, () => (held ? parts.get(held)?.node : undefined) ?? row.article);
    on.bar = null;
  };
  /** @param {Row} row @param {Worn} on */
  const follow = (row, on) => {
    const { source } = row;
    const isOut = source && 'status' in source && source.status === 'sending';
    const progress = isOut ? progressOf(source.files ?? []) : null;
    if (progress === null) {
      on.bar?.remove();
      on.bar = null;
      return;
    }
    if (on.bar === null) {
      on.bar = el(
        'div',
        { class: 'file-way' },
        el('progress', { max: 100, 'aria-label': words.tray.progress('') }),
        el('span', { class: 'file-way-words' }),
        el('button', { type: 'button', class: 'text-button', tabindex: row.article.tabIndex, dataset: { action: 'discard' } }, words.row.cancel),
      );
      on.node.append(on.bar);
    }
    const [bar, text] = /** @type {[HTMLProgressElement, HTMLElement]} */ (/** @type {unknown} */ (on.bar.children));
    bar.value = progress.percent;
    const said = progress.isWaiting ? words.row.waiting : words.row.sending(progress.percent);
    setAttr(bar, 'aria-label', said);
    setText(text, said);
  };

  /** Says in its place why an image cannot be seen. @param {HTMLElement} link @param {boolean} isGone */
  const refuse = (link, isGone) => {
    const text = isGone ? words.row.gone : words.row.failed;
    link.classList.add('file-refused');
    link.toggleAttribute('data-gone', isGone);
    link.querySelector('.file-reason')?.remove();
    link.append(el('span', { class: 'file-reason' }, icon(isGone ? 'file-image' : 'retry', 'icon-sm'), el('span', {}, text)));
    // A card says so in its own words.
    if (link.matches('.file-image')) setAttr(link, 'aria-label', `${link.querySelector('img')?.alt ?? ''}: ${text}`);
  };
  /** @param {HTMLElement} link @param {HTMLImageElement} image */
  const again = (link, image) => {
    link.classList.remove('file-refused');
    link.querySelector('.file-reason')?.remove();
    setAttr(link, 'aria-label', words.row.open(image.alt));
    const { src } = image;
    image.removeAttribute('src');
    image.src = src;
  };
  /** @param {HTMLElement} link */
  const download = async (link) => {
    const id = link.dataset['file'] ?? '';
    try {
      if (await isThere(id)) onDownload(id, link.getAttribute('download') ?? '');
      else refuse(link, true);
    } catch {
      // Whatever is wrong, the browser says so.
      onDownload(id, link.getAttribute('download') ?? '');
    }
  };

  /** @param {HTMLElement} log */
  const listen = (log) => {
    log.addEventListener('error', (event) => {
      const image = event.target;
      const link = image instanceof HTMLImageElement ? image.closest('.file-image') : null;
      if (!(link instanceof HTMLElement)) return;
      refuse(link, false);
      void isThere(link.dataset['file'] ?? '').then((is) => refuse(link, !is), () => {});
    }, { capture: true });
    // The preview has done its work.
    log.addEventListener('load', (event) => {
      const image = event.target;
      if (!(image instanceof HTMLImageElement) || !image.parentElement?.matches('.file-image')) return;
      image.parentElement.querySelector('canvas')?.remove();
      // Now a light ground is under it: what is see-through was mostly made for paper.
      image.toggleAttribute('data-there', true);
    }, { capture: true });
    log.addEventListener('click', (event) => {
      const link = /** @type {Element} */ (event.target).closest('.file-image[data-file], .file-card[data-file]');
      if (!(link instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const image = link.querySelector('img');
      if (link.hasAttribute('data-gone')) return;
      if (link.matches('.file-refused') && image) return again(link, image);
      if (link.matches('.file-card')) return void download(link);
      onOpen((rowsOf.get(log) ?? []).flatMap(picturesOf), link.dataset['file'] ?? '', log);
    });
  };

  return {
    /** @param {HTMLElement} log @param {Row[]} rows */
    draw(log, rows) {
      rowsOf.set(log, rows);
      if (!heard.has(log)) {
        heard.add(log);
        listen(log);
      }
      for (const row of rows) {
        const { own, passedOn } = filesOf(row);
        const quote = row.article.querySelector('.row-forward');
        if (own.length === 0) undress(row, 'own');
        else {
          const on = worn.own.get(row) ?? dress(row, 'own');
          fill(row, on, own);
          follow(row, on);
          // Others put what they have right under the words.
          if (row.body.nextSibling !== on.node) row.body.after(on.node);
        }
        // Outside the quote they would be the forwarder's own; it comes with what draws it.
        if (passedOn.length === 0 || !quote) undress(row, 'passedOn');
        else {
          const on = worn.passedOn.get(row) ?? dress(row, 'passedOn');
          fill(row, on, passedOn);
          if (on.node.parentNode !== quote) quote.append(on.node);
        }
      }
    },
  };
}
