/** A small chart of the last ten minutes: its newest value as text, and lines over a time that runs to the edge. */

import { el, setAttr, setText } from '../../dom.js';
import { words } from '../../strings/status.js';
import { SPAN_MS, linesOf, roundUp } from './readings.js';

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [600, 100];

/**
 * @typedef {import('./readings.js').Reading} Reading
 * @typedef {import('./readings.js').Figures} Figures
 *
 * @param {string} name
 * @param {{[name: string]: string}} attributes
 */
function shape(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/**
 * @param {object} options
 * @param {{title: string, about: string, lines?: string[]}} options.text with the names of lines where there are several
 * @param {(keyof Figures)[]} options.shows
 * @param {(value: number) => string} options.say
 * @param {number} options.least the top of the chart is not below it
 * @param {number|null} [options.worry] a line is drawn there, once it is in view
 */
export function createChart({ text, shows, say, least, worry = null }) {
  const value = el('p', { class: 'chart-value' });
  const top = el('span', { class: 'chart-top', 'aria-hidden': 'true' });
  const peak = el('span', {});
  const svg = /** @type {SVGSVGElement} */ (shape('svg', {
    class: 'chart-plot', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true', focusable: 'false',
  }));
  const area = shape('path', { class: 'chart-area' });
  const bound = shape('path', { class: 'chart-worry' });
  const lines = shows.map((_, at) => shape('path', { class: `chart-line chart-line-${at + 1}` }));
  svg.append(shape('path', { class: 'chart-grid', d: `M0 ${HEIGHT / 2}H${WIDTH}M0 0H${WIDTH}M0 ${HEIGHT}H${WIDTH}` }), area, bound, ...lines);
  const names = text.lines ?? [];
  const parts = names.map((name, at) => {
    const said = el('span', { class: 'chart-part-value' });
    return { said, element: el('span', { class: `chart-part chart-part-${at + 1}` }, said, el('span', { class: 'chart-part-name' }, name)) };
  });
  if (parts.length > 0) value.append(...parts.map(({ element }) => element));
  const element = el(
    'li',
    { class: 'chart' },
    el('div', { class: 'chart-head' }, el('h3', { class: 'chart-title' }, text.title), value),
    el('p', { class: 'chart-about' }, text.about),
    el('div', { class: 'chart-box' }, svg, top),
    el('div', { class: 'chart-foot' }, el('span', { 'aria-hidden': 'true' }, words.ago), peak, el('span', { 'aria-hidden': 'true' }, words.now)),
  );

  return {
    element,
    /** @param {Reading[]} readings @param {number} now */
    update(readings, now) {
      const found = shows.map((name) => linesOf(readings, name));
      const most = Math.max(0, ...found.flat(2).map(([, high]) => high));
      const high = Math.max(least, roundUp(most));
      /** @param {number} at */
      const x = (at) => Math.max(0, WIDTH - ((now - at) / SPAN_MS) * WIDTH).toFixed(1);
      /** @param {number} amount */
      const y = (amount) => (HEIGHT - (amount / high) * HEIGHT).toFixed(1);
      /** @param {[number, number][]} line a single point is one by its round ends */
      const path = (line) => 'M' + line.map(([at, amount]) => `${x(at)} ${y(amount)}`).join('L') + (line.length === 1 ? 'h0.1' : '');
      lines.forEach((node, at) => setAttr(node, 'd', (found[at] ?? []).map(path).join('')));
      // What lies below the first line, or the only one.
      setAttr(area, 'd', (found[0] ?? []).map((line) => `${path(line)}V${HEIGHT}H${x(line[0]?.[0] ?? now)}Z`).join(''));
      setAttr(bound, 'd', worry !== null && worry <= high ? `M0 ${y(worry)}H${WIDTH}` : '');
      setText(top, say(high));
      setText(peak, found.flat().length > 0 ? words.most(say(most)) : '');
      const newest = readings.at(-1)?.figures;
      const texts = shows.map((name) => {
        const amount = newest?.[name];
        return amount === null || amount === undefined ? words.unknown : say(amount);
      });
      if (parts.length === 0) setText(value, texts[0] ?? '');
      else parts.forEach(({ said }, at) => setText(said, texts[at] ?? ''));
    },
  };
}
