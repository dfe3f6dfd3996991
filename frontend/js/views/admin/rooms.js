/** The public and private rooms: how large they are and whose; given an owner, deleted. */

import { el, icon, uid } from '../../dom.js';
import { countCharacters, formatShortDate } from '../../format.js';
import { words } from '../../strings/admin.js';
import { openDialog } from '../dialog.js';
import { openMenu } from '../menu.js';
import { createOutcome } from '../places/act.js';
import { badge, createListing, makeRow, moreButton, nameOf } from './listing.js';
import { askReason, createDays } from './retention.js';

const PAGE = 50;

/**
 * @typedef {import('../../types.js').AdminRoom} AdminRoom
 *
 * @param {object} options everything asked of the server rejects with `{code, detail}`
 * @param {(page: {after?: number, limit: number}) => Promise<AdminRoom[]>} options.rooms
 * @param {(roomId: number, username: string) => Promise<unknown>} options.onGive
 * @param {(roomId: number) => Promise<unknown>} options.onDelete
 * @param {(roomId: number, reason: string) => Promise<unknown>} options.onHold
 * @param {(roomId: number, days: number|null) => Promise<import('../../types.js').RetentionPreview>} options.preview what would go by a rule
 * @param {(roomId: number, days: number|null) => Promise<import('../../types.js').RoomRetention>} options.onKeep null: as the server does
 */
export function createAdminRooms({ rooms, onGive, onDelete, onHold, preview, onKeep }) {
  const text = words.rooms;
  const outcome = createOutcome();
  const listing = createListing({
    label: text.list, none: text.none, read: () => rooms({ limit: PAGE }),
    pages: { size: PAGE, next: ({ id }) => rooms({ after: id, limit: PAGE }) },
    row: (/** @type {AdminRoom} */ room) => {
      const call = `#${room.name}`;
      const control = moreButton(text.actions(call));
      control.addEventListener('click', () => {
        if (control.getAttribute('aria-expanded') !== 'true') openMenu(control, text.actions(call), itemsFor(room, call));
      });
      return makeRow({
        key: String(room.id), control,
        face: el('span', { class: 'admin-sign' }, icon(room.kind === 'private' ? 'lock' : 'hash')),
        line: [nameOf(room.name), badge(text.kinds[room.kind]), room.archived_at !== null && badge(text.archived, 'admin-badge-off')],
        facts: [
          room.owner ? text.owner(room.owner) : text.noOwner, text.members(room.members), text.messages(room.messages),
          formatShortDate(room.created_at), room.retention_days !== null && words.retention.ofRoomKept(room.retention_days),
        ],
      });
    },
  });
  /** @param {AdminRoom} room @param {string} call */
  const give = (room, call) => {
    const fieldId = uid('owner');
    const field = el('input', {
      id: fieldId, class: 'field', name: 'owner', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off', dir: 'auto', required: true,
    });
    return openDialog({
      title: text.giveTitle(call),
      body: [el('p', { class: 'dialog-text' }, text.giveText), el('label', { class: 'label', for: fieldId }, text.giveField), field],
      submit: text.giveSubmit,
      field,
      check: () => (countCharacters(field.value) === 0 ? 'name_empty' : null),
      run: async () => void (await onGive(room.id, field.value.trim())),
    }).then((done) => (done ? after(text.given(call, field.value.trim())) : undefined));
  };
  /** @param {AdminRoom} room @param {string} call */
  const keep = async (room, call) => {
    const said = words.retention;
    const rule = createDays('room-retention', said.rule, room.retention_days, said.asServer);
    const days = () => (rule.select.value === '' ? null : Number(rule.select.value));
    let [now, would] = [0, 0];
    const save = async () => void ({ days: now } = await onKeep(room.id, days()));
    const chosen = await openDialog({
      title: said.ofRoomTitle(call), body: [rule.element], submit: said.ofRoomSubmit,
      run: async () => {
        ({ messages: would } = await preview(room.id, days()));
        if (would === 0) await save();
      },
    });
    const isSaved = chosen && (would === 0 || (await openDialog({
      title: said.ofRoomTitle(call), body: [el('p', { class: 'dialog-text' }, said.sureOfRoom(would, call))], submit: said.sureSubmit, danger: true, run: save,
    })));
    if (isSaved) await after(said.ofRoomSaved(call, now));
  };
  /** @param {string} said */
  const after = async (said) => {
    await listing.load();
    outcome.say(said);
  };
  /** @param {AdminRoom} room @param {string} call @returns {import('../menu.js').MenuItem[]} */
  const itemsFor = (room, call) => [
    { label: text.give, icon: 'user', run: () => void give(room, call) },
    { label: words.retention.ofRoom, icon: 'clock', run: () => void keep(room, call) },
    {
      label: words.retention.holdRoom, icon: 'lock',
      run: () => void askReason({
        title: words.retention.holdRoomTitle(call), submit: words.retention.holdSubmit, run: (reason) => onHold(room.id, reason),
      }).then((done) => (done ? after(words.retention.held) : undefined)),
    },
    {
      label: text.delete, icon: 'trash', danger: true,
      run: () => void openDialog({
        title: text.deleteTitle(call), body: [el('p', { class: 'dialog-text' }, text.deleteText)], submit: text.deleteSubmit, danger: true,
        run: async () => void (await onDelete(room.id)),
      }).then((done) => (done ? after(text.deleted(call)) : undefined)),
    },
  ];

  return {
    element: el('div', { class: 'admin-part' }, outcome.element, listing.element),
    open: () => void listing.load(),
    destroy() {},
  };
}
