/** All accounts: found, given more or less to say, disabled, banned; and who is banned from the server. */

import { el, setText } from '../../dom.js';
import { canonical, formatShortDate } from '../../format.js';
import { words } from '../../strings/admin.js';
import { ago } from '../account/times.js';
import { avatar } from '../avatar.js';
import { openDialog } from '../dialog.js';
import { openMenu } from '../menu.js';
import { createOutcome, createSelect } from '../places/act.js';
import { createFilterField } from '../places/filterfield.js';
import { badge, createListing, makeRow, moreButton, nameOf } from './listing.js';
import { askTerm } from './terms.js';

const PAGE = 50;
const WAIT_MS = 150;

/**
 * @typedef {import('../../types.js').AdminUser} AdminUser
 * @typedef {import('../../types.js').ServerBan} ServerBan
 * @typedef {import('./terms.js').Term} Term
 *
 * @typedef {object} PeopleOptions everything asked of the server rejects with `{code, detail}`
 * @property {() => string | null} me
 * @property {(query: string, options: {after?: string | undefined, limit: number}) => Promise<AdminUser[]>} users
 * @property {(username: string, changes: {role?: AdminUser['role'], disabled?: boolean}) => Promise<AdminUser>} onChange
 * @property {(username: string) => Promise<void>} onExport
 * @property {(username: string, mode: 'anonymise' | 'remove') => Promise<void>} onRemove
 * @property {() => Promise<ServerBan[]>} bans
 * @property {(username: string, term: Term) => Promise<unknown>} onBan
 * @property {(banId: number) => Promise<unknown>} onLift
 */

