/** A field over a list: what is written in it says which of the list are meant. */

import { el, icon, uid } from '../../dom.js';

/** @param {string} label @param {string} [kind] a further class of what is around it */
export function createFilterField(label, kind = '') {
  const id = uid('find');
  const field = el('input', {
    id, type: 'search', class: 'field filter-field', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off',
    placeholder: label, enterkeyhint: 'search', dir: 'auto',
  });
  const element = el(
    'div',
    { class: `filter ${kind}`.trim(), role: 'search' },
    el('label', { class: 'sr-only', for: id }, label),
    icon('search', 'icon-sm'),
    field,
  );
  return { element, field };
}
