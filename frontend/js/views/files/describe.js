/** What an image shows, in words for those who do not see it: asked in a small dialog, one field for each image. */

import { el, uid } from '../../dom.js';
import { countCharacters } from '../../format.js';
import { openDialog } from '../dialog.js';

/** Characters; the server takes no more. */
export const ALT_MAX = 1000;

/**
 * @param {{id: string, name: string, alt: string}[]} images
 * @param {typeof import('../../strings/files.js').words.describe} words
 * @param {(id: string, alt: string) => Promise<unknown>} onSave  rejects with `{code, detail}`
 * @returns {Promise<boolean>} whether it was saved
 */
export function askDescription(images, words, onSave) {
  const fields = images.map(({ name, alt }) => {
    const id = uid('alt');
    const field = el('textarea', { id, class: 'field field-lines', rows: 2, dir: 'auto', maxlength: 2 * ALT_MAX });
    field.value = alt;
    const label = images.length > 1 ? words.labelOf(name) : words.label;
    return { field, node: el('div', { class: 'describe-field' }, el('label', { class: 'label', for: id }, label), field) };
  });
  const [first] = fields;
  /** Which of them is refused. @type {HTMLTextAreaElement | undefined} */
  let wrong;
  return openDialog({
    title: images.length > 1 ? words.titles : words.title,
    body: [el('p', { class: 'dialog-text describe-text' }, words.text), ...fields.map(({ node }) => node)],
    submit: words.submit,
    ...(first && { field: first.field }),
    wrong: () => wrong,
    check: () => {
      wrong = fields.find(({ field }) => countCharacters(field.value.trim()) > ALT_MAX)?.field;
      return wrong ? 'too_long' : null;
    },
    run: async () => {
      for (const [index, { id, alt }] of images.entries()) {
        wrong = fields[index]?.field;
        const now = wrong?.value.trim() ?? '';
        if (now !== alt) await onSave(id, now);
      }
    },
  });
}
