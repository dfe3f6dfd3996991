/** The lines of the log as nodes, by key: a line that stays keeps its node, and only what differs is touched. */

import { el, inOrder, setText } from '../dom.js';
import { formatDay } from '../format.js';
import { strings } from '../strings/en.js';
import { buildDays, messageKey, pendingKey } from './items.js';
import { sentence } from './names.js';
import { makeRow, redress, updateRow } from './row.js';

/** More new rows than this at once come without a movement. */
const ANIMATED_AT_MOST = 3;

/**
 * @typedef {import('./row.js').Row} Row
 * @typedef {import('./items.js').Day} Day
 * @typedef {import('./items.js').MessageItem} MessageItem
 * @typedef {import('./items.js').PendingItem} PendingItem
 * @typedef {import('./items.js').PresenceItem} PresenceItem
 * @typedef {import('./items.js').NewItem} NewItem
 * @typedef {import('./items.js').LogData} LogData
 * @typedef {{node: HTMLElement, label: HTMLElement, list: HTMLElement, time: string}} Section
 */

/** @param {PresenceItem} item */
function presenceText({ joined, left, guests }) {
  const text = document.createDocumentFragment();
  const isGuest = (/** @type {string} */ name) => guests.includes(name);
  if (joined.length > 0) text.append(sentence(strings.messages.joined, joined, isGuest));
  if (joined.length > 0 && left.length > 0) text.append(' · ');
  if (left.length > 0) text.append(sentence(strings.messages.left, left, isGuest));
  return text;
}

/**
 * @param {HTMLElement} container takes one section per day
 */
export function createLogList(container) {
  /** @type {Map<string, Row>} messages and pending messages */
  const rows = new Map();
  /** @type {Map<string, {node: HTMLLIElement, words: string}>} the other lines */
  const lines = new Map();
  /** @type {Map<string, Section>} */
  const sections = new Map();
  /** @type {Row[]} */
  let order = [];
  /** @type {HTMLElement[]} */
  let nodes = [];

  /**
   * The messages to show: those of the window, and the one in focus if the window has moved away from it, because
   * taking away the row in focus would throw a keyboard's reader to the top of the page.
   * @param {LogData} data
   * @param {Row | null} focused
   */
  const withFocused = ({ messages }, focused) => {
    const source = focused?.source;
    const [first, last] = [messages[0], messages.at(-1)];
    if (!source || !('id' in source) || first === undefined || last === undefined || source.room_id !== first.room_id) {
      return messages;
    }
    if (source.id < first.id) return [source, ...messages];
    return source.id > last.id ? [...messages, source] : messages;
  };
  /**
   * A message that was pending takes over the row it was pending in: the same node, only its key is another.
   * @param {MessageItem} item
   */
  const adopt = ({ key, message }) => {
    if (message.client_id === null || rows.has(key)) return;
    const pending = pendingKey(message.client_id);
    const row = rows.get(pending);
    // Somebody else may have chosen the same client_id.
    if (row === undefined || row.source?.username !== message.username) return;
    rows.delete(pending);
    rows.set(key, row);
  };
  /** @param {PresenceItem | NewItem} item */
  const lineNode = (item) => {
    const words = item.kind === 'new' ? strings.messages.newLine : JSON.stringify(item);
    let line = lines.get(item.key);
    if (line === undefined) {
      const node = el('li', { class: item.kind === 'new' ? 'new-line' : 'presence-line' }, el('span', { dir: 'auto' }));
      line = { node, words: '' };
      lines.set(item.key, line);
    }
    if (line.words !== words) {
      const text = item.kind === 'new' ? words : presenceText(item);
      line.node.firstElementChild?.replaceChildren(text);
    }
    line.words = words;
    return line.node;
  };
  /** @param {Day} day */
  const sectionOf = (day) => {
    let section = sections.get(day.key);
    if (section === undefined) {
      const label = el('h2', { class: 'day-label' });
      const list = el('ol', { class: 'day-list', role: 'list' });
      section = {
        node: el('section', { class: 'day' }, el('div', { class: 'day-head' }, label), list),
        label,
        list,
        time: day.time,
      };
      sections.set(day.key, section);
    }
    setText(section.label, formatDay(day.time));
    return section;
  };
  /** @param {Map<string, {node: Element}>} shown @param {Set<string>} wanted */
  const drop = (shown, wanted) => {
    for (const [key, { node }] of shown) {
      if (wanted.has(key)) continue;
      node.remove();
      shown.delete(key);
    }
  };
  /**
   * @param {MessageItem | PendingItem} item
   * @returns {{row: Row, made: boolean}}
   */
  const rowOf = (item) => {
    const known = rows.get(item.key);
    const row = known ?? makeRow();
    if (known === undefined) rows.set(item.key, row);
    updateRow(row, item);
    return { row, made: known === undefined };
  };

  return {
    /** The rows from top to bottom. */
    rows: () => order,
    /** Their nodes. */
    nodes: () => nodes,
    /** @param {number} id a message's */
    row: (id) => rows.get(messageKey(id)),
    /** The line above what is new, if it stands in the log. */
    newLine: () => lines.get('new')?.node ?? null,
    /**
     * @param {LogData} data
     * @param {{newestBefore: number, focused: Row | null}} options rows of messages with a higher id than `newestBefore`
     *   move in
     */
    draw(data, { newestBefore, focused }) {
      const days = buildDays({ ...data, messages: withFocused(data, focused) });
      /** @type {Set<string>} */
      const keys = new Set();
      for (const item of days.flatMap((day) => day.items)) {
        keys.add(item.key);
        if (item.kind === 'message') adopt(item);
      }
      drop(rows, keys);
      drop(lines, keys);
      drop(sections, new Set(days.map((day) => day.key)));

      /** @type {Row[]} */
      const all = [];
      /** @type {Row[]} */
      const arrived = [];
      for (const day of days) {
        const children = [];
        for (const item of day.items) {
          if (item.kind === 'new' || item.kind === 'presence') {
            children.push(lineNode(item));
            continue;
          }
          const { row, made } = rowOf(item);
          data.dress?.(row);
          if (made && item.kind === 'message' && item.message.id > newestBefore) arrived.push(row);
          all.push(row);
          children.push(row.node);
        }
        inOrder(sectionOf(day).list, children);
      }
      inOrder(
        container,
        days.map((day) => sectionOf(day).node),
      );
      if (arrived.length <= ANIMATED_AT_MOST) {
        for (const row of arrived) row.node.toggleAttribute('data-arriving', true);
      }
      order = all;
      nodes = all.map((row) => row.node);
    },
    /** Markdown can be read now. */
    redress: () => rows.forEach(redress),
    /** After midnight "Today" is "Yesterday". */
    relabel() {
      for (const { label, time } of sections.values()) setText(label, formatDay(time));
    },
    clear() {
      for (const shown of [rows, lines, sections]) shown.clear();
      container.replaceChildren();
      [order, nodes] = [[], []];
    },
  };
}