/** @param {PeopleOptions} options */
export function createPeople({ me, users, onChange, onExport, onRemove, bans, onBan, onLift }) {
  const text = words.people;
  const outcome = createOutcome();
  const { element: search, field: filter } = createFilterField(text.search);
  const count = el('p', { class: 'sr-only', role: 'status' });
  const banGuest = el('button', { type: 'button', class: 'button button-quiet' }, text.banGuest);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const accounts = createListing({
    label: text.list, none: text.none, fallback: () => filter,
    pages: { size: PAGE, next: ({ username }) => users(filter.value.trim(), { after: username, limit: PAGE }) },
    read: async () => {
      const page = await users(filter.value.trim(), { limit: PAGE });
      setText(count, filter.value.trim() === '' ? '' : text.matches(page.length));
      return page;
    },
    row: (/** @type {AdminUser} */ user) => {
      const called = user.display_name || user.username;
      const isMe = canonical(user.username) === canonical(me() ?? '');
      const control = moreButton(text.actions(called));
      control.addEventListener('click', () => {
        if (control.getAttribute('aria-expanded') !== 'true') openMenu(control, text.actions(called), itemsFor(user, isMe));
      });
      return makeRow({
        key: user.username, face: avatar(user.username), control,
        line: [
          nameOf(called), el('span', { class: 'admin-username', dir: 'auto' }, `@${user.username}`),
          isMe && el('span', { class: 'person-you' }, text.you),
          user.role === 'administrator' && badge(words.administrator, 'admin-badge'),
          user.disabled_at !== null && badge(text.disabled, 'admin-badge-off'),
        ],
        facts: [
          text.sessions(user.sessions), user.last_seen_at && text.seen(ago(user.last_seen_at)), text.since(formatShortDate(user.created_at)),
        ],
      });
    },
  });
  const kept = createListing({
    label: text.bans, none: text.noBans, fallback: () => banGuest, read: bans,
    row: (/** @type {ServerBan} */ ban) => {
      const lift = el('button', { type: 'button', class: 'button button-quiet', 'aria-label': text.liftLabel(ban.username) }, text.lift);
      lift.addEventListener('click', () => void outcome.act(lift, async () => {
        await onLift(ban.id);
        await kept.load();
        return text.lifted(ban.username);
      }));
      return makeRow({
        key: String(ban.id), face: avatar(ban.username, '', ban.guest), control: lift,
        line: [nameOf(ban.username), ban.guest && badge(text.guest)],
        facts: [
          ban.until ? words.terms.until(formatShortDate(ban.until)) : words.terms.forGood, ban.created_by && words.terms.by(ban.created_by),
          ban.reason,
        ],
      });
    },
  });

  /** @param {() => Promise<boolean>} ask @param {string} said */
  const after = async (ask, said) => {
    if (!(await ask())) return;
    await Promise.all([accounts.load(), kept.load()]);
    outcome.say(said);
  };
  /**
   * @param {AdminUser} user
   * @param {Parameters<PeopleOptions['onChange']>[1]} changes
   * @param {{title: string, text: string, submit: string, danger?: boolean}} question
   */
  const sure = (user, changes, question) => openDialog({
    ...question, body: [el('p', { class: 'dialog-text' }, question.text)], run: async () => void (await onChange(user.username, changes)),
  });
  /** @param {AdminUser} user */
  const askRemoval = (user) => {
    const { element, select } = createSelect('removal-mode', text.removeMode, [
      { value: 'anonymise', text: text.removeAnonymise }, { value: 'remove', text: text.removeAll },
    ]);
    return openDialog({
      title: text.removeTitle(user.username), body: [el('p', { class: 'dialog-text' }, text.removeText), element],
      submit: text.removeSubmit, danger: true,
      run: () => onRemove(user.username, /** @type {'anonymise' | 'remove'} */ (select.value)),
    });
  };
  /** @param {AdminUser} user @param {boolean} isMe @returns {import('../menu.js').MenuItem[]} */
  const itemsFor = (user, isMe) => {
    const name = user.username;
    const isChief = user.role === 'administrator';
    return [
      isChief
        ? {
            label: text.lower, icon: 'shield', danger: true,
            run: () => void after(
              () => sure(user, { role: 'member' }, { title: text.lowerTitle(name), text: text.lowerText, submit: text.lowerSubmit, danger: true }),
              text.lowered(name),
            ),
          }
        : {
            label: text.promote, icon: 'shield',
            run: () => void after(
              () => sure(user, { role: 'administrator' }, { title: text.promoteTitle(name), text: text.promoteText, submit: text.promoteSubmit }),
              text.promoted(name),
            ),
          },
      ...(user.disabled_at !== null
        ? [{
            label: text.enable, icon: 'check',
            run: () => void outcome.act(null, async () => {
              await onChange(name, { disabled: false });
              await accounts.load();
              return text.isEnabled(name);
            }),
          }]
        : [{
            label: text.disable, icon: 'lock', danger: true,
            run: () => void after(
              () => sure(user, { disabled: true }, { title: text.disableTitle(name), text: text.disableText, submit: text.disableSubmit, danger: true }),
              text.isDisabled(name),
            ),
          }]),
      ...(isMe || isChief || user.disabled_at !== null
        ? []
        : [{
            label: text.ban, icon: 'close', danger: true,
            run: () => void after(
              () => askTerm({ title: text.banTitle(name), text: text.banText, submit: text.banSubmit, run: (term) => onBan(name, term) }),
              text.banned(name),
            ),
          }]),
      ...(user.disabled_at !== null
        ? []
        : [{
            label: text.takeAlong, icon: 'archive',
            run: () => void outcome.act(null, async () => {
              await onExport(name);
              return text.exported(name);
            }),
          }]),
      ...(isMe ? [] : [{ label: text.remove, icon: 'leave', danger: true, run: () => void after(() => askRemoval(user), text.removed(name)) }]),
    ];
  };

  filter.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void accounts.load(true), WAIT_MS);
  });
  banGuest.addEventListener('click', () => {
    let called = '';
    void askTerm({
      title: text.banGuestTitle, text: text.banGuestText, submit: text.banSubmit, nameLabel: text.guestName,
      run: (term, name) => {
        called = name;
        return onBan(name, term);
      },
    }).then(async (done) => {
      if (!done) return;
      await kept.load();
      outcome.say(text.banned(called));
    });
  });

  return {
    element: el(
      'div',
      { class: 'admin-part' },
      search,
      count,
      outcome.element,
      accounts.element,
      el('div', { class: 'admin-head' }, el('h2', { class: 'admin-title' }, text.bans), banGuest),
      kept.element,
    ),
    open: () => {
      void accounts.load();
      void kept.load();
    },
    destroy: () => clearTimeout(timer),
  };
}
