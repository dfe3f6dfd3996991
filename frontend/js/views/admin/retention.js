/** For how long messages are kept; what would go; what is held, and why. */

import { el, icon, setText, uid } from '../../dom.js';
import { countCharacters, formatShortDate } from '../../format.js';
import { words } from '../../strings/admin.js';
import { openDialog } from '../dialog.js';
import { createOutcome, createSelect } from '../places/act.js';
import { createRetry } from '../places/further.js';
import { badge, createListing, makeRow, nameOf } from './listing.js';

/** Days that one may choose; 0: for ever. */
const DAYS = [0, 1, 7, 14, 30, 60, 90, 180, 365, 730, 1825, 3650];
const REASON_MAX = 500;

/**
 * @typedef {import('../../types.js').Policy} Policy
 * @typedef {import('../../types.js').LegalHold} LegalHold
 * @typedef {import('../../types.js').HoldWish} HoldWish
 * @typedef {import('../../types.js').RetentionPreview} RetentionPreview
 */

/** @param {string} name @param {string} label @param {number|null} now @param {string} [server] what stands for the server's rule */
export function createDays(name, label, now, server) {
  const all = now === null || DAYS.includes(now) ? DAYS : [...DAYS, now].sort((one, other) => one - other);
  const choices = all.map((days) => ({ value: String(days), text: words.retention.days(days) }));
  const made = createSelect(name, label, server ? [{ value: '', text: server }, ...choices] : choices);
  made.select.value = now === null ? '' : String(now);
  return made;
}

/**
 * Asks why something is held, and for whom where that is not known.
 *
 * @param {object} options
 * @param {string} options.title
 * @param {string} options.submit
 * @param {string} [options.nameLabel] then a name is asked for, which may be left out
 * @param {(reason: string, name: string) => Promise<unknown>} options.run rejects with `{code, detail}`
 * @param {boolean} [options.mustSay] there has to be a reason
 */
export function askReason({ title, submit, nameLabel, run, mustSay = true }) {
  const text = words.retention;
  const [reasonId, nameId] = [uid('reason'), uid('name')];
  const common = { class: 'field', autocomplete: 'off', dir: 'auto' };
  const reason = el('input', { ...common, id: reasonId, name: 'reason', required: mustSay });
  const name = el('input', { ...common, id: nameId, name: 'name', spellcheck: 'false', autocapitalize: 'off' });
  return openDialog({
    title,
    body: [
      el('p', { class: 'dialog-text' }, mustSay ? text.holdText : text.liftText),
      el(
        'div',
        { class: 'form' },
        nameLabel ? el('div', {}, el('label', { class: 'label', for: nameId }, nameLabel), name, el('p', { class: 'hint' }, text.everythingHint)) : null,
        el('div', {}, el('label', { class: 'label', for: reasonId }, words.terms.reason), reason),
      ),
    ],
    submit,
    field: reason,
    check: () => {
      const length = countCharacters(reason.value.trim());
      return length > REASON_MAX ? 'too_long' : mustSay && length === 0 ? 'empty' : null;
    },
    run: async () => void (await run(reason.value.trim(), name.value.trim())),
  });
}

/**
 * @param {object} options everything asked of the server rejects with `{code, detail}`
 * @param {() => Promise<Policy>} options.policy
 * @param {(changes: {retention_days: number}) => Promise<Policy>} options.onChange
 * @param {(days?: number) => Promise<RetentionPreview>} options.preview
 * @param {() => Promise<LegalHold[]>} options.holds
 * @param {(wish: HoldWish) => Promise<LegalHold>} options.onHold
 * @param {(holdId: number, reason: string) => Promise<unknown>} options.onLift
 */
export function createRetention({ policy, onChange, preview, holds, onHold, onLift }) {
  const text = words.retention;
  const outcome = createOutcome();
  const rule = createDays('retention', text.rule, 0);
  const note = el('p', { class: 'form-note', role: 'status' });
  const save = el('button', { type: 'button', class: 'button button-primary', disabled: true }, text.save);
  const hold = el('button', { type: 'button', class: 'button button-quiet' }, text.hold);

  /** @param {Policy} now */
  const show = (now) => {
    const isFixed = now.fixed.includes('retention_days');
    const value = String(now.retention_days);
    if (![...rule.select.options].some((option) => option.value === value)) rule.select.add(new Option(text.days(now.retention_days), value));
    rule.select.value = value;
    rule.select.disabled = save.disabled = isFixed;
    if (isFixed) setText(note, words.policy.fixed);
  };
  const read = async () => {
    try {
      show(await policy());
      const { messages, held_messages: held } = await preview();
      if (!rule.select.disabled) setText(note, text.now(messages, held));
      retry.done();
    } catch (refusal) {
      retry.failed(refusal);
    }
  };
  const retry = createRetry(outcome, read, () => rule.select);
  save.addEventListener('click', () => void outcome.act(save, async () => {
    const days = Number(rule.select.value);
    const would = await preview(days);
    const run = async () => show(await onChange({ retention_days: days }));
    if (would.messages === 0) await run();
    else if (!await openDialog({
      title: text.sureTitle(days), body: [el('p', { class: 'dialog-text' }, text.sure(would.messages, would.rooms))], submit: text.sureSubmit, danger: true, run,
    })) return undefined;
    return text.saved(days);
  }));
  const list = createListing({
    label: text.holds, none: text.noHolds, fallback: () => hold, read: holds,
    row: (/** @type {LegalHold} */ one) => {
      const name = one.kind === 'server' ? text.everything : one.kind === 'room' ? `#${one.name}` : (one.username ?? one.name);
      const lift = el('button', { type: 'button', class: 'button button-quiet', 'aria-label': text.liftLabel(name) }, text.lift);
      lift.addEventListener('click', () => void askReason({
        title: text.liftTitle(name), submit: text.lift, mustSay: false, run: (reason) => onLift(one.id, reason),
      }).then((done) => (done ? after(text.lifted(name)) : undefined)));
      return makeRow({
        key: String(one.id), face: el('span', { class: 'admin-sign' }, icon('lock')), control: lift,
        line: [nameOf(name), badge(text.kinds[one.kind])],
        facts: [one.reason, words.terms.by(one.created_by), formatShortDate(one.created_at)],
      });
    },
  });
  /** @param {string} said */
  const after = async (said) => {
    await Promise.all([list.load(), read()]);
    outcome.say(said);
  };
  hold.addEventListener('click', () => void askReason({
    title: text.holdTitle, submit: text.holdSubmit, nameLabel: text.whose,
    run: (reason, name) => onHold(name ? { kind: 'person', username: name, reason } : { kind: 'server', reason }),
  }).then((done) => (done ? after(text.held) : undefined)));

  return {
    element: el(
      'div',
      { class: 'admin-part' },
      el('p', { class: 'form-note' }, text.lead),
      rule.element, note, save, outcome.element, retry.button,
      el('h2', { class: 'admin-title' }, text.holds),
      el('p', { class: 'form-note' }, text.holdsLead),
      hold,
      list.element,
    ),
    open: () => {
      void read();
      void list.load();
    },
    destroy() {},
  };
}
