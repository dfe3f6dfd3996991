/**
 * What messages bring along: files chosen in the message boxes and on their way, and those of the messages on view.
 *
 * Loaded with the first file, or when the page has nothing else to do.
 *
 * @typedef {import('../types.js').PendingFile} PendingFile
 * @typedef {import('../types.js').PendingMessage} PendingMessage
 * @typedef {import('../types.js').FileInfo} FileInfo
 * @typedef {import('../views/composer.js').Tray} Tray
 * @typedef {import('../views/composer.js').TrayPlace} TrayPlace
 * @typedef {import('../views/files/preview.js').Preview} Preview
 */

import { isAnothers } from '../api.js';
import { el } from '../dom.js';
import { roomCall } from '../format.js';
import { openBlobs } from '../outbox/blobs.js';
import { Claims } from '../outbox/claims.js';
import { sender } from '../outbox/sender.js';
import { pendingOf } from '../outbox/upload.js';
import { Uploads } from '../outbox/uploads.js';
import { sizeText, words } from '../strings/files.js';
import { createAttachments } from '../views/files/attachments.js';
import { addressOf, factsText } from '../views/files/facts.js';
import { readPreview } from '../views/files/preview.js';
import { addSigns } from '../views/files/signs.js';
import { createTrayView, isFinallyWrong, percentOf, reasonOf, refuseDrops } from '../views/files/tray.js';
import { seldomStyle, sheet } from '../views/seldom.js';

/** The server takes no more with one message. */
const FILES_AT_MOST = 10;
/** Previews of images that were sent stay until the server's own are there. */
const PREVIEWS_AT_MOST = 40;
const PATH = '/api/chat/files';
/** A description of more bytes than this does not go in the address of its file: the server takes no longer ones. */
const IN_ADDRESS_AT_MOST = 2000;
/** What is chosen outlasts its page while this mark of it does: who signs out takes it along. */
const MARK = 'files';

/**
 * @param {import('./wishes.js').Page} page
 * @returns {Promise<Files>} rejects when the style cannot be had
 */
export async function loadFiles(page) {
  await sheet('files');
  addSigns();
  refuseDrops(document);
  return new Files(page);
}

export class Files {
  #page;
  #uploads;
  #attachments;
  /** @type {Set<() => void>} */
  #trays = new Set();
  /** By key, and by the server's id once it has one. @type {Map<string, Preview>} */
  #previews = new Map();
  /** Messages whose files are seen to. @type {Set<string>} */
  #bringing = new Set();
  /** Whose files these are. */
  #owner = '';
  /** What was found again of theirs. @type {Promise<void>} */
  #recalled = Promise.resolve();
  /** The connection, and the room, when they were last looked at. */
  #seen = { connection: '', roomId: 0 };

