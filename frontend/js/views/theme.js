/** Theme: follows the system, light, or dark. Kept on this device; `js/early.js` applies it before the first paint. */

import { el, icon, uid } from '../dom.js';
import { words } from '../strings/theme.js';
import { addSymbols } from './symbols.js';

const KEY = 'parlour.theme';
const THEMES = /** @type {const} */ (['auto', 'light', 'dark']);
/** Their signs. @type {Record<string, string>} */
const OUTLINES = {
  auto: 'M5 4.5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2zM8.5 20.5h7M12 16.5v4',
  light: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400',
  dark: 'M20.500 14.200A8.600 8.600 0 1 1 9.800 3.500a7 7 0 0 0 10.700 10.700z',
};
/** Tells every switch on the page that the theme has changed. */
const changes = new EventTarget();

/** Puts them on the page, for whoever shows them. */
export const addThemeIcons = () => addSymbols(OUTLINES);

/** @returns {'auto' | 'light' | 'dark'} */
function currentTheme() {
  const theme = document.documentElement.dataset['theme'];
  return theme === 'light' || theme === 'dark' ? theme : 'auto';
}

/** @param {'auto' | 'light' | 'dark'} theme */
export function applyTheme(theme) {
  const root = document.documentElement;
  if (theme === 'auto') delete root.dataset['theme'];
  else root.dataset['theme'] = theme;
  try {
    if (theme === 'auto') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  changes.dispatchEvent(new Event('change'));
}

/**
 * Three radio buttons in one strip; the arrow keys come with them.
 * @param {HTMLElement} element an empty container
 * @returns {{update: () => void, destroy: () => void}}
 */
export function createThemeSwitch(element) {
  addThemeIcons();
  const ending = new AbortController();
  const group = uid('theme');
  const inputs = THEMES.map((theme) => el('input', { type: 'radio', name: group, value: theme, class: 'sr-only' }));
  const options = inputs.map((input, index) => {
    const theme = THEMES[index] ?? 'auto';
    return el(
      'label',
      { class: 'theme-option', title: words[theme] },
      input,
      icon(theme, 'icon-sm'),
      el('span', { class: 'sr-only' }, words[theme]),
    );
  });
  element.replaceChildren(
    el('fieldset', { class: 'theme-switch' }, el('legend', { class: 'sr-only' }, words.label), ...options),
  );

  const update = () => {
    const theme = currentTheme();
    for (const input of inputs) input.checked = input.value === theme;
  };
  element.addEventListener(
    'change',
    (event) => {
      const value = /** @type {HTMLInputElement} */ (event.target).value;
      applyTheme(value === 'light' || value === 'dark' ? value : 'auto');
    },
    { signal: ending.signal },
  );
  changes.addEventListener('change', update, { signal: ending.signal });
  update();
  return { update, destroy: () => ending.abort() };
}
