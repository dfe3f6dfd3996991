/** What is done with messages to be sent later. Loaded when it is asked for. */

import { words as common } from '../strings/scheduled.js';
import { words } from '../strings/scheduling.js';
import { openMenu } from '../views/menu.js';
import { wordsOf } from '../views/said.js';
import { formatFull } from '../format.js';
import { askTime, askWording, confirmDelete } from '../views/scheduled/dialogs.js';
import { createScheduledPage } from '../views/scheduled/page.js';
import { addIcons } from '../views/scheduled/icons.js';
import { choicesAt, proposedAt } from '../views/scheduled/times.js';

/** Their signs. @type {Record<import('../views/scheduled/times.js').ChoiceKey, string>} */
const SIGNS = { hour: 'clock', morning: 'sunrise', evening: 'moon', tomorrow: 'sunrise', monday: 'calendar', nextMonday: 'calendar' };

/**
 * @param {HTMLElement} anchor  opens the menu
 * @param {object} options
 * @param {() => Date} options.now
 * @param {(at: Date) => Promise<unknown>} options.onChoose  rejects with `{code, detail}`
 * @param {(cause: unknown) => void} options.onTrouble  it did, and no dialog says why
 * @param {Date} [options.first]  the time that it has, where that is changed
 * @param {HTMLElement} [options.back]  gets the focus
 * @param {HTMLElement} [options.beside]  where the menu stands
 */
export function chooseTime(anchor, { now, onChoose, onTrouble, first, back = anchor, beside = anchor }) {
  addIcons();
  const begin = () => askTime({ first: first && first > now() ? first : proposedAt(now()), isChange: first !== undefined, now, onChoose });
  openMenu(anchor, first ? words.change : words.menu, [
    ...choicesAt(now()).map(({ key, at }) => ({
      label: words.choices[key], detail: formatFull(at.toISOString()), icon: SIGNS[key], run: () => void onChoose(at).catch(onTrouble),
    })),
    { label: words.other, icon: 'edit', run: () => void begin() },
  ], { back, beside, isTitled: true });
}

/**
 * @param {HTMLElement} element
 * @param {any} callbacks  that all screens have
 * @param {import('./scheduling.js').Scheduling} scheduling
 * @param {import('./screens.js').Screens} screens
 */
export function makePage(element, callbacks, scheduling, screens) {
  const { onTrouble, max } = callbacks;
  /** @param {import('../views/scheduled/page.js').Act} act @param {import('../types.js').Scheduled} scheduled @param {HTMLElement} button */
  const onAct = async (act, scheduled, button) => {
    const { id, room_id: roomId, content, files, send_at: sendAt } = scheduled;
    if (act === 'now') {
      const call = scheduling.call(roomId) || common.somewhere;
      await scheduling.send(id);
      void screens.toast(words.page.sent(call), 'ok', `#/r/${roomId}`);
    } else if (act === 'time') {
      const onChoose = async (/** @type {Date} */ at) => {
        await scheduling.change(id, { send_at: at.toISOString() });
        void screens.toast(common.done(scheduling.when(at.toISOString())), 'ok');
      };
      // On a phone a menu of whole dates takes its width.
      const beside = matchMedia('(width < 480px)').matches ? (button.closest('li') ?? button) : button;
      chooseTime(button, { now: scheduling.now, first: new Date(sendAt), onChoose, onTrouble, beside });
    } else if (act === 'edit') {
      await askWording({ content, mayBeEmpty: files.length > 0, max, onSave: (wording) => scheduling.change(id, { content: wording }) });
    } else if (await confirmDelete({ quote: wordsOf(scheduled), onDelete: () => scheduling.remove(id) })) void screens.announce((announcer) => announcer.say(words.page.deleted));
  };
  return createScheduledPage(element, {
    ...callbacks, onAct, read: () => scheduling.list(), known: () => scheduling.known, roomOf: (id) => scheduling.room(id), when: scheduling.when,
  });
}
