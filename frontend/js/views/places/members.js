/** Who is in a room: found, added, given another role, removed; only what one may do is offered. */

import { el, iconButton, keepFocus, reconcile, setAttr, setText, uid } from '../../dom.js';
import { canonical } from '../../format.js';
import { words } from '../../strings/places.js';
import { avatar, chooseHue } from '../avatar.js';
import { openMenu } from '../menu.js';
import { createOutcome } from './act.js';
import { createFilterField } from './filterfield.js';
import { readFurther } from './further.js';
import { createPicker } from './picker.js';

/** From this many on, a list can be filtered. */
const FILTER_FROM = 9;
/** So many are read at once. */
const PAGE = 200;
/** How many can be added in one go. */
const ADD_AT_MOST = 20;

/**
 * @typedef {import('../../types.js').Member} Member
 * @typedef {import('../../types.js').Room} Room
 *
 * @typedef {object} MembersOptions everything asked of the server rejects with `{code, detail}`
 * @property {Room} room
 * @property {string | null} me
 * @property {() => import('../../rights.js').Rights} rights as they are now
 * @property {(page: {after?: string, limit: number}) => Promise<Member[]>} members
 * @property {(query: string, signal: AbortSignal) => Promise<import('./picker.js').Found[]>} find
 * @property {(username: string) => Promise<unknown>} onAdd
 * @property {() => Promise<unknown>} onJoin
 * @property {(username: string, role: 'moderator'|'member') => Promise<unknown>} onRole
 * @property {(member: Member) => Promise<boolean>} onTransfer asks first
 * @property {(member: Member) => Promise<boolean>} onRemove asks first
 * @property {(member: Member, anchor: HTMLElement) => void} onProfile
 */

/** @param {Member} member @param {boolean} isMe */
function makeRow(member, isMe) {
  const id = uid('member');
  return el(
    'li',
    { class: 'member' },
    el('span', { class: 'person-face' }, avatar(member.username), el('span', { class: 'dot' })),
    el(
      'span',
      { class: 'member-text', id },
      el(
        'span',
        { class: 'member-line' },
        el('bdi', { class: 'member-name' }),
        isMe ? el('span', { class: 'person-you' }, words.you) : null,
        el('span', { class: 'sr-only member-online' }),
      ),
      el('span', { class: 'member-username', dir: 'auto' }),
    ),
    el('span', { class: 'badge member-role' }),
    iconButton(words.members.actions(member.username), 'more', { class: 'icon-button member-more', 'aria-haspopup': 'menu' }),
  );
}

