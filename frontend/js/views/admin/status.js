/** How the server fares: what is to be looked at, figures, and charts of the last ten minutes. Read while it is in view. */

import { el, icon, setAttr, setText } from '../../dom.js';
import { formatDay, formatFull, formatTime } from '../../format.js';
import { countWords, partWords, rateWords, sizeWords, timeWords, words } from '../../strings/status.js';
import { createSelect } from '../places/act.js';
import { createChart } from './chart.js';
import { Readings } from './readings.js';

const EVERY_MS = 5000;
/** Whoever does not answer by then is asked anew. */
const PATIENCE_MS = 10_000;
/** Of the codes by which something was refused, as many as have been met most often. */
const CODES = 12;

/**
 * @typedef {import('../../types.js').Status} Status
 *
 * @param {object} options
 * @param {import('../../types.js').Clock} options.clock
 * @param {(signal: AbortSignal) => Promise<Status>} options.read rejects with `{code, detail}`
 */
export function createStatus({ clock, read }) {
  const text = words.tiles;
  /** Each node's by its id; where there is one alone it has none. @type {Map<string, Readings>} */
  const nodes = new Map();
  /** The one that is shown: the first that answered, until another is chosen. @type {string|null} */
  let shown = null;
  /** @type {any} */
  let timer = null;
  /** @type {AbortController|null} */
  let asking = null;
  const ending = new AbortController();

  const lost = el('p', { class: 'form-note status-lost', role: 'status' });
  const verdict = el('p', { class: 'status-verdict' });
  const worries = el('ul', { class: 'status-worries', role: 'list' });
  const board = el('div', { class: 'status-board', hidden: true }, verdict, worries);
  /** Screen readers are told what there is to look at once, and not of each new figure. */
  const spoken = el('p', { class: 'sr-only', role: 'status' });
  let spokenOf = '';
  const choice = createSelect('status-node', words.node, [], words.nodeHint);
  choice.element.hidden = true;
  choice.select.addEventListener('change', () => {
    shown = choice.select.value;
    update();
  });

  const tiles = Object.fromEntries(
    ['people', 'places', 'database', 'files', 'disk', 'broker', 'since'].map((name) => {
      const [value, note] = [el('dd', { class: 'tile-value' }), el('dd', { class: 'tile-note' })];
      const label = text[/** @type {'people'} */ (name)];
      return [name, { value, note, element: el('div', { class: 'tile' }, el('dt', { class: 'tile-label' }, label), value, note) }];
    }),
  );
  const charts = [
    createChart({ text: words.chart.connections, shows: ['connections'], say: countWords, least: 5 }),
    createChart({ text: words.chart.messages, shows: ['messages'], say: rateWords, least: 1 }),
    createChart({ text: words.chart.lag, shows: ['lag50', 'lag99'], say: timeWords, least: 0.01, worry: 0.1 }),
    createChart({ text: words.chart.storing, shows: ['storing50', 'storing99'], say: timeWords, least: 0.01, worry: 0.5 }),
    createChart({ text: words.chart.telling, shows: ['telling50', 'telling99'], say: timeWords, least: 0.01, worry: 1 }),
    createChart({ text: words.chart.deliveries, shows: ['deliveries'], say: rateWords, least: 1 }),
    createChart({ text: words.chart.waiting, shows: ['waiting'], say: countWords, least: 10 }),
    createChart({ text: words.chart.cpu, shows: ['cpu'], say: partWords, least: 1, worry: 0.8 }),
    createChart({ text: words.chart.memory, shows: ['memory'], say: sizeWords, least: 1e8 }),
  ];
  const refused = createRefused();
  const whole = el(
    'div',
    { class: 'admin-part', hidden: true },
    el('h2', { class: 'sr-only' }, words.figures),
    el('dl', { class: 'tiles' }, ...Object.values(tiles).map(({ element: tile }) => tile)),
    el('h2', { class: 'sr-only' }, words.charts),
    el('ul', { class: 'charts', role: 'list' }, ...charts.map(({ element: chart }) => chart)),
    refused.element,
  );
  const element = el(
    'div',
    { class: 'admin-part status' },
    el('p', { class: 'form-note' }, words.lead),
    choice.element,
    spoken,
    board,
    lost,
    whole,
  );

  /** @param {string} name @param {string} value @param {string} note */
  const fill = (name, value, note) => {
    setText(/** @type {HTMLElement} */ (tiles[name]?.value), value);
    setText(/** @type {HTMLElement} */ (tiles[name]?.note), note);
  };
  const update = () => {
    const readings = nodes.get(shown ?? '');
    const status = readings?.newest?.status;
    if (!readings || !status) return;
    const { database, disk } = status;
    const since = status.started_at;
    fill('people', countWords(status.people), text.rooms(status.rooms));
    fill('places', countWords(status.connections), status.connections_limit ? text.placesOf(status.connections_limit) : '');
    fill('database', database ? sizeWords(database.bytes) : words.unknown, !database ? '' : database.log_bytes === null ? text.postgresql : text.log(database.log_bytes));
    fill('files', database ? sizeWords(database.files_bytes) : words.unknown, text.filesHint);
    fill('disk', disk ? sizeWords(disk.free_bytes) : words.unknown, disk ? text.diskOf(disk.bytes) : '');
    fill('broker', text.brokers[status.broker], text.brokerHint);
    fill('since', `${formatDay(since)} ${formatTime(since)}`, text.version(status.version));
    setAttr(/** @type {HTMLElement} */ (tiles['since']?.value), 'title', formatFull(since));
    setAttr(/** @type {HTMLElement} */ (tiles['broker']?.element), 'hidden', status.broker === 'none');
    for (const chart of charts) chart.update(readings.all, clock.now());
    refused.update(readings, status);
    judge(readings);
    setAttr(whole, 'hidden', false);
  };
  /** @param {Readings} readings */
  const judge = (readings) => {
    const found = readings.worries();
    const lines = found.map(([name, value]) => words.worries[name]?.(value) ?? name);
    setText(verdict, found.length === 0 ? words.well : words.look(found.length));
    setAttr(board, 'data-state', found.length === 0 ? 'well' : 'look');
    setAttr(board, 'hidden', false);
    if (worries.childElementCount !== lines.length) {
      worries.replaceChildren(...lines.map(() => el('li', { class: 'status-worry' }, icon('alert', 'icon-sm'), el('span'))));
    }
    for (const [at, line] of lines.entries()) setText(/** @type {Node} */ (worries.children[at]?.lastElementChild), line);
    const kinds = found.map(([name]) => name).join(' ') || 'well';
    if (spokenOf !== kinds) setText(spoken, [verdict.textContent, ...lines].join(' '));
    spokenOf = kinds;
  };
  /** @param {Status} status */
  const take = (status) => {
    const id = status.node ?? '';
    const known = nodes.get(id) ?? new Readings();
    known.add(clock.now(), status);
    nodes.set(id, known);
    /** @param {string} other */
    const isThere = (other) => other === id || status.database === null || status.nodes.some((node) => node.id === other);
    if (shown === null || !isThere(shown)) shown = id;
    // Who has ended is nobody that could be chosen. Without a database nobody knows of another.
    for (const other of nodes.keys()) if (!isThere(other)) nodes.delete(other);
    const ids = [...nodes.keys()];
    if (choice.select.options.length !== ids.length || ids.some((one, at) => choice.select.options[at]?.value !== one)) {
      choice.select.replaceChildren(...ids.map((one) => {
        const host = status.nodes.find((node) => node.id === one)?.host ?? '';
        return el('option', { value: one, selected: one === shown }, words.nodeName(host, one.slice(0, 4)));
      }));
    }
    setAttr(choice.element, 'hidden', ids.length < 2);
  };

  const isInView = () => !document.hidden && element.checkVisibility();
  const look = async () => {
    timer = null;
    if (asking || ending.signal.aborted || !isInView()) return;
    asking = new AbortController();
    const patience = clock.setTimeout(() => asking?.abort(), PATIENCE_MS);
    if (nodes.size === 0) setText(lost, words.reading);
    try {
      take(await read(asking.signal));
      setText(lost, '');
    } catch {
      if (!ending.signal.aborted) setText(lost, words.lost);
    } finally {
      clock.clearTimeout(patience);
      asking = null;
    }
    if (ending.signal.aborted) return;
    update();
    timer = clock.setTimeout(() => void look(), EVERY_MS);
  };
  const begin = () => {
    if (timer === null) void look();
  };
  document.addEventListener('visibilitychange', () => {
    if (isInView()) begin();
  }, { signal: ending.signal });

  return {
    element,
    /** It has come into view: its panel is shown in this very turn. */
    open: () => void Promise.resolve().then(begin),
    destroy() {
      ending.abort();
      asking?.abort();
      clock.clearTimeout(timer);
    },
  };
}

