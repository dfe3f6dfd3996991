/** Of what one is notified, whether this browser may show it, and when one does not want to be disturbed. */

import { el, setAttr, setText, uid } from '../../dom.js';
import { words } from '../../strings/attention.js';
import { clockTime, quietAt, untilText } from '../mentions.js';
import { createOutcome, createSelect } from '../places/act.js';

/**
 * @typedef {import('../mentions.js').Quiet} Quiet
 *
 * @typedef {object} NotificationOptions
 * @property {() => 'granted' | 'default' | 'denied' | 'missing'} permission
 * @property {() => Promise<void>} onAsk
 * @property {() => void} onTest
 * @property {() => Promise<void>} load asks when one does not want to be disturbed; rejects with `{code, detail}`
 * @property {() => Quiet | null} quiet as far as it is known
 * @property {string} zone of the daily hours
 * @property {() => number} now ms since 1970
 * @property {(change: object) => Promise<void>} onSave rejects with `{code, detail}`
 * @property {(run: (() => void) | null) => void} follow calls `run` when another device has changed it
 */

/** @param {string} label @param {string} value */
function createClock(label, value) {
  const id = uid('clock');
  const input = el('input', { id, type: 'time', class: 'field', value });
  return { input, element: el('div', { class: 'form-field' }, el('label', { class: 'label', for: id }, label), input) };
}

/** @param {NotificationOptions} options */
export function createNotifications({ permission, onAsk, onTest, load, quiet, zone, now, onSave, follow }) {
  const text = words.settings;
  const state = el('p', { class: 'form-note', role: 'status' });
  const ask = el('button', { type: 'button', class: 'button button-primary' }, text.ask);
  const test = el('button', { type: 'button', class: 'button button-quiet' }, text.test);
  const drawPermission = () => {
    const known = permission();
    setText(state, text.states[known]);
    ask.hidden = known !== 'default';
    test.hidden = known !== 'granted';
  };
  const askFor = async () => {
    await onAsk();
    drawPermission();
    // The button that had the focus is gone.
    (test.hidden ? heading : test).focus();
  };
  ask.addEventListener('click', () => void askFor());
  test.addEventListener('click', onTest);
  const heading = el('h3', { class: 'notify-title', tabindex: -1 }, text.permission);

  const known = () => quiet() ?? { until: null, start: null, end: null, time_zone: null };
  const isPaused = () => quietAt(known(), now()) === 'paused';
  const status = el('p', { class: 'form-note', role: 'status' });
  const seconds = createSelect('pause', text.pause, [
    { value: 'keep', text: text.keep }, ...Object.entries(text.pauses).map(([value, label]) => ({ value, text: label })),
  ]);
  const dailyId = uid('daily');
  const hintId = uid('hint');
  const daily = el('input', { type: 'checkbox', id: dailyId, class: 'choice-mark', 'aria-describedby': hintId });
  const [from, to] = [createClock(text.from, '22:00'), createClock(text.to, '07:00')];
  const fault = el('p', { id: uid('fault'), class: 'field-error', role: 'alert' });
  const span = el('div', { class: 'notify-span' }, from.element, to.element, fault);
  /** @param {string} words  '': nothing is wrong @param {HTMLInputElement[]} inputs  that are not as they must be */
  const blame = (words, inputs) => {
    setText(fault, words);
    for (const { input } of [from, to]) {
      setAttr(input, 'aria-invalid', inputs.includes(input) ? 'true' : null);
      setAttr(input, 'aria-describedby', inputs.includes(input) ? fault.id : null);
    }
    inputs[0]?.focus();
  };
  span.addEventListener('input', () => blame('', []));
  const save = el('button', { type: 'submit', class: 'button button-primary' }, text.save);
  const outcome = createOutcome();
  /** Something was chosen or entered, and is not saved. */
  let isBegun = false;
  const drawQuiet = () => {
    const { until, start, end } = known();
    const said = {
      paused: () => text.isQuiet(untilText(until ?? '', now())), daily: () => text.isQuietNow, never: () => text.notQuiet,
      later: () => text.isQuietLater(clockTime(start ?? ''), clockTime(end ?? '')),
    };
    setText(status, said[quietAt(known(), now())]());
    const keep = seconds.select.options[0];
    if (keep) keep.hidden = !isPaused();
    // What another device has changed is told, but takes nothing away that was entered here.
    if (isBegun) return;
    seconds.select.value = isPaused() ? 'keep' : '0';
    daily.checked = start !== null;
    from.input.value = start ?? from.input.value;
    to.input.value = end ?? to.input.value;
    span.hidden = !daily.checked;
  };
  daily.addEventListener('change', () => (span.hidden = !daily.checked));
  const form = el(
    'form',
    { class: 'form' },
    seconds.element,
    el(
      'div',
      { class: 'choice' },
      daily,
      el('label', { class: 'choice-label', for: dailyId }, text.daily),
      el('p', { id: hintId, class: 'choice-hint' }, text.dailyHint(zone.replaceAll('_', ' '))),
    ),
    span,
    save,
    outcome.element,
  );
  form.addEventListener('input', () => (isBegun = true));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const isDaily = daily.checked;
    const inputs = [from.input, to.input];
    const empty = inputs.filter(({ value }) => !value);
    if (isDaily && empty.length > 0) return blame(text.noTime, empty);
    if (isDaily && from.input.value === to.input.value) return blame(text.span, inputs);
    blame('', []);
    void outcome.act(save, async () => {
      const { value } = seconds.select;
      // What was asked for goes on to the same time.
      const left = isPaused() ? Math.max(1, Math.round((Date.parse(known().until ?? '') - now()) / 1000)) : 0;
      const pause = value === 'keep' ? left : Number(value);
      await onSave({
        ...(pause > 0 ? { seconds: pause } : {}),
        ...(isDaily ? { start: from.input.value, end: to.input.value, time_zone: zone } : {}),
      });
      isBegun = false;
      drawQuiet();
      return text.saved;
    });
  });
  follow(drawQuiet);
  drawPermission();
  drawQuiet();
  let isKnown = false;
  const part = (/** @type {HTMLElement} */ title, /** @type {HTMLElement[]} */ ...nodes) => el('section', { class: 'notify-part' }, title, ...nodes);
  return {
    element: el(
      'div',
      { class: 'notify' },
      part(heading, state, el('div', { class: 'notify-actions' }, ask, test)),
      part(el('h3', { class: 'notify-title' }, text.quiet), el('p', { class: 'hint' }, text.quietHint), status, form),
      part(el('h3', { class: 'notify-title' }, text.levels), ...text.levelsText.map((line) => el('p', { class: 'form-note' }, line))),
    ),
    open: () => {
      drawPermission();
      if (isKnown) return;
      isKnown = true;
      load().then(drawQuiet, (refusal) => {
        isKnown = false;
        outcome.refuse(refusal);
      });
    },
    destroy: () => follow(null),
  };
}
