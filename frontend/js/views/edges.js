/** What stands at the two ends of the log, and what stands instead of it while there is nothing to show. */

import { el, icon, wordButton } from '../dom.js';
import { formatDate, roomTitle } from '../format.js';
import { strings } from '../strings/en.js';
import { roomTile } from './avatar.js';
import { emptyState } from './empty.js';
import { signOf } from './roomsign.js';

const SKELETON_ROWS = 8;
const EDGE_SKELETON_ROWS = 3;

/** @param {number} rows */
function skeleton(rows) {
  return el(
    'div',
    { class: 'skeleton', 'aria-hidden': 'true' },
    ...Array.from({ length: rows }, () => el('div', { class: 'skeleton-row' }, el('i'), el('b'), el('b'))),
  );
}

/** @param {string} text @param {string} action the callback's name, read by the log's click listener */
function trouble(text, action) {
  return el(
    'p',
    { class: 'edge-trouble' },
    icon('alert', 'icon-sm'),
    el('span', {}, text),
    el('button', { type: 'button', class: 'text-button', dataset: { action } }, strings.tryAgain),
  );
}

/**
 * @param {import('../types.js').Room} room
 * @param {boolean} empty nothing has been said in it
 * @param {string | null} username
 */
function beginning(room, empty, username) {
  const text = strings.messages;
  const created = text.created(formatDate(room.created_at));
  const isDirect = room.kind === 'direct';
  const called = roomTitle(room, username);
  const title = isDirect ? text.beginningDirect(called) : empty ? text.empty(room.name) : text.beginning(room.name);
  return el(
    'div',
    { class: empty ? 'beginning beginning-empty' : 'beginning' },
    roomTile(room.name, 'room-tile-lg', signOf(room)),
    el('h2', { class: 'beginning-title', dir: 'auto' }, title),
    el('p', { class: 'beginning-text', dir: 'auto' }, isDirect ? text.emptyDirect(called) : empty && !room.archived_at ? text.emptyHint : created),
  );
}

/**
 * @typedef {object} EdgeData
 * @property {import('../types.js').Room | null} room
 * @property {string | null} username
 * @property {string} historyStatus
 * @property {boolean} hasOlder
 * @property {boolean} hasNewer
 * @property {boolean} olderFailed
 * @property {boolean} blank nothing stored
 * @property {boolean} empty nothing stored, nothing pending
 */

/**
 * @param {HTMLElement} older above the first row
 * @param {HTMLElement} newer below the last row
 * @param {HTMLElement} cover over the log
 */
export function createEdges(older, newer, cover) {
  const shown = { older: '', newer: '', cover: '' };

  /**
   * @param {'older' | 'newer' | 'cover'} place
   * @param {HTMLElement} node
   * @param {string} key
   * @param {() => (Node | null)} make
   */
  const show = (place, node, key, make) => {
    if (shown[place] === key) return;
    shown[place] = key;
    const content = make();
    node.replaceChildren(...(content === null ? [] : [content]));
    node.hidden = content === null;
  };

  return {
    /** @param {EdgeData} data @returns {boolean} whether the log itself is on view */
    update({ room, username, historyStatus, hasOlder, hasNewer, olderFailed, blank, empty }) {
      const covered = room === null || (historyStatus !== 'ready' && blank);
      if (covered && historyStatus === 'error') {
        show('cover', cover, 'error', () => {
          const action = wordButton(strings.tryAgain, 'retry');
          action.dataset['action'] = 'history';
          return emptyState({
            sign: 'alert',
            title: strings.messages.loadError,
            text: strings.rooms.errorHint,
            action,
          });
        });
      } else if (covered) {
        show('cover', cover, `loading ${room?.id}`, () => {
          const words = el('p', { class: 'sr-only', role: 'status' });
          // Filled after it has been put in, because only a change of a status is read out.
          requestAnimationFrame(() => words.append(strings.messages.loading));
          return el('div', { class: 'log-loading' }, words, skeleton(SKELETON_ROWS));
        });
      } else show('cover', cover, '', () => null);

      // A room opened by its address has no name until the server has told it.
      if (room === null || room.name === '' || historyStatus !== 'ready') show('older', older, '', () => null);
      else if (olderFailed) show('older', older, 'failed', () => trouble(strings.messages.olderError, 'older'));
      else if (hasOlder) show('older', older, 'loading', () => skeleton(EDGE_SKELETON_ROWS));
      else show('older', older, `begin ${room.id} ${room.name} ${empty} ${room.archived_at}`, () => beginning(room, empty, username));
      if (hasNewer && historyStatus === 'ready') show('newer', newer, 'loading', () => skeleton(EDGE_SKELETON_ROWS));
      else show('newer', newer, '', () => null);
      return !covered;
    },
  };
}