/** What was refused, by its code. */
function createRefused() {
  const text = words.refused;
  const body = el('tbody');
  const table = el(
    'table',
    { class: 'status-table' },
    el('thead', {}, el('tr', {}, ...[text.code, text.recent, text.all].map((head) => el('th', { scope: 'col' }, head)))),
    body,
  );
  const none = el('p', { class: 'form-note' }, text.none);
  return {
    element: el(
      'section',
      { class: 'status-refused', 'aria-label': text.title },
      el('h2', { class: 'admin-title' }, text.title),
      el('p', { class: 'form-note' }, text.about),
      table,
      none,
    ),
    /** @param {Readings} readings @param {Status} status */
    update(readings, status) {
      const codes = Object.entries(status.refusals).filter(([, count]) => count > 0).sort(([, one], [, other]) => other - one).slice(0, CODES);
      setAttr(table, 'hidden', codes.length === 0);
      setAttr(none, 'hidden', codes.length > 0);
      const rows = codes.map(([code, count]) => [code, countWords(readings.risen('refusals', code)), countWords(count)]);
      if (rows.length !== body.rows.length) {
        body.replaceChildren(...rows.map(() => el('tr', {}, el('th', { scope: 'row' }), el('td'), el('td'))));
      }
      for (const [at, row] of rows.entries()) row.forEach((value, cell) => setText(/** @type {Node} */ (body.rows[at]?.cells[cell]), value));
    },
  };
}
