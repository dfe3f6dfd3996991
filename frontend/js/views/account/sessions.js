/** Where one is signed in, and how to end that. */

import { el, keepFocus, setText } from '../../dom.js';
import { formatShortDate } from '../../format.js';
import { accountErrorText, words } from '../../strings/account.js';
import { deviceOf } from './device.js';
import { ago } from './times.js';

/** @typedef {import('../../types.js').Login} Login */

/** @param {Login} login @returns {string} such as "Firefox on Linux" */
function nameOf({ user_agent: userAgent }) {
  const { browser, system } = deviceOf(userAgent);
  if (browser && system) return words.sessions.device(browser, system);
  return browser || system || words.sessions.unknown;
}

/**
 * @param {object} options
 * @param {() => Promise<Login[]>} options.logins
 * @param {(id: string) => Promise<void>} options.onEnd
 * @param {() => Promise<void>} options.onEndAll
 */
export function createSessions({ logins, onEnd, onEndAll }) {
  const text = words.sessions;
  const list = el('ul', { class: 'sessions', role: 'list' });
  const status = el('p', { class: 'form-done', role: 'status' });
  const errorLine = el('p', { class: 'field-error', role: 'alert' });
  const all = el('button', { type: 'button', class: 'button button-quiet' }, text.endAll);
  const yes = el('button', { type: 'button', class: 'button button-danger' }, text.yes);
  const no = el('button', { type: 'button', class: 'button button-quiet' }, text.no);
  const sure = el(
    'div',
    { class: 'sessions-sure', role: 'group', 'aria-label': text.sure, hidden: true },
    el('p', {}, text.sure),
    el('div', { class: 'form-buttons' }, no, yes),
  );
  const element = el(
    'div',
    { class: 'form' },
    el('p', { class: 'form-note' }, text.lead),
    list,
    errorLine,
    status,
    el('div', { class: 'form-buttons sessions-all' }, all),
    sure,
  );

  /** @param {unknown} refusal */
  const showError = (refusal) => {
    const { code = 'internal', detail } = /** @type {{code?: string, detail?: string}} */ (refusal);
    setText(status, '');
    setText(errorLine, accountErrorText(code, detail));
  };
  /** @param {HTMLButtonElement} button @param {() => Promise<void>} run */
  const act = async (button, run) => {
    if (button.ariaDisabled) return;
    button.ariaDisabled = 'true';
    setText(errorLine, '');
    try {
      await run();
    } catch (refusal) {
      showError(refusal);
    } finally {
      button.ariaDisabled = null;
    }
  };
  /** @param {Login} login */
  const row = (login) => {
    const name = nameOf(login);
    const end = el('button', { type: 'button', class: 'button button-quiet', 'aria-label': text.endLabel(name) }, text.end);
    const node = el(
      'li',
      { class: 'session' },
      el(
        'div',
        { class: 'session-text' },
        el('p', { class: 'session-name' }, name, login.current && el('span', { class: 'badge badge-ok' }, text.current)),
        el('p', { class: 'session-facts' }, text.seen(ago(login.last_seen_at), login.address)),
        el('p', { class: 'session-facts' }, text.since(formatShortDate(login.created_at))),
      ),
      login.current ? null : end,
    );
    end.addEventListener('click', () => {
      void act(end, async () => {
        await onEnd(login.id);
        keepFocus(element, () => node.remove(), () => all);
        setText(status, text.ended(name));
      });
    });
    return node;
  };
  const read = async () => {
    list.replaceChildren(
      el('li', { class: 'sr-only' }, text.loading),
      ...[1, 2].map(() => el('li', { class: 'session session-skeleton', 'aria-hidden': 'true' })),
    );
    try {
      const found = await logins();
      // The present one first, then as they were last used.
      found.sort((one, other) => Number(other.current) - Number(one.current) || other.last_seen_at.localeCompare(one.last_seen_at));
      list.replaceChildren(...found.map(row));
    } catch (refusal) {
      list.replaceChildren();
      showError(refusal);
    }
  };
  /** @param {boolean} isAsked */
  const ask = (isAsked) => {
    sure.hidden = !isAsked;
    all.hidden = isAsked;
    (isAsked ? no : all).focus();
  };
  all.addEventListener('click', () => ask(true));
  no.addEventListener('click', () => ask(false));
  yes.addEventListener('click', () => void act(yes, onEndAll));

  return { element, open: () => void read(), destroy() {} };
}