/** @param {MembersOptions} options */
export function createMembers({ room: first, me, rights, members, find, onAdd, onJoin, onRole, onTransfer, onRemove, onProfile }) {
  const text = words.members;
  let room = first;
  /** @type {Member[]} */
  let known = [];
  let hasMore = false;
  /** @type {Map<string, HTMLLIElement>} */
  const rows = new Map();
  const outcome = createOutcome();
  const list = el('ul', { class: 'member-list', role: 'list' });
  const count = el('p', { class: 'form-note member-count', role: 'status' });
  const { element: filterBox, field: filter } = createFilterField(text.filter, 'member-filter');
  const join = el('button', { type: 'button', class: 'button button-primary' }, text.join);
  const picker = createPicker({ label: text.add, hint: text.addHint, max: ADD_AT_MOST, find, onChange: () => drawAdd() });
  const add = el('button', { type: 'button', class: 'button button-primary' }, text.submit);
  const adding = el('div', { class: 'adding' }, picker.element, el('div', { class: 'form-buttons' }, add));
  const open = el('div', { class: 'joining' }, el('p', { class: 'form-note' }, text.public), join);
  const element = el('div', { class: 'form' }, adding, open, outcome.element, el('div', { class: 'member-head' }, count, filterBox), list);
  const more = el('button', { type: 'button', class: 'button button-quiet member-further', hidden: true }, text.more);
  element.append(more);
  let state = 'loading';

  function drawAdd() {
    add.parentElement?.toggleAttribute('hidden', picker.chosen().length === 0);
  }
  const draw = () => {
    const may = rights();
    adding.hidden = !may.add;
    open.hidden = room.kind !== 'public' || !(may.join || known.length === 0);
    join.hidden = !may.join;
    const query = canonical(filter.value);
    const shown = known.filter(({ username, display_name: name }) =>
      query === '' || canonical(username).includes(query) || canonical(name).includes(query));
    filterBox.hidden = known.length < FILTER_FROM;
    setText(count, state === 'loading' ? words.loading
      : query !== '' && shown.length === 0 ? (hasMore ? text.noMatchYet(known.length) : text.noMatch)
        : known.length === 0 ? text.none : hasMore ? text.first(known.length) : text.count(known.length));
    more.hidden = !hasMore;
    const byName = new Map(shown.map((member) => [member.username, member]));
    keepFocus(
      list,
      () => reconcile(list, rows, [...byName.keys()], (name) =>
        makeRow(/** @type {Member} */ (byName.get(name)), canonical(name) === canonical(me ?? ''))),
      () => /** @type {HTMLElement | null} */ (list.querySelector('.member-more')),
    );
    for (const [name, row] of rows) {
      const member = byName.get(name);
      if (!member) continue;
      const called = member.display_name || name;
      setText(/** @type {Element} */ (row.querySelector('.member-name')), called);
      setText(/** @type {Element} */ (row.querySelector('.member-username')), `@${name}`);
      const role = /** @type {HTMLElement} */ (row.querySelector('.member-role'));
      setText(role, text.roles[member.role]);
      setAttr(role, 'data-role', member.role);
      setAttr(/** @type {Element} */ (row.querySelector('.dot')), 'data-presence', member.online ? 'online' : 'offline');
      setText(/** @type {Element} */ (row.querySelector('.member-online')), member.online ? text.online : '');
    }
  };
  /** @param {Member[]} before @param {number} least @returns {Promise<Member[]>} with pages behind them, until there are so many */
  const pages = async (before, least) => {
    let all = before;
    do {
      const last = all.at(-1)?.username;
      const page = await members({ ...(last === undefined ? {} : { after: last }), limit: PAGE });
      for (const { username, hue } of page) chooseHue(username, hue);
      all = [...all, ...page];
      hasMore = page.length === PAGE;
    } while (hasMore && all.length < least);
    return all;
  };
  const read = async () => {
    try {
      // As many as were shown before.
      known = await pages([], Math.max(known.length, 1));
      state = 'ready';
    } catch (refusal) {
      state = 'error';
      outcome.refuse(refusal);
    }
    draw();
  };
  /** @param {Member} member @param {'moderator'|'member'} role */
  const give = (member, role) =>
    void outcome.act(null, async () => {
      await onRole(member.username, role);
      await read();
      return text.isNow(member.username, text.roles[role]);
    });
  /** @param {HTMLButtonElement} button @param {Member} member */
  const openActions = (button, member) => {
    const may = rights();
    const isMe = canonical(member.username) === canonical(me ?? '');
    const isOther = !isMe && member.role !== 'owner';
    openMenu(button, text.actions(member.username), [
      { label: text.profile, icon: 'user', run: () => onProfile(member, button) },
      ...(may.appoint && isOther && member.role === 'member'
        ? [{ label: text.makeModerator, icon: 'shield', run: () => give(member, 'moderator') }] : []),
      ...(may.appoint && isOther && member.role === 'moderator'
        ? [{ label: text.makeMember, icon: 'user', run: () => give(member, 'member') }] : []),
      ...(may.appoint && isOther
        ? [{ label: text.makeOwner, icon: 'shield', run: () => void onTransfer(member).then((done) => (done ? read() : undefined)) }] : []),
      ...(may.remove(member.role) && !isMe
        ? [{
            label: text.remove, icon: 'close', danger: true,
            run: () => void onRemove(member).then(async (done) => {
              if (!done) return;
              await read();
              outcome.say(text.removed(member.username));
            }),
          }] : []),
    ]);
  };

  list.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest('.member-more');
    const name = [...rows].find(([, row]) => button !== null && row.contains(button))?.[0];
    const member = known.find(({ username }) => username === name);
    if (button instanceof HTMLButtonElement && member && button.getAttribute('aria-expanded') !== 'true') openActions(button, member);
  });
  more.addEventListener('click', () => void outcome.act(more, async () => {
    const before = known.length;
    const read = async () => {
      known = await pages(known, before + 1);
      draw();
    };
    // There may have been no more, or nobody whom the filter lets through.
    await readFurther(more, read, () => rows.get(known[before]?.username ?? '')?.querySelector('button') ?? filter);
    return text.shown(known.length - before);
  }));
  filter.addEventListener('input', draw);
  join.addEventListener('click', () => void outcome.act(join, async () => {
    await onJoin();
    await read();
    return text.joined;
  }));
  add.addEventListener('click', () => void outcome.act(add, async () => {
    const names = picker.chosen();
    for (const name of names) await onAdd(name);
    picker.reset();
    picker.focus();
    await read();
    return text.added(names.length);
  }));
  drawAdd();
  draw();

  return {
    element,
    open: () => void read(),
    /** The members as they are known now. */
    known: () => known,
    /** @param {Room} next somebody may have come or gone */
    update(next) {
      const isChanged = next.version !== room.version || next.owner !== room.owner || next.role !== room.role;
      room = next;
      // How many are online changes all the time, and is not worth a question.
      if (state === 'loading' || !isChanged) draw();
      else void read();
    },
    focus: () => picker.focus(),
    destroy: picker.destroy,
  };
}
