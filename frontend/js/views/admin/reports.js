/** What was reported, as it stood then, and what can be done about it. */

import { el } from '../../dom.js';
import { formatDay, formatTime } from '../../format.js';
import { words } from '../../strings/admin.js';
import { openDialog } from '../dialog.js';
import { openMenu } from '../menu.js';
import { sentence } from '../names.js';
import { createOutcome } from '../places/act.js';
import { badge, createListing, moreButton } from './listing.js';

const PAGE = 50;

/**
 * @typedef {import('../../types.js').Report} Report
 *
 * @typedef {object} ReportsOptions everything asked of the server rejects with `{code, detail}`
 * @property {(page: {before?: number, limit: number}) => Promise<Report[]>} reports
 * @property {(report: Report) => Promise<unknown>} onResolve
 * @property {(report: Report) => Promise<unknown>} onDelete its message
 * @property {(report: Report) => {show: boolean, delete: boolean, room: boolean, server: boolean}} may what one may do about it
 * @property {(report: Report) => void} onShow its message, where it was said
 * @property {(report: Report) => Promise<string | null>} onMute asks first; what is said of it when it was done
 * @property {(report: Report) => Promise<string | null>} onBan from the room
 * @property {(report: Report) => Promise<string | null>} onBanServer
 * @property {boolean} [isOfOneRoom]
 */

/** @param {string} iso */
const when = (iso) => `${formatDay(iso)} ${formatTime(iso)}`;

/** @param {ReportsOptions} options */
export function createReports({ reports, onResolve, onDelete, may, onShow, onMute, onBan, onBanServer, isOfOneRoom = false }) {
  const text = words.reports;
  const outcome = createOutcome();
  const listing = createListing({
    label: text.list, none: text.none, read: () => reports({ limit: PAGE }),
    pages: { size: PAGE, next: ({ id }) => reports({ before: id, limit: PAGE }) },
    row: (/** @type {Report} */ report) => {
      const name = report.message_username;
      const isOpen = report.resolved_at === null;
      const resolve = el('button', { type: 'button', class: 'button button-primary', 'aria-label': text.resolveLabel(name) }, text.resolve);
      resolve.addEventListener('click', () => void outcome.act(resolve, async () => {
        await onResolve(report);
        await listing.load();
        return text.isResolved;
      }));
      const items = itemsFor(report);
      const control = moreButton(text.actions(name));
      control.addEventListener('click', () => {
        if (control.getAttribute('aria-expanded') !== 'true') openMenu(control, text.actions(name), items);
      });
      return el(
        'li',
        { class: 'report', dataset: { key: String(report.id) } },
        el(
          'div',
          { class: 'report-head' },
          el('p', { class: 'report-said', dir: 'auto' }, sentence(
            ([who = '', room = '']) => text.said(who, isOfOneRoom ? '' : room, when(report.message_timestamp)),
            [name, `#${report.room_name}`], (_, at) => at === 0 && report.message_guest,
          )),
          isOpen && badge(text.open, 'admin-badge'),
          items.length > 0 && control,
        ),
        el('blockquote', { class: 'message-quote', dir: 'auto', tabindex: 0 }, report.message_content),
        el('p', { class: 'report-reason', dir: 'auto' }, report.reason),
        el(
          'div',
          { class: 'report-foot' },
          el(
            'p',
            { class: 'admin-facts', dir: 'auto' },
            sentence(([who = '']) => text.by(who, when(report.created_at)), [report.reporter], () => report.reporter_guest),
            report.resolved_at !== null && ` · ${text.resolved(report.resolved_by ?? '', when(report.resolved_at))}`,
          ),
          isOpen && resolve,
        ),
      );
    },
  });
  /** @param {Promise<string | null>} asked */
  const after = async (asked) => {
    const said = await asked;
    if (said !== null) outcome.say(said);
  };
  /** @param {Report} report @returns {import('../menu.js').MenuItem[]} */
  const itemsFor = (report) => {
    const rights = may(report);
    const name = report.message_username;
    return [
      ...(rights.show ? [{ label: text.show, icon: 'talk', run: () => onShow(report) }] : []),
      ...(rights.delete
        ? [{
            label: text.delete, icon: 'trash', danger: true,
            run: () => void openDialog({
              title: text.deleteTitle, submit: text.deleteSubmit, danger: true,
              body: [el('blockquote', { class: 'message-quote', dir: 'auto' }, report.message_content), el('p', { class: 'dialog-text' }, text.deleteText)],
              run: async () => void (await onDelete(report)),
            }).then((done) => {
              if (done) outcome.say(text.deleted);
            }),
          }]
        : []),
      ...(rights.room
        ? [
            { label: text.mute(name), icon: 'clock', danger: true, run: () => void after(onMute(report)) },
            { label: text.ban(name), icon: 'close', danger: true, run: () => void after(onBan(report)) },
          ]
        : []),
      ...(rights.server ? [{ label: text.banServer(name), icon: 'close', danger: true, run: () => void after(onBanServer(report)) }] : []),
    ];
  };

  return {
    element: el('div', { class: 'admin-part' }, outcome.element, listing.element),
    open: () => void listing.load(),
    destroy() {},
  };
}
