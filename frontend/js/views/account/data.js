/** One's own data: taken along as an archive; and leaving for good. Both ask for the password once more. */

import { el, setText } from '../../dom.js';
import { formatShortDate } from '../../format.js';
import { sizeText } from '../../strings/files.js';
import { words } from '../../strings/owndata.js';
import { openDialog } from '../dialog.js';
import { createSelect } from '../places/act.js';
import { checkPassword } from './checks.js';
import { createForm } from './form.js';

/** How often it is looked whether an archive is ready, as long as that is in view. */
const AGAIN_MS = 2000;
const ARCHIVE = '/api/users/me/export/archive';

/**
 * @typedef {'anonymise' | 'remove'} Mode
 * @typedef {{state: 'none' | 'waiting' | 'ready' | 'failed', expires_at: string | null, size: number | null}} OwnExport
 *
 * @typedef {object} DataOptions everything asked of the server rejects with `{code, detail, field, retryAfterMs}`
 * @property {() => Promise<OwnExport>} exported
 * @property {(password: string) => Promise<OwnExport>} onExport
 * @property {(password: string, mode: Mode) => Promise<void>} onLeave
 */

/** @param {unknown} refusal @returns {unknown} the same, in words for whoever is signed in */
function named(refusal) {
  const { code } = /** @type {{code?: string}} */ (refusal);
  return code === 'wrong_credentials' ? Object.assign(new Error(code), { code: 'password_wrong', field: 'password' }) : refusal;
}

/** @param {DataOptions} options */
export function createData({ exported, onExport, onLeave }) {
  const { take, leave } = words;
  const state = el('p', { class: 'form-note', role: 'status' });
  const link = el('a', { class: 'button button-quiet', href: ARCHIVE, download: '', hidden: true }, take.fetch);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isOver = false;

  /** @param {OwnExport} now */
  const show = (now) => {
    const isReady = now.state === 'ready' && now.expires_at !== null;
    setText(state, isReady ? take.ready(formatShortDate(now.expires_at ?? ''), sizeText(now.size ?? 0)) : (take.states[now.state] ?? ''));
    link.hidden = !isReady;
    clearTimeout(timer);
    if (now.state === 'waiting' && !isOver) timer = setTimeout(() => void look(), AGAIN_MS);
  };
  // Where it is not to be had now, it is asked for once more by whoever comes back.
  const look = () => exported().then(show, () => {});

  /** @type {import('./form.js').FieldOptions[]} */
  const fields = [
    { name: 'password', label: words.password, autocomplete: 'current-password', kind: 'password', check: checkPassword },
  ];
  const taking = createForm({
    fields, submit: take.submit,
    run: async ({ password = '' }) => {
      show(await onExport(password).catch((refusal) => Promise.reject(named(refusal))));
      taking.reset();
    },
  });
  const { element: choice, select } = createSelect(
    'leave-mode', leave.mode,
    [{ value: 'anonymise', text: leave.anonymise }, { value: 'remove', text: leave.remove }],
    leave.hint,
  );
  const leaving = createForm({
    fields, more: [choice], submit: leave.submit,
    run: async ({ password = '' }) => {
      const mode = /** @type {Mode} */ (select.value);
      await openDialog({
        title: leave.sureTitle, body: [el('p', { class: 'dialog-text' }, leave.sure[mode])], submit: leave.yes, danger: true,
        run: () => onLeave(password, mode).catch((refusal) => Promise.reject(named(refusal))),
      });
    },
  });
  return {
    element: el(
      'div',
      { class: 'form' },
      el('h3', { class: 'label' }, take.title),
      el('p', { class: 'form-note' }, take.note),
      state,
      link,
      taking.element,
      el('h3', { class: 'label' }, leave.title),
      el('p', { class: 'form-note' }, leave.note),
      leaving.element,
    ),
    open: () => void look(),
    destroy() {
      isOver = true;
      clearTimeout(timer);
      taking.destroy();
      leaving.destroy();
    },
  };
}
