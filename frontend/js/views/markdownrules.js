/**
 * Markdown as it is in a conversation: marked's rules without those that take away what somebody has said, and with a bound
 * to what one message may cost.
 *
 * @typedef {typeof import('../../vendor/marked/marked.esm.js')} Marked
 * @typedef {import('../../vendor/marked/marked.esm.js').Token} Token
 */

import { linkify } from '../format.js';

/** Longer texts are shown as they are, in UTF-16 units. */
const LENGTH_AT_MOST = 20_000;
/** Quotes in quotes, lists in lists, emphasis in emphasis. */
const DEPTH_AT_MOST = 12;
/**
 * Characters that rules may look at for one text, in all: each token is looked for in the whole rest of its text, so that
 * some texts of a thousand signs would take longer than a page of others.
 */
const WORK_AT_LEAST = 200_000;
const WORK_PER_CHARACTER = 400;

/** What stands behind a fence and is no code. */
const LANGUAGE = /^[\w#+.-]{1,20}$/;
// A backtick is written by its number in the patterns below.
const ESCAPED = /^\\([\\\x60*_~[\]<>#|+-])/;
/** A shrug has only one arm by the rules. */
const SHRUG = /^\\_\(.{1,3}\)_\//u;
const ADDRESS = /^(?:https?:\/\/|mailto:)\S{1,2000}/i;
/** So many blanks in a row are looked at again and again by a rule. */
const BLANKS = / {256}/;
/** What looking for the end of a mark costs besides looking at a character, when there is none. */
const SEARCH = 8;
const NEVER = /(?!)/g;

/** A text that costs too much. */
class TooMuch extends Error {}

/**
 * @param {Marked} marked
 * @returns {(text: string) => Token[] | null} null: it is to be shown as it is
 */
export function createLexer({ Lexer, Tokenizer }) {
  let depth = 0;
  let work = 0;
  /** @param {string} text a rule looks at it @param {number} [times] */
  const spend = (text, times = 1) => {
    work -= (text.length + 1) * times;
    if (work < 0) throw new TooMuch();
  };
  /**
   * @template T
   * @param {() => T} run
   */
  const deeper = (run) => {
    depth += 1;
    if (depth > DEPTH_AT_MOST) throw new TooMuch();
    const result = run();
    depth -= 1;
    return result;
  };

  class Rules extends Tokenizer {
    // Indented code, HTML, references and lines under a heading are what people write without meaning it.
    /** @override */
    code() {
      return undefined;
    }

    /** @override */
    html() {
      return undefined;
    }

    /** @override */
    def() {
      return undefined;
    }

    /** @override */
    lheading() {
      return undefined;
    }

    /** @override @param {string} src */
    space(src) {
      spend(src);
      return super.space(src);
    }

    /**
     * Code that begins right behind its fence is not lost as the name of a language; code that ends before one ends there.
     * @override
     * @param {string} src
     */
    fences(src) {
      const token = super.fences(src);
      if (!token) return token;
      spend(src, SEARCH);
      const [fence = ''] = /[\x60~]{3,}/.exec(token.raw) ?? [];
      const isClosed = new RegExp(`\\n {0,3}${fence}[\\x60~]*$`).test(token.raw.trimEnd());
      if (!isClosed) {
        const start = token.raw.indexOf(fence) + fence.length;
        const end = src.indexOf(fence, start);
        if (end !== -1) {
          token.raw = src.slice(0, end + fence.length);
          token.text = token.raw.slice(token.raw.indexOf('\n') + 1, -fence.length);
        }
      }
      if (token.lang && !LANGUAGE.test(token.lang)) {
        token.text = `${token.raw.slice(token.raw.indexOf(fence) + fence.length).split('\n', 1)[0]}\n${token.text}`;
        token.lang = '';
      }
      token.text = token.text.trimEnd();
      return token;
    }

    /**
     * ">:(" is a face.
     * @override
     * @param {string} src
     */
    blockquote(src) {
      return /^ {0,3}>+(?:[ \n]|$)/.test(src) ? super.blockquote(src) : undefined;
    }

    /**
     * "5. May" is a date, and a number that counts nothing.
     * @override
     * @param {string} src
     */
    list(src) {
      const token = super.list(src);
      return token?.ordered && token.items.length === 1 && token.start !== 1 ? undefined : token;
    }

    /**
     * A cell for which there is no column would not be shown.
     * @override
     * @param {string} src
     */
    table(src) {
      const token = super.table(src);
      const bare = (/** @type {string} */ text) => text.replace(/[\s|\\]/g, '');
      if (!token) return token;
      const [head = '', , ...rows] = token.raw.split('\n');
      const cells = [token.header, ...token.rows].flat().map(({ text }) => text);
      return bare(cells.join('')) === bare([head, ...rows].join('')) ? token : undefined;
    }

    /** @override @param {string} src */
    escape(src) {
      spend(src);
      const shrug = SHRUG.exec(src)?.[0];
      if (shrug) return /** @type {any} */ ({ type: 'text', raw: shrug, text: shrug });
      const [raw, text] = ESCAPED.exec(src) ?? [];
      return raw && text ? { type: /** @type {const} */ ('escape'), raw, text } : undefined;
    }

    /** @override @param {string} src */
    link(src) {
      if (!/^!?\[/.test(src) || !src.includes('](')) return undefined;
      const token = super.link(src);
      if (!token) spend(src, SEARCH);
      return token;
    }

    /**
     * Without definitions there are no references.
     * @override
     * @param {string} src
     */
    reflink(src) {
      const raw = /^!?\[/.exec(src)?.[0];
      return raw ? { type: /** @type {const} */ ('text'), raw, text: raw } : undefined;
    }

    /**
     * "__init__.py" is the name of a file.
     * @override
     * @param {string} src
     * @param {string} masked
     * @param {string} before
     */
    emStrong(src, masked, before) {
      const token = super.emStrong(src, masked, before);
      if (!token && /^[*_]/.test(src)) spend(src, SEARCH);
      const isName = token && src.startsWith('_') && /^[./\\:@-][\p{L}\p{N}_]/u.test(src.slice(token.raw.length));
      return isName ? /** @type {any} */ ({ type: 'text', raw: token.raw, text: token.raw }) : token;
    }

    /**
     * One tilde is a home directory, or about so much.
     * @override
     * @param {string} src
     * @param {string} masked
     * @param {string} before
     */
    del(src, masked, before) {
      return src.startsWith('~~') ? super.del(src, masked, before) : undefined;
    }

    /**
     * An address is kept together here; `linkify` makes the link, with its own rules of where one ends.
     * @override
     * @param {string} src
     */
    url(src) {
      const [address = ''] = ADDRESS.exec(src) ?? [];
      if (address === '') return undefined;
      spend(address, SEARCH);
      const [first] = linkify(address);
      return first?.href ? /** @type {any} */ ({ type: 'text', raw: first.text, text: first.text }) : undefined;
    }
  }

  class BoundedLexer extends Lexer {
    /**
     * @override
     * @param {string} src
     * @param {any} [tokens]
     * @param {boolean} [clipped]
     * @returns {any}
     */
    blockTokens(src, tokens, clipped) {
      return deeper(() => super.blockTokens(src, tokens, clipped));
    }

    /**
     * @override
     * @param {string} src
     * @param {any[]} [tokens]
     */
    inlineTokens(src, tokens) {
      spend(src);
      return deeper(() => super.inlineTokens(src, tokens));
    }
  }

  return (text) => {
    if (text.length > LENGTH_AT_MOST || BLANKS.test(text)) return null;
    depth = 0;
    work = WORK_AT_LEAST + WORK_PER_CHARACTER * text.length;
    try {
      const lexer = new BoundedLexer({ gfm: true, breaks: true, tokenizer: new Rules() });
      const { rules } = /** @type {any} */ (lexer).tokenizer;
      // Looked for in every text with a bracket, in vain and slowly.
      rules.inline = { ...rules.inline, reflinkSearch: NEVER };
      return lexer.lex(text);
    } catch {
      // Too much, or a fault of the library: the message is there all the same.
      return null;
    }
  };
}
