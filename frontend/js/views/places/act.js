/** What the parts of these dialogs share: doing something, and saying how it went. */

import { el, setText } from '../../dom.js';
import { accountErrorText } from '../../strings/account.js';

/** Two lines under a part: one says what was done, one why not. */
export function createOutcome() {
  const done = el('p', { class: 'form-done', role: 'status' });
  const error = el('p', { class: 'field-error', role: 'alert' });
  /** Another node each time: the same words are said once more. @param {string} words */
  const tell = (words) => done.replaceChildren(words);
  /** @param {unknown} refusal */
  const refuse = (refusal) => {
    const { code = 'internal', detail } = /** @type {{code?: string, detail?: string}} */ (refusal);
    setText(done, '');
    setText(error, accountErrorText(code, detail));
  };
  return {
    element: el('div', { class: 'outcome' }, done, error),
    refuse,
    /** @param {string} words */
    say(words) {
      setText(error, '');
      tell(words);
    },
    /**
     * Does something once, however often its button is pressed meanwhile.
     * @param {HTMLElement | null} button
     * @param {() => Promise<string | void>} run answers with what is said of it
     * @returns {Promise<boolean>} whether it was done
     */
    async act(button, run) {
      if (button?.ariaDisabled) return false;
      if (button) button.ariaDisabled = 'true';
      setText(error, '');
      try {
        const words = await run();
        if (words) tell(words);
        return true;
      } catch (refusal) {
        refuse(refusal);
        return false;
      } finally {
        if (button) button.ariaDisabled = null;
      }
    },
  };
}

/** @param {string} name @param {string} label @param {{value: string, text: string}[]} choices @param {string} [hint] */
export function createSelect(name, label, choices, hint) {
  const id = `${name}-choice`;
  const select = el(
    'select',
    { id, class: 'field', name, autocomplete: 'off', 'aria-describedby': hint ? `${id}-hint` : null },
    ...choices.map(({ value, text }) => el('option', { value }, text)),
  );
  const element = el(
    'div',
    { class: 'form-field' },
    el('label', { class: 'label', for: id }, label),
    select,
    hint ? el('p', { id: `${id}-hint`, class: 'hint' }, hint) : null,
  );
  return { element, select };
}
