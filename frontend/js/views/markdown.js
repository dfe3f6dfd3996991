/**
 * Markdown as nodes: marked reads a text, and of what it has read only the kinds named here become elements. All else is
 * shown as the text it is. No HTML exists on the way.
 */

import { el, link, richText } from '../dom.js';
import { hrefOf } from '../format.js';
import { words } from '../strings/markdown.js';
import { codeBlock } from './codeblock.js';
import { createLexer } from './markdownrules.js';

/** A message of more elements is shown as it was written. */
const ELEMENTS_AT_MOST = 1500;
/** What an address seems to be to those who read it: a host, perhaps behind a scheme or a name. */
const HOST = /^(?:[a-z][a-z\d+.-]*:\/*)?(?:[^@/]*@)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?![\p{L}\p{N}])/iu;
// What cannot be seen, or turns the direction of what follows, hides where a name begins.
const UNSEEN = /[\p{Cc}\p{Cf}\u3164\u115f\u1160\uffa0]/gu;
const BETWEEN_WORDS = /[\s()<>[\]{}\x22\x27“”‘’,;|]+/;

/**
 * @typedef {any} Token a token of marked; which fields it has depends on its `type`
 * @typedef {import('../dom.js').Props} Props
 * @typedef {{props: Props, isLink: boolean, left: number}} Context
 */

/** @param {string} host @returns {string | null} as an address has it; www. or not is no difference */
function canonicalHost(host) {
  return URL.canParse(`https://${host}`) ? new URL(`https://${host}`).hostname.replace(/^www\./, '') : null;
}

/**
 * @param {string} text of a link
 * @param {string} href where it leads
 * @returns {string} where it leads, if the text seems to be another address; else ''
 */
export function realPlace(text, href) {
  const url = new URL(href);
  const shown = text.normalize('NFKC').replaceAll('。', '.').replace(UNSEEN, '').trim();
  if (url.protocol === 'mailto:') {
    const address = decodeURI(url.pathname);
    return shown.replace(/^mailto:/i, '') === address || !/[@.]\S/.test(shown) ? '' : address;
  }
  const real = canonicalHost(url.host);
  for (const word of shown.split(BETWEEN_WORDS)) {
    const claimed = HOST.exec(word)?.[1];
    if (claimed && canonicalHost(claimed) !== canonicalHost(url.hostname)) return url.host;
  }
  return real === null ? url.host : '';
}

/** @param {Token[]} tokens @param {string} between @returns {string} their words without signs */
function wordsOf(tokens, between) {
  return tokens.map(wordsIn).filter(Boolean).join(between);
}

/** @param {Token} token @returns {string} */
function wordsIn(token) {
  switch (token.type) {
    case 'list': return wordsOf(token.items, ' ');
    case 'list_item':
    case 'blockquote': return wordsOf(token.tokens, ' ');
    case 'table': return wordsOf([...token.header, ...token.rows.flat()].map(({ tokens }) => ({ type: 'cell', tokens })), ' ');
    case 'br': return '\n';
    case 'space':
    case 'hr':
    case 'checkbox': return '';
    default: return token.tokens ? wordsOf(token.tokens, '') : (token.text ?? token.raw);
  }
}

/**
 * An element of the message, counted.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {Context} context
 * @param {K} tag
 * @param {Props | null} [props]
 * @param {...import('../dom.js').Child} children
 */
function make(context, tag, props, ...children) {
  context.left -= 1;
  if (context.left < 0) throw new RangeError('too many elements');
  return el(tag, props, ...children);
}

/** @param {Token} token a link or an image @param {Context} context @returns {Node | string} */
function linkOf(token, context) {
  const href = hrefOf(token.href);
  if (href === null) return token.raw;
  const text = token.type === 'image' ? token.text : wordsOf(token.tokens, '');
  if (context.isLink) return text;
  const node = link(href, { ...context.props, title: href });
  context.left -= 1;
  // Nothing to see would be nothing to press.
  if (text.replace(UNSEEN, '').trim() === '') node.append(href);
  else if (token.type === 'image') node.append(text);
  else putInline(node, token.tokens, { ...context, isLink: true });
  const place = realPlace(text, href);
  if (place !== '') node.append(' ', make(context, 'span', { class: 'md-place' }, `(${place})`));
  return node;
}

/**
 * @param {Node} parent
 * @param {Token[]} tokens
 * @param {Context} context
 */
function putInline(parent, tokens, context) {
  let plain = '';
  const flush = () => {
    if (plain !== '') parent.appendChild(context.isLink ? document.createTextNode(plain) : richText(plain, context.props));
    plain = '';
  };
  /** @param {'strong' | 'em' | 'del'} tag @param {Token} token */
  const nest = (tag, token) => {
    const node = make(context, tag);
    putInline(node, token.tokens, context);
    return node;
  };
  for (const token of tokens) {
    /** @type {Node | string} */
    let node;
    switch (token.type) {
      case 'strong':
      case 'em':
      case 'del': node = nest(token.type, token); break;
      case 'codespan': node = make(context, 'code', { class: 'md-code', dir: 'ltr' }, token.text); break;
      case 'link':
      case 'image': node = linkOf(token, context); break;
      case 'br': node = '\n'; break;
      case 'checkbox': node = ''; break;
      case 'text':
      case 'escape': node = token.text; break;
      default: node = token.raw;
    }
    // Neighbouring texts are one, so that an address in them is found whole.
    if (typeof node === 'string') plain += node;
    else {
      flush();
      parent.appendChild(node);
    }
  }
  flush();
}

/** @param {Token} token @param {Context} context */
function listOf(token, context) {
  let number = Number(token.start) || 0;
  const numbers = token.items.map((/** @type {Token} */ item) => Number.parseInt(item.raw, 10));
  // "1. 1. 1." leaves the counting to the page; any other number is what somebody has said.
  const isCounted = numbers.every((/** @type {number} */ each) => each === numbers[0]);
  const list = make(context, token.ordered ? 'ol' : 'ul', {
    dir: 'auto', class: token.ordered && Math.max(...numbers, number + numbers.length) > 99 ? 'md-list md-list-wide' : 'md-list',
    start: token.ordered && number !== 1 ? number : null,
  });
  token.items.forEach((/** @type {Token} */ item, /** @type {number} */ at) => {
    const value = isCounted ? number : numbers[at];
    const node = make(context, 'li', { value: token.ordered && value !== number ? value : null, class: item.task ? 'md-task' : null });
    if (item.task) {
      const name = item.checked ? words.done : words.toDo;
      node.append(make(context, 'input', { type: 'checkbox', disabled: true, checked: Boolean(item.checked), 'aria-label': name }), ' ');
    }
    putBlocks(node, item.tokens, context, false);
    list.append(node);
    number = value + 1;
  });
  return list;
}

/** @param {Token} token @param {Context} context */
function tableOf(token, context) {
  /** @param {'th' | 'td'} tag @param {Token[]} cells */
  const row = (tag, cells) => {
    const node = make(context, 'tr');
    for (const cell of cells) {
      const part = make(context, tag, { class: cell.align ? `md-${cell.align}` : null, scope: tag === 'th' ? 'col' : null });
      putInline(part, cell.tokens, context);
      node.append(part);
    }
    return node;
  };
  const body = make(context, 'tbody', null, ...token.rows.map((/** @type {Token[]} */ cells) => row('td', cells)));
  const table = make(context, 'table', { dir: 'auto' }, make(context, 'thead', null, row('th', token.header)), body);
  return make(context, 'div', { class: 'md-table md-scroll', tabindex: -1, role: 'group', 'aria-label': words.table }, table);
}

/** @param {Token} token @param {Context} context @returns {Node | null} null: it holds nothing, so its signs are the text */
function blockOf(token, context) {
  if (token.type === 'hr') return make(context, 'hr', { class: 'md-rule' });
  if (wordsIn(token).trim() === '') return null;
  switch (token.type) {
    case 'heading': {
      const node = make(context, 'h3', { class: token.depth < 3 ? 'md-heading md-heading-large' : 'md-heading', dir: 'auto' });
      putInline(node, token.tokens, context);
      return node;
    }
    case 'blockquote': {
      const node = make(context, 'blockquote', { class: 'md-quote', dir: 'auto' });
      putBlocks(node, token.tokens, context, true);
      return node;
    }
    case 'list': return listOf(token, context);
    case 'table': return tableOf(token, context);
    case 'code': return codeBlock(token, context.props);
    default: return null;
  }
}

/**
 * @param {Element | DocumentFragment} parent
 * @param {Token[]} tokens
 * @param {Context} context
 * @param {boolean} isTop whether a text stands in a paragraph of its own
 */
function putBlocks(parent, tokens, context, isTop) {
  /** @type {HTMLElement | null} the paragraph in which the text goes on */
  let open = null;
  for (const token of tokens) {
    const isText = token.type === 'paragraph' || token.type === 'text';
    if (token.type === 'space' || token.type === 'checkbox') {
      open = null;
      continue;
    }
    const block = isText ? null : blockOf(token, context);
    if (block !== null) {
      parent.append(block);
      open = null;
      continue;
    }
    const inline = isText && token.tokens ? token.tokens : [{ type: 'text', text: token.raw.trimEnd() }];
    if (token.type === 'text' && !isTop) {
      putInline(parent, inline, context);
      continue;
    }
    // What interrupts a paragraph elsewhere and is text here leaves it one.
    if (open !== null) open.append('\n');
    else {
      open = make(context, 'p', { dir: parent instanceof DocumentFragment ? 'auto' : null });
      parent.append(open);
    }
    putInline(open, inline, context);
  }
}

/** @param {typeof import('../../vendor/marked/marked.esm.js')} marked */
export function createMarkdown(marked) {
  const lex = createLexer(marked);
  return {
    /**
     * @param {string} text
     * @param {Props} props further attributes of links and buttons
     * @returns {DocumentFragment | null} null: it is to be shown as it is
     */
    nodes(text, props) {
      const tokens = lex(text);
      if (tokens === null) return null;
      const fragment = document.createDocumentFragment();
      const context = { props, isLink: false, left: ELEMENTS_AT_MOST };
      const [first] = tokens;
      try {
        // Most messages are one paragraph and need no element for it.
        if (tokens.length === 1 && first?.type === 'paragraph') putInline(fragment, first.tokens ?? [], context);
        else putBlocks(fragment, tokens, context, true);
        const only = fragment.childElementCount === 1 ? fragment.firstElementChild : null;
        if (only?.matches('p')) only.replaceWith(...only.childNodes);
      } catch {
        return null;
      }
      return fragment;
    },
    /**
     * @param {string} text
     * @returns {string} its words in one line, without signs
     */
    words: (text) => wordsOf(lex(text) ?? [], ' ').replace(/\s+/g, ' ').trim(),
  };
}
