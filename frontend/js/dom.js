/** Making and touching nodes. Text reaches the page only as text nodes; no string is ever parsed as markup. */

import { linkify } from './format.js';

const SVG = 'http://www.w3.org/2000/svg';
let lastId = 0;

/**
 * @typedef {Node | string | null | undefined | false} Child
 * @typedef {{[name: string]: string | number | boolean | null | undefined | {[key: string]: string}}} Props
 */

/**
 * Makes an element. `class`, `dataset` and any attribute may be given in `props`; `null`, `undefined` and `false`
 * leave an
 * attribute out, `true` sets it empty. Handlers and inline styles are refused, because the page's policy would drop
 * them
 * silently: use addEventListener and `style.setProperty`.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props | null} [props]
 * @param {...Child} children strings become text nodes; null, undefined and false are left out
 * @returns {HTMLElementTagNameMap[K]}
 * @throws {TypeError} for `style` and `on...`
 */
export function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name === 'style' || name.startsWith('on')) throw new TypeError(`el: ${name} is not an attribute of this page`);
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'object') Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}

/**
 * @param {EventTarget | null} target of an event
 * @returns {boolean} whether keys pressed there write something
 */
export function takesText(target) {
  return Boolean(/** @type {Element | null} */ (target)?.closest?.('input, textarea, select, [contenteditable]'));
}

/**
 * One symbol of the sprite in index.html, hidden from screen readers: the control that carries it has the words.
 * @param {string} name the symbol's name without its `i-`
 * @param {string} [extraClass]
 * @returns {SVGSVGElement}
 */
export function icon(name, extraClass = '') {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', `icon ${extraClass}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/**
 * A button with an icon and a name that only screen readers and tooltips say.
 * @param {string} label
 * @param {string} iconName
 * @param {Props} [props]
 * @returns {HTMLButtonElement}
 */
export function iconButton(label, iconName, props = {}) {
  return el(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': label, title: label, ...props },
    icon(iconName),
  );
}

/**
 * A button with an icon before its words.
 * @param {string} label
 * @param {string} iconName
 * @param {string} [kind] a class of controls.css
 * @returns {HTMLButtonElement}
 */
export function wordButton(label, iconName, kind = 'button-primary') {
  return el('button', { type: 'button', class: `button ${kind}` }, icon(iconName, 'icon-sm'), el('span', {}, label));
}

/**
 * An id that no other element of the page has, for `aria-labelledby` and the like.
 * @param {string} prefix
 */
export function uid(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/**
 * Sets a node's text, but leaves the node alone when it already says so: an unchanged node costs no layout and no
 * announcement.
 * @param {Node} node
 * @param {string} value
 */
export function setText(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

/**
 * Sets or removes an attribute, only when it changes.
 * @param {Element} node
 * @param {string} name
 * @param {string | boolean | null | undefined} value false, null and undefined remove it; true sets it empty
 */
export function setAttr(node, name, value) {
  const wanted = value === true ? '' : value === false || value === undefined ? null : value;
  if (node.getAttribute(name) === wanted) return;
  if (wanted === null) node.removeAttribute(name);
  else node.setAttribute(name, wanted);
}

/**
 * A link out of the page.
 * @param {string} href
 * @param {Props} props
 * @param {...Child} children
 */
export const link = (href, props, ...children) =>
  el('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow', ...props }, ...children);

/**
 * What a person wrote, as text nodes and links (http, https, mailto).
 * @param {string} text
 * @param {Props} [props] further attributes of the links
 * @returns {DocumentFragment}
 */
export function richText(text, props = {}) {
  const fragment = document.createDocumentFragment();
  for (const part of linkify(text)) {
    fragment.append(part.href === null ? part.text : link(part.href, props, part.text));
  }
  return fragment;
}

/**
 * Brings nodes into a parent in this order; those that stand right already are not touched.
 * @param {Element} parent holds these nodes and no others, or will
 * @param {Element[]} nodes
 */
export function inOrder(parent, nodes) {
  let cursor = parent.firstElementChild;
  for (const node of nodes) {
    if (node === cursor) cursor = cursor.nextElementSibling;
    else parent.insertBefore(node, cursor);
  }
}

/**
 * Brings the children of `parent` into the order of `keys`, making, moving and removing only what has to change.
 * @template {Element} T
 * @param {Element} parent
 * @param {Map<string, T>} nodes the children by key; kept true to what is shown
 * @param {string[]} keys
 * @param {(key: string) => T} make
 */
export function reconcile(parent, nodes, keys, make) {
  const wanted = new Set(keys);
  for (const [key, node] of nodes) {
    if (wanted.has(key)) continue;
    node.remove();
    nodes.delete(key);
  }
  inOrder(
    parent,
    keys.map((key) => {
      const node = nodes.get(key) ?? make(key);
      nodes.set(key, node);
      return node;
    }),
  );
}

/**
 * Changes a part of the page. If that takes away or hides what had the focus, `fallback` gets it: a keyboard's reader
 * must not be thrown back to the top of the page.
 * @param {Element} root the part that changes
 * @param {() => void} change
 * @param {() => (HTMLElement | null | undefined)} fallback
 */
export function keepFocus(root, change, fallback) {
  const focused = document.activeElement;
  const concerned = focused !== null && root.contains(focused);
  change();
  // The change may itself have seen to it.
  const moved = document.activeElement !== focused && document.activeElement !== document.body;
  if (!concerned || moved) return;
  if (!focused.isConnected || !focused.checkVisibility({ visibilityProperty: true })) fallback()?.focus();
}

/**
 * The field people write in, in the same pane as this element: where the focus of what disappears goes.
 * @param {Element} element
 * @returns {HTMLElement | null | undefined}
 */
export function messageField(element) {
  return element.closest('.pane')?.querySelector('.composer-field');
}

/**
 * The first element that matches, or an error that names what is missing.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {T}
 */
export function find(selector, root = document) {
  const node = root.querySelector(selector);
  if (node === null) throw new Error(`missing ${selector}`);
  return /** @type {T} */ (node);
}
