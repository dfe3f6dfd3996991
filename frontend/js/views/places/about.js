/** What a room is: to be read by everybody in it, to be changed by those who may. */

import { el } from '../../dom.js';
import { cleanName, countCharacters, formatDate } from '../../format.js';
import { formatLength } from '../../strings/lengths.js';
import { words } from '../../strings/places.js';
import { createForm } from '../account/form.js';
import { createSelect } from './act.js';

const TOPIC_MAX = 250;
/** Seconds between two messages that one may choose. */
const SLOW = [0, 5, 10, 30, 60, 300, 900, 3600];

/** Days for which a room may keep its messages. */
const KEPT = [1, 7, 14, 30, 60, 90, 180, 365, 730];

/** @param {number} seconds */
const slowText = (seconds) => (seconds === 0 ? words.about.slowOff : formatLength(seconds * 1000));

/**
 * @typedef {import('../../types.js').Room} Room
 * @param {object} options
 * @param {Room} options.room
 * @param {import('../../rights.js').Rights} options.rights
 * @param {number} options.maxLength of a name
 * @param {() => Promise<import('../../types.js').RoomRetention>} options.retention for how long messages are kept
 * @param {(days: number|null) => Promise<import('../../types.js').RoomRetention>} options.onKeep null: as the server does
 * @param {(changes: {name?: string, topic?: string, slow_seconds?: number}) => Promise<unknown>} options.onChange
 */
export function createAbout({ room: first, rights, maxLength, retention, onKeep, onChange }) {
  const text = words.about;
  let room = first;
  const facts = el('dl', { class: 'facts' });
  const note = el('p', { class: 'form-note note-warn' }, text.archived);
  /** @param {string} term @param {string} value */
  const fact = (term, value) => [el('dt', {}, term), el('dd', { dir: 'auto' }, value)];
  const mayName = rights.rename && !room.archived_at;
  const mayDescribe = rights.describe && room.kind !== 'direct';

  const seconds = SLOW.includes(room.slow_seconds) ? SLOW : [...SLOW, room.slow_seconds].sort((a, b) => a - b);
  const slow = createSelect('slow', text.slow, seconds.map((value) => ({ value: String(value), text: slowText(value) })), text.slowHint);
  slow.select.value = String(room.slow_seconds);
  /** @type {import('../../types.js').RoomRetention|null} */
  let rule = null;
  const lasting = createSelect('kept', text.kept, [], text.keptHint);
  lasting.element.hidden = true;
  const form = mayName || mayDescribe
    ? createForm({
        fields: [
          ...(mayName ? [{
            name: 'name', label: text.name, autocomplete: 'off', value: room.name,
            check: (/** @type {string} */ value) => {
              const length = countCharacters(cleanName(value));
              return length === 0 ? 'name_empty' : length > maxLength ? 'name_too_long' : null;
            },
          }] : []),
          ...(mayDescribe ? [{
            name: 'topic', label: text.topic, autocomplete: 'off', optional: true, value: room.topic, hint: text.topicHint,
            check: (/** @type {string} */ value) => (countCharacters(value) > TOPIC_MAX ? 'too_long' : null),
          }] : []),
        ],
        more: mayDescribe ? [slow.element, lasting.element] : [],
        submit: text.submit,
        done: text.saved,
        run: async (values) => {
          const name = cleanName(values['name'] ?? room.name);
          const topic = (values['topic'] ?? room.topic).trim();
          const slowSeconds = Number(slow.select.value);
          // Only what differs: what somebody else has changed meanwhile stays.
          const changes = {
            ...(name === room.name ? {} : { name }),
            ...(topic === room.topic ? {} : { topic }),
            ...(slowSeconds === room.slow_seconds ? {} : { slow_seconds: slowSeconds }),
          };
          if (Object.keys(changes).length > 0) await onChange(changes);
          const { value } = lasting.select;
          if (rule && value !== String(rule.own ?? '')) showRule(await onKeep(value === '' ? null : Number(value)));
        },
      })
    : null;
  const element = el('div', { class: 'form' }, note, form?.element, facts);

  const draw = () => {
    note.hidden = !room.archived_at;
    facts.replaceChildren(
      ...(form ? [] : fact(text.topic, room.topic || text.noTopic)),
      ...fact(text.kind, text.kinds[room.kind]),
      ...(room.kind === 'direct' ? [] : fact(text.owner, room.owner ?? text.noOwner)),
      ...fact(text.created, formatDate(room.created_at)),
      ...(rule ? fact(text.kept, text.keptDays(rule.days)) : []),
      ...(form || room.slow_seconds === 0 ? [] : fact(text.slow, slowText(room.slow_seconds))),
    );
  };
  draw();
  /** @param {import('../../types.js').RoomRetention} told */
  const showRule = (told) => {
    rule = told;
    // Longer than the server keeps them it is for administrators to say.
    const days = KEPT.filter((each) => each > 0 && (!told.server || each < told.server));
    if (told.own !== null && !days.includes(told.own)) days.push(told.own);
    lasting.select.replaceChildren(
      el('option', { value: '' }, text.keptAsServer(told.server)),
      ...days.sort((one, other) => one - other).map((each) => el('option', { value: String(each) }, text.keptDays(each))),
    );
    lasting.select.value = String(told.own ?? '');
    lasting.element.hidden = !mayName || room.kind === 'direct' || (told.longer && room.role !== null);
    draw();
  };
  // Without it the rest can be read all the same.
  void retention().then(showRule, () => undefined);

  return {
    element,
    /** @param {Room} next what nobody is writing in follows it */
    update(next) {
      const before = room;
      room = next;
      for (const name of /** @type {const} */ (['name', 'topic'])) {
        const field = form?.field(name);
        if (field && field.input.value === before[name]) field.input.value = next[name];
      }
      if (slow.select.value === String(before.slow_seconds)) slow.select.value = String(next.slow_seconds);
      draw();
    },
    destroy: () => form?.destroy(),
  };
}

