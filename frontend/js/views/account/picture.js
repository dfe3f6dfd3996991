/** The picture by which one is known: chosen, seen at once, taken away. */

import { el, setText, uid } from '../../dom.js';
import { accountErrorText, words } from '../../strings/account.js';

/** @typedef {import('../../types.js').User} User */

const KINDS = 'image/png,image/jpeg,image/gif,image/webp,image/avif,image/heic,image/heif';

/**
 * @param {object} options
 * @param {User} options.user
 * @param {(picture: Blob | null) => Promise<User>} options.onPicture  rejects with `{code, detail}`
 * @returns {HTMLElement}
 */
export function createPicture({ user, onPicture }) {
  const [labelId, hintId] = [uid('picture'), uid('hint')];
  const picker = el('input', { type: 'file', accept: KINDS, hidden: true });
  const choose = el('button', { type: 'button', class: 'button button-quiet', 'aria-describedby': hintId }, el('span', { class: 'button-label' }), el('span', { class: 'spinner', 'aria-hidden': 'true' }));
  const remove = el('button', { type: 'button', class: 'button button-quiet' }, words.profile.removePicture);
  const told = el('p', { class: 'hint', 'aria-live': 'polite' });
  const wrong = el('p', { class: 'field-error', role: 'alert' });

  /** @param {string | null | undefined} avatar */
  const draw = (avatar) => {
    setText(/** @type {Element} */ (choose.firstElementChild), avatar ? words.profile.changePicture : words.profile.choosePicture);
    remove.hidden = !avatar;
  };
  /** @param {Blob | null} picture */
  const save = async (picture) => {
    if (choose.ariaBusy) return;
    choose.ariaBusy = 'true';
    setText(wrong, '');
    setText(told, words.profile.pictureSaving);
    try {
      const saved = await onPicture(picture);
      draw(saved.avatar);
      setText(told, picture ? words.profile.pictureSaved : words.profile.pictureRemoved);
      if (!picture) choose.focus();
    } catch (refusal) {
      const { code = 'internal', detail } = /** @type {{code?: string, detail?: string}} */ (refusal);
      setText(told, '');
      // What is wrong with a file, the server says best.
      setText(wrong, code === 'invalid' || code === 'too_large' ? detail || words.profile.noPicture : accountErrorText(code, detail));
    } finally {
      choose.ariaBusy = null;
    }
  };
  choose.addEventListener('click', () => picker.click());
  remove.addEventListener('click', () => void save(null));
  picker.addEventListener('change', () => {
    const [picture] = picker.files ?? [];
    picker.value = '';
    if (!picture) return;
    if (picture.type && !picture.type.startsWith('image/')) setText(wrong, words.profile.noPicture);
    else void save(picture);
  });
  draw(user.avatar);
  return el(
    'div',
    { class: 'form-field picture', role: 'group', 'aria-labelledby': labelId },
    el('p', { id: labelId, class: 'label' }, words.profile.picture),
    el('div', { class: 'picture-buttons' }, choose, remove, picker),
    el('p', { id: hintId, class: 'hint' }, words.profile.pictureHint),
    told,
    wrong,
  );
}
