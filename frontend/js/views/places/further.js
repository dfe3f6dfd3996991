/** Buttons under a list: one gets more of it, and goes with the last; one tries again what could not be read. */

import { el } from '../../dom.js';
import { words } from '../../strings/places.js';

/**
 * @param {HTMLElement} more
 * @param {() => Promise<unknown>} read  hides it when there is no more
 * @param {() => Element|null|undefined} next  gets the focus of a button that has gone: the first of what has come
 */
export async function readFurther(more, read, next) {
  await read();
  const { activeElement: focused, body } = document;
  if (!more.hidden || (focused !== more && focused !== body)) return;
  /** @type {HTMLElement|null|undefined} */ (next())?.focus();
}

/**
 * @param {{say: (words: string) => void, refuse: (refusal: unknown) => void}} outcome  says why as long as that is so
 * @param {() => Promise<unknown>} read  tells of its end by `done` or `failed`
 * @param {() => Element|null|undefined} next  gets the focus of the button, which goes with what is there again
 */
export function createRetry(outcome, read, next) {
  const button = el('button', { type: 'button', class: 'button button-quiet retry', hidden: true }, words.tryAgain);
  button.addEventListener('click', () => void readFurther(button, read, next));
  return {
    button,
    done() {
      // What else was refused is not taken back by that.
      if (button.hidden) return;
      button.hidden = true;
      outcome.say('');
    },
    /** @param {unknown} refusal */
    failed(refusal) {
      button.hidden = false;
      outcome.refuse(refusal);
    },
  };
}
