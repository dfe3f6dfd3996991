/** What an outbox needs around it, with the other ends in the test's hand. */

import { MemoryStore } from "../../../frontend/js/outbox/store.js";
import { pageLocks } from "../../../frontend/js/outbox/locks.js";
import { Outbox } from "../../../frontend/js/outbox.js";
import { FakeClock, settled } from "./clock.js";

export const refusal = (code, retryAfterMs = null) => Object.assign(new Error(code), { code, retryAfterMs });

export function outboxOf({ store = new MemoryStore(), locks = pageLocks(), clock = new FakeClock(), tell, door, prefix = "c" } = {}) {
  const world = { live: [], posted: [], failed: [], changes: 0, room: 7, isFollowing: true };
  let made = 0;
  const outbox = new Outbox({
    store, exclusively: locks, clock, tell,
    transport: {
      door: door ?? ((record) => {
        if (record.room_id !== world.room) return "http";
        return world.isFollowing ? "live" : null;
      }),
      sendLive: (record) => {
        world.live.push(record);
        return true;
      },
      post: (record) => new Promise((resolve, reject) => {
        world.posted.push({ record, resolve, reject });
      }),
    },
    onChange: () => { world.changes += 1; },
    onFailed: (record) => world.failed.push([record.client_id, record.error]),
    newId: () => {
      made += 1;
      return `${prefix}${made}`;
    },
  });
  return { outbox, world, store, clock };
}

/** An outbox that alice has begun, at rest. */
export async function begun(options) {
  const parts = outboxOf(options);
  await parts.outbox.begin("alice");
  await settled();
  return parts;
}

/** client_ids in the order in which they were sent over the connection. */
export const liveIds = (world) => world.live.map(({ client_id: clientId }) => clientId);

/** What a reader sees of the messages on their way. */
export const shown = (outbox, roomId = 7) => outbox.pendingOf(roomId).map(({ content, status }) => `${content} ${status}`);
