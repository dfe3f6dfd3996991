/** What the way of files needs around it, with the server's end in the test's hand. */

import { MemoryBlobs } from "../../../frontend/js/outbox/blobs.js";
import { Claims } from "../../../frontend/js/outbox/claims.js";
import { Uploads } from "../../../frontend/js/outbox/uploads.js";
import { FakeClock, settled } from "./clock.js";
import { FakeLocks } from "./locks.js";
import { refusal } from "./outbox.js";

export const HERE = { owner: "5 alice", room_id: 7, box: "7" };
export const blob = (text = "hello", type = "text/plain") => new Blob([text], { type });

/** A store that outlasts pages, as far as a test can tell. */
export class Kept extends MemoryBlobs {
  async putBlob(key, given) {
    await super.putBlob(key, given);
    return true;
  }
}

/** One that takes its time: nothing of a file is in it until a test says so. */
export class Slow extends Kept {
  #written = [];

  async putBlob(key, given) {
    await new Promise((resolve) => this.#written.push(resolve));
    return super.putBlob(key, given);
  }

  async write() {
    for (const written of this.#written.splice(0)) written();
    await settled();
  }
}

/** Uploads with the server's end in the test's hand; tabs of one browser share its `locks`. */
export function uploadsOf({ store = new Kept(), clock = new FakeClock(), maxSize, locks = new FakeLocks() } = {}) {
  const tab = locks.tab();
  const world = { sent: [], patched: [], erased: [], changes: 0, freed: 0, refusals: [], close: tab.close };
  const uploads = new Uploads({
    store, clock, ...(maxSize && { maxSize }),
    send: (upload, sentBlob, { signal, onProgress }) => new Promise((resolve, reject) => {
      const done = (id) => resolve({ id, name: upload.name, type: upload.type, size: upload.size, width: null, height: null, alt: upload.alt, thumbnail: null });
      world.sent.push({ name: upload.name, blob: sentBlob, done, reject, signal, onProgress });
      signal.addEventListener("abort", () => reject(refusal("network")));
    }),
    patch: async (id, alt) => {
      const refused = world.refusals.shift();
      if (refused) throw refused;
      world.patched.push([id, alt]);
    },
    erase: async (id) => void world.erased.push(id),
    claims: new Claims(tab),
    onFree: () => (world.freed += 1),
    onChange: () => (world.changes += 1),
  });
  return { uploads, world, store, clock, locks };
}

/** No message has any. */
export const none = async () => new Set();
export const states = (uploads, box = "7") => uploads.of(HERE.owner, box).map(({ name, status, error }) => [name, status, error].filter(Boolean).join(" "));