  /** @param {import('./wishes.js').Page} page */
  constructor(page) {
    this.#page = page;
    const { api, clock, config } = page;
    this.#uploads = new Uploads({
      store: openBlobs(), clock, maxSize: config.maxFileSize || Infinity, claims: new Claims(navigator.locks),
      send: (upload, blob, how) => this.#send(upload, blob, how),
      patch: (id, alt) => this.describe(id, alt),
      erase: (id) => api.call('DELETE', addressOf(id), { query: this.#query }),
      onChange: () => this.#changed(),
      onFree: () => void page.parts().outbox?.reread(),
    });
    this.#attachments = createAttachments({
      previewOf: ({ id, ...file }) => this.#previews.get(id ?? '') ?? ('key' in file ? this.#previews.get(file.key) : undefined) ?? null,
      progressOf: (files) => this.#progressOf(files),
      isThere: (id) => this.#isThere(id),
      onOpen: (pictures, id, log) => void this.#view(pictures, id, log).catch(page.onTrouble),
      onDownload: (id, name) => el('a', { href: addressOf(id, '?download=1'), download: name, rel: 'noopener', target: '_blank' }).click(),
    });
    addEventListener('online', () => this.#uploads.wake());
    addEventListener('offline', () => this.#uploads.pause());
    addEventListener('beforeunload', (event) => this.#uploads.isLoose && event.preventDefault());
    page.parts().screens.watchers.add(() => this.#follow());
    this.#follow();
  }

  /** A guest says who they are; an account is known. */
  get #query() {
    return { username: this.#page.state.username ?? undefined };
  }

  /** @param {HTMLElement} log @param {import('../views/row.js').Row[]} rows */
  draw(log, rows) {
    this.#attachments.draw(log, rows);
  }

  /**
   * @param {import('../outbox/blobs.js').Upload} upload
   * @param {Blob} blob
   * @param {{signal: AbortSignal, onProgress: (bytes: number) => void}} how
   * @returns {Promise<FileInfo>} rejects with an ApiError
   */
  async #send({ room_id: roomId, name, alt }, blob, { signal, onProgress }) {
    // A longer one is told when the file is there.
    const told = encodeURIComponent(alt).length > IN_ADDRESS_AT_MOST ? '' : alt;
    const query = { ...this.#query, room_id: roomId, name, alt: told || undefined };
    try {
      return (await this.#page.api.by(sender(blob, onProgress)).call('POST', PATH, { query, signal })).body;
    } catch (refusal) {
      if (!isAnothers(refusal)) throw refusal;
      this.#page.parts().identity.end();
      throw Object.assign(/** @type {Error} */ (refusal), { code: 'not_signed_in' });
    }
  }

  /** @returns {Promise<Set<string>>} keys of files that messages still have, whoever wrote them */
  async #named() {
    const { outbox } = this.#page.parts();
    await outbox?.reread();
    return new Set((outbox?.all ?? []).flatMap(({ files = [] }) => files.map(({ key }) => key)));
  }

  /** Others may be here, messages may have gone. */
  #follow() {
    const { memory, state, parts } = this.#page;
    const { username, user, isEnded, connection } = state;
    const owner = username === null ? '' : `${user?.id ?? ''} ${username}`;
    if (owner !== this.#owner && !isEnded) {
      // Whose session has ended finds again what they have chosen, as they do what they have written.
      if (this.#owner) this.#uploads.leave(memory.draft(MARK) === this.#owner);
      this.#owner = owner;
      this.#previews.clear();
      this.#recalled = owner ? this.#uploads.recall(owner, () => this.#named()) : Promise.resolve();
      void this.#recalled.then(() => this.#lookAtAll());
    }
    const { connection: before, roomId: roomBefore } = this.#seen;
    const roomId = state.currentRoom?.id ?? 0;
    this.#seen = { connection, roomId };
    if (connection === 'caughtup' && before !== connection && !isEnded) this.#uploads.wake();
    // Somebody may come back to the room of which the message box was drawn last: it has no news, its tray has.
    if (roomId !== roomBefore) for (const update of this.#trays) update();
    const { outbox } = parts();
    if (outbox) this.#uploads.sweep(new Set(outbox.all.flatMap(({ files = [] }) => files.map(({ key }) => key))));
  }

  #changed() {
    for (const update of this.#trays) update();
    this.#page.apply({ type: 'files_changed' });
  }

  /** @param {string} id @param {string} alt @returns {Promise<FileInfo>} rejects with an ApiError */
  async describe(id, alt) {
    return (await this.#page.api.call('PATCH', addressOf(id), { body: { alt }, query: this.#query })).body;
  }

  /** @param {string} id @returns {Promise<boolean>} rejects when that cannot be said */
  async #isThere(id) {
    try {
      await this.#page.api.call('HEAD', addressOf(id), { query: this.#query });
      return true;
    } catch (refusal) {
      const { status } = /** @type {import('../api.js').ApiError} */ (refusal);
      if (status === 404 || status === 403) return false;
      throw refusal;
    }
  }

  /** @param {FileInfo[]} pictures @param {string} id @param {HTMLElement} log  in which they stand */
  async #view(pictures, id, log) {
    const [{ openViewer }] = await Promise.all([import('../views/files/viewer.js'), seldomStyle()]);
    await openViewer(pictures, id, {
      parts: { addressOf, factsText, words: words.viewer },
      isThere: (which) => this.#isThere(which),
      placeOf: (which) => log.querySelector(`.file-image[data-file="${CSS.escape(which)}"]`),
    });
  }

  /** @param {PendingFile[]} files  of a message that waits @returns {import('../views/files/attachments.js').Progress|null} */
  #progressOf(files) {
    const known = files.flatMap(({ key }) => this.#uploads.get(key) ?? []);
    if (known.length === 0 || known.every(({ status }) => status === 'done')) return null;
    const sum = known.reduce((total, { size }) => total + size, 0);
    const loaded = known.reduce((total, upload) => total + (percentOf(upload) * upload.size) / 100, 0);
    return { percent: Math.floor((100 * loaded) / (sum || 1)), isWaiting: !known.some(({ status }) => status === 'uploading') };
  }

  /** @param {PendingMessage} message  whose files are not all on the server */
  async bring({ client_id: clientId, files = [] }) {
    const outbox = this.#page.parts().outbox;
    if (!outbox || this.#bringing.has(clientId)) return;
    this.#bringing.add(clientId);
    try {
      await this.#recalled;
      const brought = await this.#uploads.bring(files);
      // Where tabs have no locks, another may have missed them meanwhile.
      if (brought) await outbox.revise(clientId, { files: brought, status: 'sending', error: null });
    } catch (refusal) {
      const { code = 'internal', detail = '' } = /** @type {{code?: string, detail?: string}} */ (refusal);
      if (code === 'not_found' || code === 'file_gone') await outbox.revise(clientId, { status: 'failed', error: 'file_gone', detail: words.tray.lost });
      else if (code !== 'cancelled') await outbox.revise(clientId, { status: 'failed', error: code, detail });
    } finally {
      this.#bringing.delete(clientId);
    }
  }

  /**
   * What waits in a message box, for a message that the server is to send by itself.
   *
   * @param {string} box  the name of its draft
   * @returns {{isThere: boolean, bring: () => Promise<{ids: string[], onTaken: () => void}>}}  `isThere`: all of it is on the
   *   server; `bring` sees to that, and rejects with `{code, detail}`; `onTaken`: the server has the message, too
   */
  held(box) {
    const waiting = () => this.#uploads.of(this.#owner, box);
    const keysOf = (/** @type {{key: string}[]} */ files) => files.map(({ key }) => key).join(' ');
    return {
      isThere: waiting().every(({ status }) => status === 'done'),
      bring: async () => {
        for (;;) {
          const failed = waiting().find(({ status }) => status === 'failed');
          if (failed) throw Object.assign(new Error('stuck'), { code: 'stuck', detail: words.tray.stuck(failed.name) });
          const brought = (await this.#uploads.bring(waiting().map(pendingOf))) ?? [];
          // Others may have come meanwhile, and some may have gone.
          if (keysOf(brought) !== keysOf(waiting())) continue;
          return { ids: brought.map(({ id }) => id ?? ''), onTaken: () => brought.forEach(({ key }) => this.#uploads.remove(key, true)) };
        }
      },
    };
  }

  /**
   * @param {TrayPlace} place
   * @param {() => string} boxOf  the name of its draft, as it is now
   * @returns {Promise<Tray>}
   */
  async tray(place, boxOf) {
    const { state, memory, config, parts } = this.#page;
    const { screens } = parts();
    const limit = config.maxFileSize || Infinity;
    const here = () => this.#uploads.of(this.#owner, boxOf());
    /** What was said of each. @type {Map<string, string>} */
    const said = new Map();
    /** Boxes in which this tab has had some: of others' it cannot say that there are none. @type {Set<string>} */
    const had = new Set();
    /** @param {File[]} files */
    const receive = (files) => {
      const room = state.currentRoom;
      if (!room) return;
      if (place.attach.hidden) return void screens.toast(words.tray.guests);
      if (place.pane.querySelector('.loan')) return void screens.toast(words.tray.busy);
      void this.#add(files, { owner: this.#owner, room_id: room.id, box: boxOf() }, FILES_AT_MOST - here().length);
      place.field.focus();
    };
    const view = createTrayView(place, {
      limit,
      previewOf: (key) => this.#previews.get(key) ?? null,
      onRetry: (key) => this.#uploads.retry(key),
      onRemove: (key) => {
        const name = this.#uploads.get(key)?.name ?? '';
        this.#uploads.remove(key);
        void screens.announce((announcer) => announcer.say(words.tray.removed(name)));
      },
      onDescribe: (key) => void this.#askDescription(key).catch(this.#page.onTrouble),
      dropWords: () => {
        if (place.pane.closest('.thread')) return words.tray.dropReply;
        return state.currentRoom?.name ? words.tray.drop(roomCall(state.currentRoom, state.username)) : words.tray.dropHere;
      },
      onFiles: receive,
    });
    const update = () => {
      if (!place.form.isConnected) return void this.#trays.delete(update);
      const uploads = here();
      const box = boxOf();
      if (uploads[0]) had.add(box);
      const mark = uploads[0] ? '1' : '';
      if (had.has(box) && memory.draft(`files.${box}`) !== mark) memory.setDraft(`files.${box}`, mark);
      for (const upload of uploads) {
        const before = said.get(upload.key);
        said.set(upload.key, upload.status);
        if (before === upload.status) continue;
        if (upload.status === 'done' && before) void screens.announce((announcer) => announcer.say(words.tray.uploaded(upload.name)));
        if (upload.status === 'failed') void screens.announce((announcer) => announcer.alert(reasonOf(upload, limit)));
      }
      view.update(uploads);
    };
    await this.#recalled;
    this.#trays.add(update);
    update();

    return {
      update,
      count: () => here().length,
      isStuck() {
        const failed = here().find(({ status }) => status === 'failed');
        if (!failed) return false;
        const isFinal = isFinallyWrong(failed, limit);
        const text = isFinal ? words.tray.wrong(failed.name) : words.tray.stuck(failed.name);
        view.say(text);
        void screens.announce((announcer) => announcer.alert(text));
        /** @type {HTMLElement|null} */ (place.form.querySelector(`[data-key="${failed.key}"] .tray-remove`))?.focus();
        return true;
      },
      take: () => this.#uploads.take(this.#owner, boxOf()),
      choose: view.choose,
      receive,
    };
  }

  /** @param {File[]} files @param {{owner: string, room_id: number, box: string}} place @param {number} room  for so many */
  async #add(files, place, room) {
    const { screens } = this.#page.parts();
    if (files.length > room) void screens.toast(words.tray.tooMany(FILES_AT_MOST));
    const taken = files.slice(0, Math.max(0, room));
    this.#page.memory.setDraft(MARK, place.owner);
    for (const blob of taken) {
      const name = nameOf(blob);
      const error = blob.size === 0 || !blob.type ? await faultOf(blob) : undefined;
      const upload = this.#uploads.add(place, { blob, name, ...(error && { error }) });
      void this.#look(upload.key);
    }
    const [first] = taken;
    if (!first) return;
    const text = taken.length > 1 ? words.tray.several(taken.length) : words.tray.attached(nameOf(first), sizeText(first.size));
    void screens.announce((announcer) => announcer.say(text));
  }

  /** What was kept of an earlier page is looked at, too. */
  #lookAtAll() {
    for (const key of this.#uploads.keys) void this.#look(key);
  }

  /** @param {string} key  of a file that may be an image */
  async #look(key) {
    const blob = this.#uploads.blob(key);
    if (!blob || this.#previews.has(key)) return;
    const preview = await readPreview(blob);
    if (!preview || !this.#uploads.get(key)) return;
    if (this.#previews.size >= PREVIEWS_AT_MOST) this.#previews.delete([...this.#previews.keys()][0] ?? '');
    this.#previews.set(key, preview);
    this.#uploads.measure(key, preview);
  }

  /** @param {string} key */
  async #askDescription(key) {
    const upload = this.#uploads.get(key);
    if (!upload) return;
    const [{ askDescription }] = await Promise.all([import('../views/files/describe.js'), seldomStyle()]);
    await askDescription([{ id: key, name: upload.name, alt: upload.alt }], words.describe, (_key, alt) => this.#uploads.describe(key, alt));
  }

  /** @param {import('../types.js').Message} message  one's own, with images */
  async askDescriptions({ files }) {
    const [{ askDescription }] = await Promise.all([import('../views/files/describe.js'), seldomStyle()]);
    const images = files.filter(({ type }) => type.startsWith('image/'));
    const isSaved = await askDescription(images, words.describe, (id, alt) => this.describe(id, alt));
    if (isSaved) void this.#page.parts().screens.toast(words.describe.saved, 'ok');
  }
}

/** @param {File} file @returns {string} what is pasted need not have a name */
const nameOf = ({ name, type }) => name || `${words.tray.pasted}.${type.split('/')[1] ?? 'png'}`;

/** @param {File} file  without a type, or without content @returns {Promise<string|undefined>} why it cannot be sent */
async function faultOf(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return file.size === 0 ? 'file_empty' : undefined;
  } catch {
    // What can be dropped and not be read is a folder.
    return 'folder';
  }
}
