/** All about one room, as a dialog with tabs: what it is, who is in it, links into it, the ways out of it. */

import { el } from '../../dom.js';
import { roomCall } from '../../format.js';
import { words } from '../../strings/places.js';
import { openModal } from '../account/modal.js';
import { createTabs } from '../tabs.js';

/**
 * @param {object} options
 * @param {import('../../types.js').Room} options.room
 * @param {string | null} options.me
 * @param {{key: 'about'|'members'|'links'|'moderation'|'end', part: import('../tabs.js').Part}[]} options.parts those that are for oneself
 * @param {'about'|'members'|'links'|'moderation'|'end'} [options.tab] the one to begin with
 * @returns {{dialog: HTMLDialogElement, closed: Promise<void>}}
 */
export function openRoomSettings({ room, me, parts, tab = 'about' }) {
  const title = words.settings.title(roomCall(room, me));
  const tabs = parts.map(({ key, part }) => ({
    label: key === 'end' && room.role === null ? words.settings.tabs.endShort : words.settings.tabs[key], part,
  }));
  const { list, panels, choose } = createTabs(tabs, title);
  const opened = openModal({ title, kind: 'settings', body: [list, el('div', { class: 'scroller settings-body' }, ...panels)] });
  choose(Math.max(0, parts.findIndex(({ key }) => key === tab)));
  /** @type {HTMLElement | null} */ (list.querySelector('[aria-selected=true]'))?.focus();
  void opened.closed.then(() => {
    for (const { part } of parts) part.destroy();
  });
  return opened;
}
