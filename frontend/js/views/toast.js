/**
 * Short notices in the corner, for those who look; whoever shows one has it said by the announcer too, because readers
 * pass over a live region that comes with its words. They go by themselves, but not while somebody reads them.
 */

import { el, iconButton, keepFocus } from '../dom.js';
import { strings } from '../strings/en.js';

const SHOWN_MS = 6000;
const TOASTS_AT_MOST = 3;

/**
 * @param {HTMLElement} element
 */
export function createToasts(element) {
  element.setAttribute('aria-label', strings.toasts.label);
  const ending = new AbortController();
  /** @type {Map<Element, ReturnType<typeof setTimeout>>} */
  const timers = new Map();

  /** @param {Element} toast */
  const remove = (toast) => {
    clearTimeout(timers.get(toast));
    timers.delete(toast);
    toast.remove();
  };
  /** @param {Element} toast */
  const start = (toast) => {
    clearTimeout(timers.get(toast));
    timers.set(
      toast,
      setTimeout(() => remove(toast), SHOWN_MS),
    );
  };
  const hold = () => {
    for (const timer of timers.values()) clearTimeout(timer);
  };
  const resume = () => {
    for (const toast of timers.keys()) start(toast);
  };
  const { signal } = ending;
  element.addEventListener('pointerenter', hold, { signal });
  element.addEventListener('pointerleave', resume, { signal });
  element.addEventListener('focusin', hold, { signal });
  element.addEventListener('focusout', resume, { signal });
  element.addEventListener(
    'click',
    (event) => {
      const toast = /** @type {Element} */ (event.target).closest('.toast-close')?.closest('.toast');
      if (toast) {
        keepFocus(
          element,
          () => remove(toast),
          () => document.querySelector('.screen:not([hidden]) h1'),
        );
      }
    },
    { signal },
  );

  return {
    /**
     * @param {string} text
     * @param {{kind?: 'info' | 'ok' | 'danger'}} [options]
     */
    show(text, { kind = 'info' } = {}) {
      const toast = el(
        'div',
        { class: 'toast', dataset: { kind } },
        el('span', { class: 'toast-text' }, text),
        iconButton(strings.toasts.dismiss, 'close', { class: 'icon-button toast-close' }),
      );
      element.append(toast);
      start(toast);
      const oldest = [...timers.keys()].slice(0, -TOASTS_AT_MOST);
      oldest.forEach(remove);
    },
    update() {},
    destroy() {
      hold();
      timers.clear();
      ending.abort();
      element.replaceChildren();
    },
  };
}
