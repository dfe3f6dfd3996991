/** The head of a conversation: the room's name, who is here, what can be done with the room. */

import { el, icon, iconButton, setAttr, setText } from '../dom.js';
import { formatNumber, othersIn, roomTitle } from '../format.js';
import { strings } from '../strings/en.js';
import { setSign } from './roomsign.js';

/**
 * @param {HTMLElement} element
 * @param {{onBack: () => void, onPeople: () => void, onAct: (wish: string, ...details: any[]) => void,
 *   names: import('../app/names.js').Names}} callbacks
 */
export function createHeader(element, { onBack, onPeople, onAct, names }) {
  const ending = new AbortController();
  const { signal } = ending;
  /** @type {import('../types.js').Room | null} */
  let room = null;

  const back = iconButton(strings.header.back, 'back', { class: 'icon-button header-back' });
  const name = el('span', { class: 'header-name', dir: 'auto' });
  const sign = el('span', { class: 'header-sign' });
  const title = el('h1', { class: 'header-title', tabindex: -1 }, sign, name);
  const topic = el('p', { class: 'header-topic', dir: 'auto' });
  const count = el('span', { class: 'header-count' });
  const people = el(
    'button',
    { type: 'button', class: 'header-people', dataset: { toggles: 'people' } },
    icon('people'),
    count,
  );
  const search = iconButton(strings.sidebar.search, 'search');
  const more = iconButton(strings.header.menu, 'more', { 'aria-haspopup': 'menu', 'aria-expanded': 'false' });
  element.replaceChildren(
    back,
    el('div', { class: 'header-text' }, title, topic),
    el('div', { class: 'header-actions' }, search, people, more),
  );

  back.addEventListener('click', () => onBack(), { signal });
  people.addEventListener('click', () => onPeople(), { signal });
  search.addEventListener('click', () => onAct('search'), { signal });
  more.addEventListener(
    'click',
    // An open menu is the button's own to close.
    () => room !== null && more.popoverTargetElement === null && onAct('roomMenu', room, more),
    { signal },
  );
  /** @param {import('../types.js').Room | null} next @param {string | null} username */
  const draw = (next, username) => {
    const others = next?.kind === 'direct' ? othersIn(next.name, username) : [];
    const [single] = others.length === 1 ? others : [];
    if (next) setSign(sign, next, single);
    const called = single === undefined ? next && roomTitle(next, username) : names.called(single);
    setText(name, called ?? '');
    const line = single !== undefined && called !== single ? `@${single}` : next?.topic;
    setText(topic, line ?? '');
    topic.hidden = !line;
  };

  return {
    /** @param {{room: import('../types.js').Room | null, username: string | null, online: number}} data */
    update({ room: next, username, online }) {
      room = next;
      draw(next, username);
      setText(count, formatNumber(online));
      setAttr(people, 'aria-label', strings.header.people(online));
      setAttr(people, 'title', strings.header.people(online));
      element.toggleAttribute('data-empty', next === null);
    },
    focus: () => title.focus(),
    destroy() {
      ending.abort();
      element.replaceChildren();
    },
  };
}
