/** The times at which a message may be sent later: those that are offered, and one that somebody enters. Pure. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The server takes no later ones. */
const YEAR_MS = 365 * 24 * HOUR_MS;
const MORNING = 9;
const EVENING = 18;
/** What is nearer is said by "in an hour" already. */
const APART_MS = 2 * HOUR_MS;

/** @typedef {'hour'|'morning'|'evening'|'tomorrow'|'monday'|'nextMonday'} ChoiceKey */

/**
 * What people mean by "later", as far as it makes sense now. Times of a day are those of the reader's own calendar, also
 * where the clock is changed in between.
 * @param {Date} now
 * @returns {{key: ChoiceKey, at: Date}[]} the next one first
 */
export function choicesAt(now) {
  const at = (/** @type {number} */ days, /** @type {number} */ hour) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const isApart = (/** @type {Date} */ date) => date.getTime() - now.getTime() >= APART_MS;
  const untilMonday = (8 - now.getDay()) % 7 || 7;
  const isNight = isApart(at(0, MORNING));
  /** @type {{key: ChoiceKey, at: Date, isFor: boolean}[]} */
  const all = [
    { key: 'hour', at: new Date(Math.ceil((now.getTime() + HOUR_MS) / MINUTE_MS) * MINUTE_MS), isFor: true },
    { key: 'morning', at: at(0, MORNING), isFor: isNight },
    { key: 'evening', at: at(0, EVENING), isFor: !isNight && isApart(at(0, EVENING)) },
    { key: 'tomorrow', at: at(1, MORNING), isFor: true },
    // Tomorrow is Monday on a Sunday.
    { key: untilMonday === 7 ? 'nextMonday' : 'monday', at: at(untilMonday, MORNING), isFor: untilMonday > 1 },
  ];
  return all.flatMap(({ key, at: date, isFor }) => (isFor ? [{ key, at: date }] : []));
}

/** @param {Date} now @returns {Date} what stands in the field before anything is entered: a full hour */
export const proposedAt = (now) => new Date(now.getFullYear(), now.getMonth(), now.getDate(), now.getHours() + 2);

/** @param {Date} date @returns {string} as a field for local times takes it, such as "2026-11-30T09:00" */
export function fieldValue(date) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, '0');
  const day = [String(date.getFullYear()).padStart(4, '0'), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** @param {Date} now @returns {{min: string, max: string}} */
export const fieldBounds = (now) => ({
  min: fieldValue(new Date(now.getTime() + MINUTE_MS)), max: fieldValue(new Date(now.getTime() + YEAR_MS)),
});

/**
 * @param {string} value  of such a field; '' also where only a part is filled in
 * @returns {Date|null} one that the clock leaves out is as much later
 */
export function enteredAt(value) {
  const date = /^\d{4,}-\d\d-\d\dT\d\d:\d\d/.test(value) ? new Date(value) : null;
  return date && !Number.isNaN(date.getTime()) ? date : null;
}

/**
 * @param {string} value
 * @param {Date} now
 * @returns {'time_missing'|'time_past'|'time_far'|null} what is wrong with it
 */
export function faultOf(value, now) {
  const date = enteredAt(value);
  if (!date) return 'time_missing';
  if (date <= now) return 'time_past';
  return date.getTime() - now.getTime() > YEAR_MS ? 'time_far' : null;
}
