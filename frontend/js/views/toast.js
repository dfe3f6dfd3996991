/**
 * Short notices over the screen, for those who look; whoever shows one has it said by the announcer too, because readers
 * pass over a live region that comes with its words. They go by themselves, but not while somebody reads them, and with
 * Escape.
 */

import { el, iconButton, keepFocus } from '../dom.js';
import { words } from '../strings/notices.js';

const SHOWN_MS = 6000;
const TOASTS_AT_MOST = 3;

/**
 * @param {HTMLElement} element
 */
export function createToasts(element) {
  element.setAttribute('aria-label', words.toasts.label);
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
  /** @param {Element} toast  may have the focus */
  const take = (toast) => {
    keepFocus(
      element,
      () => remove(toast),
      () => document.querySelector('.screen:not([hidden]) h1'),
    );
  };
  const { signal } = ending;
  element.addEventListener('pointerenter', hold, { signal });
  element.addEventListener('pointerleave', resume, { signal });
  element.addEventListener('focusin', hold, { signal });
  element.addEventListener('focusout', resume, { signal });
  element.addEventListener(
    'click',
    (event) => {
      const toast = /** @type {Element} */ (event.target).closest('.toast-close, .toast-link')?.closest('.toast');
      if (toast) take(toast);
    },
    { signal },
  );

  // Besides what it means where it was pressed; a dialog or a menu has it for itself.
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || event.isComposing || document.querySelector('dialog[open], [popover]:popover-open')) return;
      [...timers.keys()].forEach(take);
    },
    { signal },
  );

  return {
    /**
     * @param {string} text
     * @param {{kind?: 'info' | 'ok' | 'danger', href?: string | undefined}} [options] `href`: where it leads
     * @returns {() => void} takes it away
     */
    show(text, { kind = 'info', href } = {}) {
      const toast = el(
        'div',
        { class: 'toast', dataset: { kind } },
        href ? el('a', { class: 'toast-text toast-link', href }, text) : el('span', { class: 'toast-text' }, text),
        iconButton(words.toasts.dismiss, 'close', { class: 'icon-button toast-close' }),
      );
      element.append(toast);
      start(toast);
      const oldest = [...timers.keys()].slice(0, -TOASTS_AT_MOST);
      oldest.forEach(remove);
      return () => take(toast);
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
