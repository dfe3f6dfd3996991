/** The dialog that says why one was, or was not, notified of a message. */

import { el, setText, wordButton } from '../../dom.js';
import { words } from '../../strings/attention.js';
import { plainWords } from '../formatting.js';
import { openModal } from '../account/modal.js';

/**
 * @typedef {{notified: boolean, reason: import('../../strings/attention.js').Reason, level: import('../../strings/attention.js').Level | null,
 *   because: 'level' | 'do_not_disturb' | 'own' | 'absent' | 'not_kept'}} Decision
 * @param {object} options
 * @param {import('../../types.js').Message} options.message
 * @param {() => Promise<Decision>} options.load rejects with `{code}`
 * @param {boolean} options.isShown this browser shows what one is notified of
 */
export function openDecision({ message, load, isShown }) {
  const text = words.why;
  const verdict = el('p', { class: 'decision-verdict', role: 'status' }, text.loading);
  const facts = el('ul', { class: 'decision-facts' });
  const again = wordButton(words.list.again, 'retry', 'button-quiet');
  const note = el('p', { class: 'hint' }, text.note);
  const quote = el('blockquote', { class: 'message-quote', dir: 'auto', tabindex: 0 }, plainWords(message.content));
  const { dialog } = openModal({
    title: words.why.title, kind: 'decision', body: [el('div', { class: 'decision-body' }, quote, verdict, facts, again, note)],
  });
  const read = async () => {
    again.hidden = note.hidden = true;
    try {
      const { notified, reason, because, level } = await load();
      setText(verdict, notified ? text.yes : text.no);
      verdict.dataset['notified'] = String(notified);
      const decided = because === 'level' ? text.because.level[level ?? 'mentions'] : text.because[because];
      const lines = [text.reasons[reason], decided, ...(notified && !isShown ? [text.notShown] : [])];
      facts.replaceChildren(...lines.map((line) => el('li', {}, line)));
      note.hidden = false;
    } catch {
      setText(verdict, text.error);
      again.hidden = false;
    }
  };
  again.addEventListener('click', () => {
    setText(verdict, text.loading);
    // The button goes while it is being asked.
    dialog.focus();
    void read();
  });
  void read();
}
