/** Lengths of time with their units, in English. */

/**
 * @param {number} ms
 * @returns {string} such as "12 seconds", "5 minutes" or "3 days", rounded up
 */
export function formatLength(ms) {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  const [minutes, hours] = [Math.ceil(seconds / 60), Math.ceil(seconds / 3600)];
  /** @type {[number, string]} */
  const [value, unit] = seconds < 100 && seconds % 60 ? [seconds, 'second']
    : minutes < 100 && minutes % 60 ? [minutes, 'minute'] : hours < 48 ? [hours, 'hour'] : [Math.ceil(hours / 24), 'day'];
  return new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}
