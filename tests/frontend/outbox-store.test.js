import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { IndexedStore, LastingStore, MemoryStore, openStore } from "../../frontend/js/outbox/store.js";

let databases = 0;
const freshName = () => {
  databases += 1;
  return `outbox-${databases}`;
};

const pending = (clientId, fields) => ({
  client_id: clientId, room_id: 7, username: "alice", content: `text of ${clientId}`, created_at: "2026-05-03T10:00:00Z",
  status: "sending", error: null, ...fields,
});
const idsOf = async (store) => (await store.list()).map(({ client_id: clientId }) => clientId);

const STORES = {
  MemoryStore: () => Promise.resolve(new MemoryStore()),
  IndexedStore: () => IndexedStore.open(freshName()),
  "LastingStore over IndexedStore": async () => new LastingStore(await IndexedStore.open(freshName())),
};

for (const [name, make] of Object.entries(STORES)) {
  describe(name, () => {
    test("lists messages in the order they were added, with rising numbers", async () => {
      const store = await make();
      const added = [];
      for (const clientId of ["c3", "c1", "c2"]) added.push(await store.add(pending(clientId)));
      assert.deepEqual(await idsOf(store), ["c3", "c1", "c2"]);
      assert.deepEqual(await store.list(), added);
      assert.ok(added[0].seq < added[1].seq && added[1].seq < added[2].seq);
    });

    test("changes a message in its place", async () => {
      const store = await make();
      const first = await store.add(pending("c1"));
      await store.add(pending("c2"));
      await store.update({ ...first, status: "failed", error: "too_long" });
      assert.deepEqual((await store.list()).map(({ client_id: id, status, error }) => [id, status, error]),
        [["c1", "failed", "too_long"], ["c2", "sending", null]]);
    });

    test("does not bring back a message that has been removed", async () => {
      const store = await make();
      const first = await store.add(pending("c1"));
      await store.remove("c1");
      await store.update({ ...first, status: "failed" });
      assert.deepEqual(await store.list(), []);
      assert.equal(await store.requeue("c1"), null);
    });

    test("puts a message that is tried again behind all others, under the same client_id", async () => {
      const store = await make();
      const first = await store.add(pending("c1", { status: "failed", error: "invalid" }));
      await store.add(pending("c2"));
      const again = await store.requeue("c1");
      assert.ok(again.seq > first.seq);
      assert.deepEqual(await idsOf(store), ["c2", "c1"]);
      const [, last] = await store.list();
      assert.deepEqual([last.status, last.error, last.content], ["sending", null, "text of c1"]);
    });

    test("removing what is not there is no fault", async () => {
      const store = await make();
      await store.remove("nobody");
      assert.deepEqual(await store.list(), []);
    });
  });
}

describe("keeping", () => {
  test("what IndexedDB holds outlasts the page, and numbers go on rising", async () => {
    const name = freshName();
    const before = await IndexedStore.open(name);
    const first = await before.add(pending("c1"));
    const after = await IndexedStore.open(name);
    assert.deepEqual(await after.list(), [first]);
    await after.remove("c1");
    assert.ok((await after.add(pending("c2"))).seq > first.seq);
  });

  test("two tabs see each other's messages, and no client_id twice", async () => {
    const name = freshName();
    const [one, other] = [await IndexedStore.open(name), await IndexedStore.open(name)];
    await one.add(pending("c1"));
    await other.add(pending("c2"));
    assert.deepEqual(await idsOf(one), ["c1", "c2"]);
    await assert.rejects(other.add(pending("c1")), { name: "ConstraintError" });
  });

  test("a browser that refuses its database gets memory", async () => {
    const store = await openStore(() => Promise.reject(new DOMException("refused", "SecurityError")));
    assert.ok(store instanceof MemoryStore);
  });

  test("a database that fails under way is followed by memory with all that was known", async () => {
    const database = new MemoryStore();
    let isBroken = false;
    const inner = new Proxy(database, {
      get: (_, verb) => (...parameters) =>
        isBroken ? Promise.reject(new DOMException("gone", "InvalidStateError")) : database[verb](...parameters),
      getPrototypeOf: () => Object.prototype,
    });
    const store = new LastingStore(inner);
    await store.add(pending("c1"));
    await store.add(pending("c2"));
    await store.remove("c1");
    isBroken = true;
    const third = await store.add(pending("c3"));
    assert.deepEqual(await idsOf(store), ["c2", "c3"]);
    await store.update({ ...third, status: "failed" });
    assert.equal((await store.list())[1].status, "failed");
  });
});
