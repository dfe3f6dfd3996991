/** The ways out of a room, for oneself or for all: leave, hand over, archive, delete. Each says what follows from it. */

import { el } from '../../dom.js';
import { words } from '../../strings/places.js';
import { createOutcome } from './act.js';

/**
 * @typedef {import('../../types.js').Room} Room
 *
 * @param {object} options everything asked of the server rejects with `{code, detail}`
 * @param {() => Room} options.room as it is now
 * @param {() => import('../../rights.js').Rights} options.rights
 * @param {() => Promise<boolean>} options.onLeave asks first
 * @param {() => Promise<boolean>} options.onTransfer asks to whom
 * @param {(archived: boolean) => Promise<unknown>} options.onArchive
 * @param {() => Promise<boolean>} options.onDelete asks first
 */
export function createEnd({ room, rights, onLeave, onTransfer, onArchive, onDelete }) {
  const text = words.end;
  const outcome = createOutcome();
  const list = el('div', { class: 'ways' });
  const element = el('div', { class: 'form' }, list, outcome.element);
  let shown = '';

  /** @param {{title: string, words: string, submit?: string, danger?: boolean, run?: () => Promise<unknown>}} way */
  const way = ({ title, words: why, submit, danger = false, run }) => {
    const button = submit
      ? el('button', { type: 'button', class: danger ? 'button button-danger' : 'button button-quiet' }, submit)
      : null;
    button?.addEventListener('click', () => void outcome.act(button, async () => {
      const said = await run?.();
      return typeof said === 'string' ? said : undefined;
    }));
    return el(
      'div',
      { class: danger ? 'way way-danger' : 'way' },
      el('div', { class: 'way-text' }, el('h3', { class: 'way-title' }, title), el('p', { class: 'form-note' }, why)),
      button,
    );
  };
  const draw = () => {
    const now = room();
    const may = rights();
    const isArchived = Boolean(now.archived_at);
    const owns = now.role === 'owner';
    const key = JSON.stringify([now.kind, now.role, isArchived, may]);
    if (key === shown) return;
    shown = key;
    const leaveWords = now.kind === 'private' ? text.leaveText : text.leavePublicText;
    list.replaceChildren(
      ...(may.leave && !owns ? [way({ title: text.leave, words: leaveWords, submit: text.leaveSubmit, run: onLeave })] : []),
      ...(may.appoint && owns ? [way({ title: text.transfer, words: text.transferText, submit: text.transferSubmit, run: onTransfer })] : []),
      ...(may.rename && !isArchived
        ? [way({ title: text.archive, words: text.archiveText, submit: text.archiveSubmit, run: async () => {
            await onArchive(true);
            return text.archived;
          } })] : []),
      ...(may.rename && isArchived
        ? [way({ title: text.unarchive, words: text.unarchiveText, submit: text.unarchiveSubmit, run: async () => {
            await onArchive(false);
            return text.unarchived;
          } })] : []),
      ...(may.erase ? [way({ title: text.delete, words: text.deleteText, submit: text.deleteSubmit, danger: true, run: onDelete })] : []),
    );
  };
  draw();

  return { element, update: draw, destroy() {} };
}
