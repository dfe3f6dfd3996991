/**
 * Colours for code: highlight.js finds what the parts are, and its tree becomes spans here. A language is loaded when the
 * first block of it comes into view.
 */

import { el } from '../dom.js';

/**
 * @typedef {object} Language
 * @property {string} label as it is written
 * @property {string} names what stands behind a fence for it, apart from its key
 * @property {() => Promise<{default: any}>} load
 * @property {string[]} [holds] languages that stand inside of it
 */

/** By the key under which highlight.js knows it. @type {Record<string, Language>} */
const LANGUAGES = {
  bash: { label: 'Shell', names: 'sh shell zsh console', load: () => import('../../vendor/highlight/bash.min.js') },
  c: { label: 'C', names: 'h', load: () => import('../../vendor/highlight/c.min.js') },
  cpp: { label: 'C++', names: 'c++ cc cxx hpp', load: () => import('../../vendor/highlight/cpp.min.js') },
  csharp: { label: 'C#', names: 'c# cs', load: () => import('../../vendor/highlight/csharp.min.js') },
  css: { label: 'CSS', names: '', load: () => import('../../vendor/highlight/css.min.js') },
  diff: { label: 'Diff', names: 'patch', load: () => import('../../vendor/highlight/diff.min.js') },
  dockerfile: { label: 'Dockerfile', names: 'docker', load: () => import('../../vendor/highlight/dockerfile.min.js'), holds: ['bash'] },
  go: { label: 'Go', names: 'golang', load: () => import('../../vendor/highlight/go.min.js') },
  ini: { label: 'INI', names: 'toml conf cfg', load: () => import('../../vendor/highlight/ini.min.js') },
  java: { label: 'Java', names: '', load: () => import('../../vendor/highlight/java.min.js') },
  javascript: { label: 'JavaScript', names: 'js jsx mjs cjs', load: () => import('../../vendor/highlight/javascript.min.js') },
  json: { label: 'JSON', names: 'json5 jsonc', load: () => import('../../vendor/highlight/json.min.js') },
  kotlin: { label: 'Kotlin', names: 'kt', load: () => import('../../vendor/highlight/kotlin.min.js') },
  lua: { label: 'Lua', names: '', load: () => import('../../vendor/highlight/lua.min.js') },
  markdown: { label: 'Markdown', names: 'md', load: () => import('../../vendor/highlight/markdown.min.js') },
  php: { label: 'PHP', names: '', load: () => import('../../vendor/highlight/php.min.js'), holds: ['xml'] },
  powershell: { label: 'PowerShell', names: 'ps1 pwsh', load: () => import('../../vendor/highlight/powershell.min.js') },
  python: { label: 'Python', names: 'py', load: () => import('../../vendor/highlight/python.min.js') },
  r: { label: 'R', names: '', load: () => import('../../vendor/highlight/r.min.js') },
  ruby: { label: 'Ruby', names: 'rb', load: () => import('../../vendor/highlight/ruby.min.js') },
  rust: { label: 'Rust', names: 'rs', load: () => import('../../vendor/highlight/rust.min.js') },
  sql: { label: 'SQL', names: 'sqlite postgresql pgsql mysql', load: () => import('../../vendor/highlight/sql.min.js') },
  swift: { label: 'Swift', names: '', load: () => import('../../vendor/highlight/swift.min.js') },
  typescript: { label: 'TypeScript', names: 'ts tsx mts', load: () => import('../../vendor/highlight/typescript.min.js') },
  xml: { label: 'HTML', names: 'html xhtml svg rss vue', load: () => import('../../vendor/highlight/xml.min.js'), holds: ['css', 'javascript'] },
  yaml: { label: 'YAML', names: 'yml', load: () => import('../../vendor/highlight/yaml.min.js') },
};

/** The colour of what highlight.js calls a part, by the beginning of its name; all else has the colour of text. */
const COLOURS = Object.entries({
  keyword: 'keyword built_in literal type meta selector-tag tag name section doctag',
  string: 'string regexp char subst link code addition template-tag',
  number: 'number symbol bullet variable.constant attr attribute property selector-attr selector-pseudo template-variable',
  title: 'title class function selector-class selector-id variable.language',
  comment: 'comment quote',
  gone: 'deletion',
}).flatMap(([colour, names]) => names.split(' ').map((name) => /** @type {const} */ ([name, colour])));

/** Parts in parts beyond this take their colour from what is around them. */
const DEPTH_AT_MOST = 30;

/** @type {Map<string, string>} */
const KEYS = new Map();
for (const [key, { names }] of Object.entries(LANGUAGES)) for (const name of [key, ...names.split(' ')]) if (name) KEYS.set(name, key);

/** @type {Promise<any> | null} */
let core = null;
/** @type {Map<string, Promise<void>>} */
const languages = new Map();

/**
 * @param {string} name behind a fence
 * @returns {{key: string, label: string}} how highlight.js knows it, '' if it is not coloured here; and how it is called
 */
export function languageOf(name) {
  const key = KEYS.get(name.toLowerCase()) ?? '';
  return { key, label: (key && name.toLowerCase() !== 'toml' ? LANGUAGES[key]?.label : undefined) ?? name };
}

/** @param {string} scope @returns {string | null} a class */
function colourOf(scope) {
  const found = COLOURS.find(([name]) => scope === name || scope.startsWith(`${name}.`));
  return found ? `md-${found[1]}` : null;
}

/**
 * @param {Node} parent
 * @param {any} part a string, or `{scope, children}`
 * @param {number} depth
 */
function put(parent, part, depth) {
  if (typeof part === 'string') {
    parent.appendChild(document.createTextNode(part));
    return;
  }
  const colour = typeof part.scope === 'string' && depth < DEPTH_AT_MOST ? colourOf(part.scope) : null;
  const node = colour === null ? parent : parent.appendChild(el('span', { class: colour }));
  for (const child of part.children) put(node, child, depth + 1);
}

/** @param {string} key @returns {Promise<any>} highlight.js with that language */
async function load(key) {
  const language = LANGUAGES[key];
  core ??= import('../../vendor/highlight/core.min.js');
  const [{ default: highlighter }] = await Promise.all([core, ...(language?.holds ?? []).map(load)]);
  if (!languages.has(key) && language) {
    languages.set(key, language.load().then(({ default: grammar }) => highlighter.registerLanguage(key, grammar)));
  }
  await languages.get(key);
  return highlighter;
}

/**
 * Gives a block its colours; its text stays the same. Where they cannot be had it stays as it is.
 * @param {HTMLElement} code
 */
export async function paint(code) {
  const key = code.dataset['language'] ?? '';
  try {
    const highlighter = await load(key);
    const text = code.textContent ?? '';
    const painted = document.createDocumentFragment();
    put(painted, highlighter.highlight(text, { language: key, ignoreIllegals: true })._emitter.rootNode, 0);
    // Never another text than the one that was written.
    if (painted.textContent === text) code.replaceChildren(painted);
  } catch {
    // Asked for again with the next block.
    core = null;
    languages.delete(key);
  }
}
