/** The bar under the header: silent for short troubles, amber for long ones, green for a moment when all is back. */

import { el, icon, keepFocus, messageField, setAttr, setText } from '../dom.js';
import { strings } from '../strings/en.js';

const PATIENCE_MS = 5000;
const CAUGHT_UP_MS = 2000;

/** @param {string} connection */
const isWell = (connection) => connection === 'open' || connection === 'caughtup';

/**
 * @param {HTMLElement} element
 * @param {{onTryNow: () => void}} callbacks
 */
export function createBanner(element, { onTryNow }) {
  const ending = new AbortController();
  const sign = el('span', { class: 'banner-sign' });
  const text = el('span', { class: 'banner-text' });
  const tryNow = el('button', { type: 'button', class: 'banner-action' }, strings.banner.tryNow);
  element.replaceChildren(el('div', { class: 'banner-bar' }, sign, text, tryNow));
  element.hidden = true;
  tryNow.addEventListener('click', () => onTryNow(), { signal: ending.signal });

  let data = { connection: 'open', waiting: 0 };
  /** @type {'quiet' | 'trouble' | 'well'} */
  let shown = 'quiet';
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null;
  let signName = '';

  /** @param {(() => void) | null} run @param {number} [after] ms */
  const later = (run, after = 0) => {
    if (timer !== null) clearTimeout(timer);
    timer =
      run === null
        ? null
        : setTimeout(() => {
            timer = null;
            run();
          }, after);
  };
  const words = () => {
    if (shown === 'well') return strings.banner.caughtUp;
    if (data.connection === 'offline') {
      return data.waiting > 0 ? strings.banner.waiting(data.waiting) : strings.banner.offline;
    }
    return data.connection === 'closed'
      ? strings.banner.closed
      : data.connection === 'connecting'
        ? strings.banner.connecting
        : strings.banner.reconnecting;
  };
  const show = () => {
    element.hidden = shown === 'quiet';
    if (shown === 'quiet') return;
    setAttr(element, 'data-kind', shown);
    setText(text, words());
    tryNow.hidden = shown === 'well' || data.connection === 'closed';
    const wanted = shown === 'well' ? 'check' : 'retry';
    if (wanted !== signName) sign.replaceChildren(icon(wanted, 'icon-sm'));
    signName = wanted;
  };

  const paint = () => keepFocus(element, show, () => messageField(element));

  return {
    /** @param {{connection: string, waiting: number}} next */
    update(next) {
      const [before, now] = [isWell(data.connection), isWell(next.connection)];
      data = next;
      if (before && !now) {
        if (shown === 'well') shown = 'quiet';
        later(() => {
          shown = 'trouble';
          paint();
        }, PATIENCE_MS);
      } else if (now && shown === 'quiet') later(null);
      // "open" only says that the connection stands; the bar turns green when the gap is filled as well.
      if (next.connection === 'caughtup' && shown === 'trouble') {
        shown = 'well';
        later(() => {
          shown = 'quiet';
          paint();
        }, CAUGHT_UP_MS);
      }
      paint();
    },
    destroy() {
      later(null);
      ending.abort();
      element.replaceChildren();
    },
  };
}
