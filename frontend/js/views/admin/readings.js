/**
 * What was read of one node, and what follows from two readings: rates, how long things took, whether to worry. Pure.
 *
 * @typedef {import('../../types.js').Status} Status
 * @typedef {import('../../types.js').Timing} Timing
 *
 * @typedef {object} Figures what charts show; null where it takes an earlier reading, or more of it
 * @property {number} connections
 * @property {number|null} messages a second
 * @property {number|null} deliveries a second
 * @property {number|null} storing50 seconds
 * @property {number|null} storing99
 * @property {number|null} telling50
 * @property {number|null} telling99
 * @property {number|null} lag50
 * @property {number|null} lag99
 * @property {number} waiting
 * @property {number|null} cpu of one core
 * @property {number} memory
 *
 * @typedef {{at: number, status: Status, figures: Figures}} Reading
 */

/** Charts go back so far. */
export const SPAN_MS = 600_000;
/** Where there was no reading for so long, nobody knows what was: a line has a gap there. */
export const GAP_MS = 20_000;
/** How long things took is told of so long: four readings of the event loop a second make no hundred in less. */
const WINDOW_MS = 60_000;
/** When to worry, as docs/operations.md has it. */
const WORRY = { places: 0.9, lag: 0.1, storing: 0.5, telling: 1, writes: 1000, disk: 1e9, cpu: 0.8 };

/**
 * @param {number} part such as 0.99
 * @param {Timing} after
 * @param {Timing|null} before what is not counted
 * @returns {number|null} seconds that such a part took at most; null where there was none
 */
export function quantile(part, after, before = null) {
  const counts = after.counts.map((count, at) => count - (before?.counts[at] ?? 0));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= 0) return null;
  let below = 0;
  let lower = 0;
  for (const [at, bound] of after.bounds.entries()) {
    const count = counts[at] ?? 0;
    if (count > 0 && below + count >= part * total) return lower + ((bound - lower) * (part * total - below)) / count;
    below += count;
    lower = bound;
  }
  return lower;
}

/** @param {Status['waiting']} waiting */
const waitingIn = ({ writes, reads, passwords, searches, uploads }) => writes + reads + passwords + searches + uploads;

/** The readings of one node in the last ten minutes. */
export class Readings {
  /** @type {Reading[]} */
  #kept = [];

  get all() {
    return this.#kept;
  }

  /** @returns {Reading|undefined} */
  get newest() {
    return this.#kept.at(-1);
  }

  /** @param {number} at milliseconds by the page's clock @param {Status} status */
  add(at, status) {
    // Whatever counts up began anew with the process.
    const isAnew = this.newest !== undefined && this.newest.status.started_at !== status.started_at;
    const same = isAnew ? [] : this.#kept;
    const last = same.at(-1)?.status;
    const earlier = same.find((one) => one.at >= at - WINDOW_MS)?.status ?? last;
    /** @param {'messages'|'deliveries'|'cpu_seconds'} name */
    const rate = (name) => (last && status.uptime > last.uptime ? Math.max(0, (status[name] - last[name]) / (status.uptime - last.uptime)) : null);
    /** @param {'commits'|'telling'|'lag'} name @param {number} part */
    const took = (name, part) => (earlier ? quantile(part, status[name], earlier[name]) : null);
    this.#kept.push({
      at, status,
      figures: {
        connections: status.connections, messages: rate('messages'), deliveries: rate('deliveries'),
        storing50: took('commits', 0.5), storing99: took('commits', 0.99), telling50: took('telling', 0.5), telling99: took('telling', 0.99),
        lag50: took('lag', 0.5), lag99: took('lag', 0.99),
        waiting: waitingIn(status.waiting), cpu: rate('cpu_seconds'), memory: status.memory_bytes,
      },
    });
    // One that is too old stays as long as a line leads from it into view.
    while ((this.#kept[1]?.at ?? at) <= at - SPAN_MS) this.#kept.shift();
  }

  /**
   * @param {'refusals'|'faults'|'jobs'} name
   * @param {string} kind
   * @returns {number} how many more there are than in the first reading of this start
   */
  risen(name, kind) {
    const now = this.newest?.status;
    const first = this.#kept.find(({ status }) => status.started_at === now?.started_at)?.status;
    return Math.max(0, (now?.[name][kind] ?? 0) - (first?.[name][kind] ?? 0));
  }

  /** @returns {[name: string, value: any][]} what is to be looked at, the worst first */
  worries() {
    const { newest } = this;
    if (!newest) return [];
    const { status, figures } = newest;
    const { disk, waiting } = status;
    // A moment of work is no reason to worry.
    const earlier = this.#kept.find(({ at, status: { started_at: start } }) => at >= newest.at - WINDOW_MS && start === status.started_at)?.status ?? status;
    const cpu = status.uptime > earlier.uptime ? (status.cpu_seconds - earlier.cpu_seconds) / (status.uptime - earlier.uptime) : 0;
    const places = status.connections_limit ? status.connections / status.connections_limit : 0;
    /** @type {[string, any, boolean][]} */
    const all = [
      ['database', null, status.database === null],
      ['damaged', null, (status.faults.damaged ?? 0) > 0],
      ['readonly', null, this.risen('faults', 'readonly') > 0],
      ['broken', null, this.risen('faults', 'disk') > 0],
      ['full', null, this.risen('faults', 'full') > 0],
      ['disk', disk?.free_bytes ?? null, disk === null || disk.free_bytes < WORRY.disk],
      ['away', null, status.database !== null && this.risen('faults', 'lost') > 0],
      ['locked', null, this.risen('faults', 'locked') > 0],
      ['places', places, places > WORRY.places],
      ['lag', figures.lag99, (figures.lag99 ?? 0) > WORRY.lag],
      ['storing', figures.storing99, (figures.storing99 ?? 0) > WORRY.storing],
      ['telling', figures.telling99, (figures.telling99 ?? 0) > WORRY.telling],
      ['writes', waiting.writes, waiting.writes > WORRY.writes],
      ['cpu', cpu, cpu > WORRY.cpu],
      ['busy', this.risen('refusals', 'busy'), this.risen('refusals', 'busy') > 0],
      ['internal', this.risen('refusals', 'internal'), this.risen('refusals', 'internal') > 0],
      ['jobs', this.risen('jobs', 'given_up'), this.risen('jobs', 'given_up') > 0],
      ['broker', null, status.broker === 'away'],
    ];
    return all.filter(([, , isSo]) => isSo).map(([name, value]) => [name, value]);
  }
}

/**
 * @param {number} value
 * @returns {number} the next of 1, 2, 5, 10, 20, ... that is not smaller
 */
export function roundUp(value) {
  if (value <= 0) return 1;
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * ten).find((step) => step >= value * (1 - 1e-9)) ?? 10 * ten;
}

/**
 * @param {Reading[]} readings
 * @param {keyof Figures} name
 * @returns {[at: number, value: number][][]} lines: a new one begins where something is not known
 */
export function linesOf(readings, name) {
  /** @type {[number, number][][]} */
  const lines = [];
  let last = -Infinity;
  for (const { at, figures } of readings) {
    const value = figures[name];
    if (value === null) {
      last = -Infinity;
      continue;
    }
    if (at - last > GAP_MS) lines.push([]);
    lines.at(-1)?.push([at, value]);
    last = at;
  }
  return lines;
}
