/** The head of a conversation: the room's name, who is here, what can be done with the room. */

import { el, icon, iconButton, setAttr, setText } from '../dom.js';
import { formatNumber } from '../format.js';
import { strings } from '../strings/en.js';
import { createMenu } from './menu.js';
import { withDialogs } from './seldom.js';

const COPIED_MS = 1500;

/**
 * @param {HTMLElement} element
 * @param {{onBack: () => void, onDelete: () => Promise<void>, onPeople: () => void,
 *   onTrouble: (cause: unknown) => void}} callbacks
 */
export function createHeader(element, { onBack, onDelete, onPeople, onTrouble }) {
  const ending = new AbortController();
  const { signal } = ending;
  /** @type {import('../types.js').Room | null} */
  let room = null;

  const back = iconButton(strings.header.back, 'back', { class: 'icon-button header-back' });
  const name = el('span', { class: 'header-name', dir: 'auto' });
  const title = el('h1', { class: 'header-title', tabindex: -1 }, icon('hash'), name);
  const topic = el('p', { class: 'header-topic', dir: 'auto' });
  const count = el('span', { class: 'header-count' });
  const people = el(
    'button',
    { type: 'button', class: 'header-people', dataset: { toggles: 'people' } },
    icon('people'),
    count,
  );
  const more = iconButton(strings.header.menu, 'more');
  const menu = createMenu(
    more,
    strings.header.menu,
    [
      ...(navigator.clipboard ? [{ label: strings.header.copyLink, icon: 'link', stays: true, run: copyLink }] : []),
      { label: strings.header.delete, icon: 'trash', danger: true, run: () => void askDelete() },
    ],
    signal,
  );
  element.replaceChildren(
    back,
    el('div', { class: 'header-text' }, title, topic),
    el('div', { class: 'header-actions' }, people, more, menu),
  );

  async function askDelete() {
    const asked = room;
    if (asked !== null) await withDialogs(({ confirmDelete }) => confirmDelete({ room: asked, onDelete }), onTrouble);
  }
  /** @param {HTMLButtonElement} item */
  async function copyLink(item) {
    const label = item.querySelector('span');
    if (room === null || label === null) return;
    const link = `${location.origin}${location.pathname}#/r/${room.id}`;
    // The browser, or its person, may say no at any time.
    const isCopied = await navigator.clipboard.writeText(link).then(() => true, () => false);
    setText(label, isCopied ? strings.header.copied : strings.header.notCopied);
    setTimeout(() => setText(label, strings.header.copyLink), COPIED_MS);
  }
  back.addEventListener('click', () => onBack(), { signal });
  people.addEventListener('click', () => onPeople(), { signal });

  return {
    /** @param {{room: import('../types.js').Room | null, online: number}} data */
    update({ room: next, online }) {
      room = next;
      setText(name, next?.name ?? '');
      setText(topic, next?.topic ?? '');
      topic.hidden = !next?.topic;
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
