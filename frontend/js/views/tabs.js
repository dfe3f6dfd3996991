/** Tabs and their panels; see the ARIA practices for their keys. */

import { el, setAttr, uid } from '../dom.js';

/**
 * @typedef {object} Part
 * @property {HTMLElement} element
 * @property {() => void} [open] its tab has been chosen
 * @property {() => void} destroy
 *
 * @typedef {{label: string, part: Part}} Tab
 */

/**
 * @param {Tab[]} tabs
 * @param {string} label
 */
export function createTabs(tabs, label) {
  const made = tabs.map(({ label: text, part }) => {
    const [tabId, panelId] = [uid('tab'), uid('panel')];
    const tab = el('button', { type: 'button', role: 'tab', id: tabId, class: 'tab', 'aria-controls': panelId }, text);
    const panel = el(
      'div',
      { role: 'tabpanel', id: panelId, 'aria-labelledby': tabId, hidden: true },
      part.element,
    );
    return { tab, panel, part };
  });
  const list = el('div', { role: 'tablist', class: 'tabs', 'aria-label': label }, ...made.map(({ tab }) => tab));

  /** @param {number} chosen */
  const choose = (chosen) => {
    made.forEach(({ tab, panel, part }, index) => {
      const isChosen = index === chosen;
      setAttr(tab, 'aria-selected', String(isChosen));
      setAttr(tab, 'tabindex', isChosen ? null : '-1');
      if (isChosen && panel.hidden) part.open?.();
      panel.hidden = !isChosen;
    });
  };
  list.addEventListener('click', (event) => {
    const index = made.findIndex(({ tab }) => tab === event.target);
    if (index >= 0) choose(index);
  });
  list.addEventListener('keydown', (event) => {
    const at = made.findIndex(({ tab }) => tab === document.activeElement);
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
    const next = Object.hasOwn(steps, event.key) ? steps[/** @type {keyof typeof steps} */ (event.key)] : null;
    if (next === null) return;
    event.preventDefault();
    const index = (next + made.length) % made.length;
    choose(index);
    made[index]?.tab.focus();
  });
  choose(0);
  return { list, panels: made.map(({ panel }) => panel), choose };
}
