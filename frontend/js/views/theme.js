/** Theme: follows the system, light, or dark. Kept on this device; `js/early.js` applies it before the first paint. */

import { el, icon, uid } from '../dom.js';
import { strings } from '../strings/en.js';

const KEY = 'parlour.theme';
const THEMES = /** @type {const} */ (['auto', 'light', 'dark']);
/** Tells every switch on the page that the theme has changed. */
const changes = new EventTarget();

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
  const ending = new AbortController();
  const group = uid('theme');
  const inputs = THEMES.map((theme) => el('input', { type: 'radio', name: group, value: theme, class: 'sr-only' }));
  const options = inputs.map((input, index) => {
    const theme = THEMES[index] ?? 'auto';
    return el(
      'label',
      { class: 'theme-option', title: strings.theme[theme] },
      input,
      icon(theme, 'icon-sm'),
      el('span', { class: 'sr-only' }, strings.theme[theme]),
    );
  });
  element.replaceChildren(
    el('fieldset', { class: 'theme-switch' }, el('legend', { class: 'sr-only' }, strings.theme.label), ...options),
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
