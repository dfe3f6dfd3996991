/** The words of the page that shows how the server fares, in English. */

import { NUMBER, plural } from './plural.js';

const FEW = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const THREE = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** @param {number} bytes @returns {string} such as "81.9 MB" */
export function sizeWords(bytes) {
  const unit = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${THREE.format(bytes / 1000 ** unit)}\u00a0${UNITS[unit]}`;
}

/** @param {number} seconds @returns {string} such as "2.3 ms" */
export const timeWords = (seconds) => (seconds < 1 ? `${THREE.format(seconds * 1000)}\u00a0ms` : `${THREE.format(seconds)}\u00a0s`);

/** @param {number} count @returns {string} */
export const countWords = (count) => NUMBER.format(Math.round(count));

/** @param {number} rate @returns {string} such as "12.5 a second" */
export const rateWords = (rate) => `${rate < 10 ? FEW.format(rate) : countWords(rate)} a second`;

/** @param {number} part @returns {string} such as "12 %" */
export const partWords = (part) => `${countWords(100 * part)}\u00a0%`;

export const words = {
  lead: 'Read anew every 5 seconds while you look. Charts show ten minutes, from when you came.',
  node: 'Node',
  nodeHint: 'Each tells of itself. One appears here once it has answered.',
  nodeName: (/** @type {string} */ host, /** @type {string} */ start) => `${host} (${start})`,
  well: 'All is well.',
  look: (/** @type {number} */ count) => `${plural(count, 'thing', 'things')} to look at`,
  lost: 'The server doesn’t answer. It is asked again every 5 seconds.',
  reading: 'Reading',
  unknown: 'not known',
  figures: 'Figures',
  charts: 'Charts',
  ago: '10 minutes ago',
  now: 'now',
  most: (/** @type {string} */ value) => `most ${value}`,

  /** What to do where something is wrong. @type {{[name: string]: (value: any) => string}} */
  worries: {
    database: () => 'The database doesn’t answer: nothing can be said or read. Look at its service.',
    damaged: () => 'The database is damaged. Stop the server, look at its disk, and restore a backup.',
    readonly: () => 'The database can only be read: nothing can be said. Look at its disk.',
    broken: () => 'The disk failed within ten minutes, or file handles ran out. The log says more.',
    full: () => 'The database’s disk was full within the last ten minutes. Make room.',
    locked: () => 'Another program held the database in the last ten minutes; people had to try again.',
    away: () => 'The database didn’t answer for a while in the last ten minutes. Look at its service.',
    disk: (free) => (free === null ? 'The disk of the data directory doesn’t answer.' : `Only ${sizeWords(free)} are free on the disk. Without any, nothing can be said.`),
    places: (part) => `${partWords(part)} of the places for connections are taken. Further ones will be refused.`,
    lag: (seconds) => `Everybody waits ${timeWords(seconds)} for everything: the core is full, or the machine is.`,
    storing: (seconds) => `A message takes ${timeWords(seconds)} to be stored: the disk or PostgreSQL is slow.`,
    telling: (seconds) => `A message takes ${timeWords(seconds)} to get to the last in its room. Take a further node.`,
    writes: (count) => `${countWords(count)} writes wait: more is said than is stored.`,
    cpu: (part) => `The server uses ${partWords(part)} of its core. Take a further node before people notice.`,
    busy: (count) => `${plural(count, 'request was', 'requests were')} refused as busy in the last ten minutes.`,
    internal: (count) => `${plural(count, 'fault', 'faults')} of the program in ten minutes. The log has “internal error”.`,
    jobs: (count) => `${plural(count, 'job was', 'jobs were')} given up in the last ten minutes. The log says why.`,
    broker: () => 'Redis is away. What is said at other nodes comes up to half a second later.',
  },

  tiles: {
    people: 'People connected',
    rooms: (/** @type {number} */ count) => `who follow ${plural(count, 'room', 'rooms')}`,
    places: 'Places taken',
    placesOf: (/** @type {number} */ limit) => `of ${countWords(limit)} for connections`,
    database: 'Database',
    log: (/** @type {number} */ bytes) => `SQLite, its log ${sizeWords(bytes)}`,
    postgresql: 'PostgreSQL',
    files: 'Files',
    filesHint: 'sent by people',
    disk: 'Free on the disk',
    diskOf: (/** @type {number} */ bytes) => `of ${sizeWords(bytes)}`,
    since: 'Runs since',
    version: (/** @type {string} */ version) => `Parlour ${version}`,
    broker: 'Redis',
    brokers: { ok: 'Connected', away: 'Away', none: 'None' },
    brokerHint: 'by which nodes hear of one another',
  },

  /** @type {{[name in 'connections'|'messages'|'deliveries'|'storing'|'telling'|'lag'|'waiting'|'cpu'|'memory']: {title: string, about: string, lines?: string[]}}} */
  chart: {
    connections: { title: 'Connections', about: 'Pages and programs that are connected.' },
    messages: { title: 'Messages', about: 'Said here and stored, a second.' },
    deliveries: { title: 'Deliveries', about: 'What was sent out to those who follow rooms, a second.' },
    storing: {
      title: 'Storing', about: 'How long a message takes to be safe on the disk. Worry above 500\u00a0ms.',
      lines: ['half of them', '99 of 100'],
    },
    telling: {
      title: 'Telling', about: 'How long a stored message takes to go out to the last in its room. Worry above 1\u00a0s.',
      lines: ['half of them', '99 of 100'],
    },
    lag: {
      title: 'Everybody’s wait', about: 'How late the server does what is due. Worry above 100\u00a0ms.',
      lines: ['half the time', '99 of 100'],
    },
    waiting: { title: 'What waits', about: 'Writes, reads, passwords, searches and files without an answer yet. Worry if it lasts.' },
    cpu: { title: 'Processor', about: 'Of the one core that a server uses. Worry above 80\u00a0%.' },
    memory: { title: 'Memory', about: 'What the process holds. Worry when it never stops rising.' },
  },

  refused: {
    title: 'Refused',
    about: 'Most is what was asked wrongly. Worry about busy, internal and storage_full.',
    none: 'Nothing was refused since the start.',
    code: 'Code',
    recent: 'Last ten minutes',
    all: 'Since the start',
  },
};
