/** What others may know about oneself. */

import { el, setText, uid } from '../../dom.js';
import { canonical, cleanName, countCharacters, hue } from '../../format.js';
import { words } from '../../strings/account.js';
import { words as reading } from '../../strings/reads.js';
import { avatar } from '../avatar.js';
import { checkDisplayName } from './checks.js';
import { createForm } from './form.js';
import { HUES } from './hues.js';
import { createPicture } from './picture.js';

const STATUS_MAX = 100;
const ABOUT_MAX = 500;
/** The count shows when this many characters are left. */
const NEAR = 50;

/** @typedef {import('../../types.js').User} User */

/** @param {number} max */
const checkLength = (max) => (/** @type {string} */ value) => (countCharacters(value) > max ? 'too_long' : null);

/** @param {string} chosen an IANA name, or '' */
function createZones(chosen) {
  const id = uid('zone');
  const zones = Intl.supportedValuesOf('timeZone');
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  // A zone that this browser does not know, or by another name, must not be lost on saving. One's own comes first.
  const names = [...new Set([own, ...(chosen ? [chosen] : []), ...zones])];
  const select = el(
    'select',
    { id, class: 'field', name: 'time_zone', autocomplete: 'off' },
    el('option', { value: '' }, words.profile.noTimeZone),
    ...names.map((name) => el('option', { value: name }, name.replaceAll('_', ' '))),
  );
  select.value = chosen;
  const element = el(
    'div',
    { class: 'form-field' },
    el('label', { class: 'label', for: id }, words.profile.timeZone),
    select,
  );
  return { element, select };
}

/**
 * @param {number | null} chosen
 * @param {string} username
 * @param {(hue: number | null) => void} onChoose
 */
function createColours(chosen, username, onChoose) {
  const group = uid('colour');
  const own = hue(canonical(username));
  const known = HUES.some((colour) => colour.hue === chosen);
  const options = [
    { hue: null, name: words.profile.automatic },
    // One that was chosen elsewhere and is none of ours stays to be chosen.
    ...(chosen === null || known ? [] : [{ hue: chosen, name: words.profile.colour }]),
    ...HUES,
  ];
  const labels = options.map((option) => {
    const input = el('input', {
      type: 'radio', name: group, class: 'sr-only', value: String(option.hue ?? ''), checked: option.hue === chosen,
    });
    const swatch = el('span', { class: 'swatch', 'aria-hidden': 'true' });
    swatch.style.setProperty('--hue', String(option.hue ?? own));
    const isAutomatic = option.hue === null;
    return el(
      'label',
      { class: isAutomatic ? 'colour colour-own' : 'colour', title: isAutomatic ? null : option.name },
      input,
      swatch,
      el('span', { class: isAutomatic ? null : 'sr-only' }, option.name),
    );
  });
  const element = el(
    'fieldset',
    { class: 'form-field' },
    el('legend', { class: 'label' }, words.profile.colour),
    el('div', { class: 'colours' }, ...labels),
  );
  element.addEventListener('change', (event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    onChoose(value === '' ? null : Number(value));
  });
  return element;
}

/** @param {boolean} checked whether others see how far one has read */
function createShare(checked) {
  const [id, hintId] = [uid('share'), uid('hint')];
  const input = el('input', { type: 'checkbox', id, class: 'choice-mark', checked, 'aria-describedby': hintId });
  const element = el(
    'div',
    { class: 'choice' },
    input,
    el('label', { class: 'choice-label', for: id }, reading.share),
    el('p', { id: hintId, class: 'choice-hint' }, reading.shareHint),
  );
  return { element, input };
}

/**
 * @param {object} options
 * @param {User} options.user
 * @param {(changes: Partial<User>) => Promise<User>} options.onSave
 * @param {(picture: Blob | null) => Promise<User>} options.onPicture
 */
export function createProfile({ user, onSave, onPicture }) {
  let chosen = user.hue;
  const face = avatar(user.username, 'avatar-lg');
  const name = el('span', { class: 'profile-name', dir: 'auto' });
  const preview = el(
    'div',
    { class: 'profile-preview' },
    face,
    el('div', { class: 'profile-names' }, name, el('span', { class: 'profile-username', dir: 'auto' }, `@${user.username}`)),
  );
  const picture = createPicture({ user, onPicture });
  const zones = createZones(user.time_zone ?? '');
  const count = el('p', { class: 'hint', 'aria-live': 'polite' });
  const draw = () => {
    face.style.setProperty('--hue', String(chosen ?? hue(canonical(user.username))));
    setText(name, cleanName(form.field('display_name').input.value) || user.username);
    const left = ABOUT_MAX - countCharacters(form.field('about').input.value);
    setText(count, left > NEAR ? '' : left < 0 ? words.profile.over(-left) : words.profile.left(left));
  };
  const colours = createColours(user.hue, user.username, (hue) => {
    chosen = hue;
    draw();
  });
  const shares = createShare(user.read_receipts !== false);
  const form = createForm({
    fields: [
      {
        name: 'display_name', label: words.displayName, autocomplete: 'name', optional: true, value: user.display_name,
        hint: words.profile.displayNameHint, check: checkDisplayName,
      },
      {
        name: 'status_text', label: words.profile.status, autocomplete: 'off', optional: true,
        value: user.status_text ?? '', hint: words.profile.statusHint, check: checkLength(STATUS_MAX),
      },
      {
        name: 'about', label: words.profile.about, autocomplete: 'off', optional: true, kind: 'lines',
        value: user.about ?? '', check: checkLength(ABOUT_MAX),
      },
    ],
    more: [count, zones.element, colours, shares.element],
    submit: words.profile.submit,
    done: words.profile.saved,
    run: async (values) => {
      await onSave({
        // Without a name of its own the profile shows the username.
        display_name: cleanName(values['display_name'] ?? '') || user.username,
        status_text: (values['status_text'] ?? '').trim(),
        about: (values['about'] ?? '').trim(),
        time_zone: zones.select.value || null,
        hue: chosen,
        read_receipts: shares.input.checked,
      });
    },
  });
  form.element.addEventListener('input', draw);
  draw();
  return { element: el('div', {}, preview, picture, form.element), destroy: form.destroy };
}
