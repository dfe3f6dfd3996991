/** Times of the day somewhere else, and how long ago something was. */

const LANGUAGE = globalThis.document?.documentElement.lang || 'en';
const RELATIVE = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto' });
const MINUTE_MS = 60_000;
/** Each unit counts until the next would say it better. @type {[Intl.RelativeTimeFormatUnit, number, number][]} */
const UNITS = [
  ['minute', MINUTE_MS, 60 * MINUTE_MS],
  ['hour', 60 * MINUTE_MS, 24 * 60 * MINUTE_MS],
  ['day', 24 * 60 * MINUTE_MS, Infinity],
];

/**
 * @param {string} iso
 * @param {number} [now] ms since 1970
 * @returns {string} such as "5 minutes ago"; "now" within two minutes, because the server does not note every second
 */
export function ago(iso, now = Date.now()) {
  const passed = Math.max(0, now - Date.parse(iso));
  if (passed < 2 * MINUTE_MS) return RELATIVE.format(0, 'second');
  const [unit, length] = UNITS.find(([, , limit]) => passed < limit) ?? ['day', 24 * 60 * MINUTE_MS];
  return RELATIVE.format(-Math.floor(passed / length), unit);
}

/**
 * @param {string | null} timeZone an IANA name
 * @param {Date} [now]
 * @returns {string} such as "Sun 14:05", or '' when there is none or this browser does not know it
 */
export function timeIn(timeZone, now = new Date()) {
  if (!timeZone) return '';
  try {
    const format = { weekday: 'short', hour: 'numeric', minute: '2-digit', timeZone };
    return new Intl.DateTimeFormat(undefined, /** @type {Intl.DateTimeFormatOptions} */ (format)).format(now);
  } catch {
    return '';
  }
}
