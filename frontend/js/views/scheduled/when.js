/** When something will be, in a sentence. */

import { formatDay, formatTime } from '../../format.js';

const RELATIVE = new Intl.RelativeTimeFormat(globalThis.document?.documentElement.lang || 'en', { numeric: 'auto' });
const DAY_MS = 86_400_000;

/**
 * @param {string} iso
 * @param {Date} now
 * @returns {string} such as "today, 18:00", "tomorrow, 09:00", "Monday 7 December, 09:00", with the year of another one
 */
export function whenText(iso, now) {
  const date = new Date(iso);
  const midnight = (/** @type {Date} */ day) => Date.UTC(day.getFullYear(), day.getMonth(), day.getDate());
  const days = Math.round((midnight(date) - midnight(now)) / DAY_MS);
  return `${Math.abs(days) <= 1 ? RELATIVE.format(days, 'day') : formatDay(iso, now)}, ${formatTime(iso)}`;
}
