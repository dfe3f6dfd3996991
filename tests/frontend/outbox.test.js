import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { exclusively, pageLocks } from "../../frontend/js/outbox/locks.js";
import { newClientId } from "../../frontend/js/outbox/id.js";
import { MemoryStore } from "../../frontend/js/outbox/store.js";
import { ACK_TIMEOUT_MS } from "../../frontend/js/outbox.js";
import { settled } from "./support/clock.js";
import { begun, liveIds, outboxOf, shown, refusal } from "./support/outbox.js";

describe("sending", () => {
  test("a message is shown at once and leaves when the store has it", async () => {
    const { outbox, world, store } = await begun();
    const message = outbox.add(7, "hello");
    assert.deepEqual(outbox.pendingOf(7), [message]);
    assert.deepEqual([message.username, message.status, message.room_id], ["alice", "sending", 7]);
    assert.deepEqual(world.live, []);
    await settled();
    assert.deepEqual(liveIds(world), [message.client_id]);
    assert.equal((await store.list()).length, 1);
    outbox.acknowledge([message.client_id]);
    assert.deepEqual(outbox.pendingOf(7), []);
    await settled();
    assert.deepEqual(await store.list(), []);
  });

  test("the next leaves only when the one before is stored", async () => {
    const { outbox, world } = await begun();
    for (const text of ["one", "two", "three"]) outbox.add(7, text);
    await settled();
    assert.deepEqual(liveIds(world), ["c1"]);
    outbox.acknowledge(["c1"]);
    await settled();
    assert.deepEqual(liveIds(world), ["c1", "c2"]);
    outbox.acknowledge(["c2", "c3"]);
    await settled();
    assert.deepEqual([liveIds(world), shown(outbox)], [["c1", "c2"], []]);
  });

  test("rooms do not wait for one another", async () => {
    const { outbox, world } = await begun();
    outbox.add(7, "here");
    outbox.add(8, "there");
    await settled();
    assert.deepEqual(liveIds(world), ["c1"]);
    assert.deepEqual(world.posted.map(({ record }) => record.client_id), ["c2"]);
    assert.deepEqual([shown(outbox), shown(outbox, 8)], [["here sending"], ["there sending"]]);
    world.posted[0].resolve();
    await settled();
    assert.deepEqual(shown(outbox, 8), []);
  });

  test("without a way out it waits, and goes when woken", async () => {
    const { outbox, world } = await begun();
    world.isFollowing = false;
    outbox.add(7, "one");
    await settled();
    assert.deepEqual(world.live, []);
    world.isFollowing = true;
    outbox.wake();
    await settled();
    assert.deepEqual(liveIds(world), ["c1"]);
  });

  test("what was not answered when the connection was lost is sent again under the same client_id", async () => {
    const { outbox, world } = await begun();
    outbox.add(7, "one");
    outbox.add(7, "two");
    await settled();
    world.isFollowing = false;
    outbox.connectionLost();
    await settled();
    assert.deepEqual(liveIds(world), ["c1"]);
    world.isFollowing = true;
    outbox.wake();
    await settled();
    assert.deepEqual(liveIds(world), ["c1", "c1"]);
    outbox.acknowledge(["c1"]);
    await settled();
    assert.deepEqual(liveIds(world), ["c1", "c1", "c2"]);
  });

  test("a connection that is lost and back within one turn loses nothing", async () => {
    const { outbox, world } = await begun();
    outbox.add(7, "one");
    await settled();
    outbox.connectionLost();
    outbox.wake();
    await settled();
    assert.deepEqual(liveIds(world), ["c1", "c1"]);
  });

  test("a message without any answer is sent again after a while", async () => {
    const { outbox, world, clock } = await begun();
    outbox.add(7, "one");
    await settled();
    await clock.pass(ACK_TIMEOUT_MS);
    assert.deepEqual(liveIds(world), ["c1", "c1"]);
  });

  test("leaving the room lets the rest follow by HTTP", async () => {
    const { outbox, world } = await begun();
    outbox.add(7, "one");
    await settled();
    world.room = 8;
    outbox.connectionLost();
    outbox.wake();
    await settled();
    assert.deepEqual(world.posted.map(({ record }) => record.client_id), ["c1"]);
  });

  test("with nothing to send it keeps no timer", async () => {
    const { outbox, clock } = await begun();
    outbox.add(7, "one");
    await settled();
    outbox.acknowledge(["c1"]);
    await settled();
    assert.deepEqual(clock.waits, []);
  });
});

describe("over reloads, names and tabs", () => {
  test("what an earlier page left is shown and sent in its order", async () => {
    const first = await begun();
    first.world.isFollowing = false;
    for (const text of ["one", "two"]) first.outbox.add(7, text);
    await settled();
    await first.outbox.begin(null);
    const { outbox, world } = await begun({ store: first.store });
    assert.deepEqual(shown(outbox), ["one sending", "two sending"]);
    outbox.acknowledge(["c1"]);
    await settled();
    assert.deepEqual(liveIds(world), ["c1", "c2"]);
  });

  test("a message of an earlier page that the history shows to be stored is not sent again", async () => {
    const store = new MemoryStore();
    const first = await begun({ store });
    first.outbox.add(7, "one");
    await settled();
    await first.outbox.begin(null);
    const { outbox, world } = outboxOf({ store });
    world.isFollowing = false;
    await outbox.begin("alice");
    outbox.acknowledge(["c1"]);
    await settled();
    world.isFollowing = true;
    outbox.wake();
    await settled();
    assert.deepEqual(world.live, []);
    assert.deepEqual(await store.list(), []);
  });

  test("what was kept under a name as it was typed belongs to that name as the server writes it", async () => {
    const old = { client_id: "c9", room_id: 7, username: "Ada  Lovelace", content: "one", created_at: "2026-05-03T12:00:00Z", status: "sending", error: null, seq: 1 };
    const { outbox, world } = outboxOf({ store: new MemoryStore([old]) });
    await outbox.begin("Ada Lovelace");
    await settled();
    assert.deepEqual(shown(outbox), ["one sending"]);
    assert.deepEqual(world.live.map(({ username, client_id: id }) => [username, id]), [["Ada Lovelace", "c9"]]);
  });

  test("a message is dated by the computer's calendar, not by the time the page has been open", async () => {
    const { outbox, clock } = await begun();
    assert.equal(outbox.add(7, "one").created_at, new Date(clock.date()).toISOString());
  });

  test("nothing is sent, or shown, under another name than it was written under", async () => {
    const { outbox, world, store } = await begun();
    world.isFollowing = false;
    outbox.add(7, "alice's");
    await settled();
    world.isFollowing = true;
    await outbox.begin("bob");
    await settled();
    assert.deepEqual([world.live, world.posted, shown(outbox)], [[], [], []]);
    assert.equal((await store.list()).length, 1);
    await outbox.begin("alice");
    await settled();
    assert.deepEqual(world.live.map(({ username, content }) => [username, content]), [["alice", "alice's"]]);
  });

  test("nothing of an account is sent, or shown, by a guest of its name, nor the other way round", async () => {
    const { outbox, world } = await begun();
    world.isFollowing = false;
    outbox.add(7, "the guest's");
    await outbox.begin("alice", 5);
    outbox.add(7, "the account's");
    await settled();
    assert.deepEqual(shown(outbox), ["the account's sending"]);
    world.isFollowing = true;
    await outbox.begin("alice", 5);
    await settled();
    assert.deepEqual(world.live.map(({ content, account }) => [content, account]), [["the account's", 5]]);
    await outbox.begin("alice", 6);
    assert.deepEqual(shown(outbox), []);
    await outbox.begin("alice");
    await settled();
    assert.deepEqual(shown(outbox), ["the guest's sending"]);
    assert.deepEqual(world.live.map(({ content, account }) => [content, account]).at(-1), ["the guest's", null]);
  });

  test("a message waits for one who has been signed out, and is no failure", async () => {
    const { outbox, world, clock } = await begun();
    world.room = 8;
    outbox.add(7, "one");
    await settled();
    world.posted[0].reject(refusal("not_signed_in"));
    await settled();
    assert.deepEqual([shown(outbox), world.failed, clock.waits], [["one sending"], [], []]);
    await outbox.begin("alice");
    await settled();
    assert.equal(world.posted.length, 2);
  });

  test("signing out stops in the middle", async () => {
    const { outbox, world, clock } = await begun();
    outbox.add(7, "one");
    outbox.add(7, "two");
    await settled();
    await outbox.begin(null);
    outbox.acknowledge(["c1"]);
    await settled();
    assert.deepEqual([liveIds(world), clock.waits], [["c1"], []]);
    assert.throws(() => outbox.add(7, "nobody's"));
  });

  test("failures that nobody came back to for a month are forgotten", async () => {
    const { outbox, store, clock } = await begun();
    outbox.add(7, "old");
    await settled();
    outbox.refuse("c1", "invalid");
    await settled();
    clock.sleep(31 * 24 * 3600 * 1000);
    outbox.add(7, "new");
    await settled();
    await outbox.begin("alice");
    await settled();
    assert.deepEqual((await store.list()).map(({ content }) => content), ["new"]);
  });

  test("two tabs send one after the other, and each shows what the other wrote", async () => {
    const store = new MemoryStore();
    const locks = pageLocks();
    const tabs = [];
    const tell = (from) => () => void tabs.forEach((tab, index) => index !== from && tab.outbox.reread());
    for (const index of [0, 1]) tabs.push(await begun({ store, locks, tell: tell(index), prefix: `tab${index}-` }));
    const [one, other] = tabs;
    one.outbox.add(7, "from one");
    await settled();
    other.outbox.add(7, "from the other");
    await settled();
    assert.deepEqual(shown(one.outbox), ["from one sending", "from the other sending"]);
    assert.deepEqual(shown(other.outbox), ["from one sending", "from the other sending"]);
    assert.deepEqual(liveIds(other.world), []);
    // The room tells both tabs that the message is there.
    for (const tab of tabs) tab.outbox.acknowledge(["tab0-1"]);
    await settled();
    assert.deepEqual([...liveIds(one.world), ...liveIds(other.world)], ["tab0-1", "tab1-1"]);
  });

  test("a list that was read before the server's answer does not bring a message back", async () => {
    const store = new MemoryStore();
    const { outbox } = await begun({ store });
    outbox.add(7, "one");
    await settled();
    const list = await store.list();
    outbox.acknowledge(["c1"]);
    await settled();
    store.list = () => Promise.resolve(list);
    await outbox.reread();
    assert.deepEqual(outbox.pendingOf(7), []);
  });

  test("what has not changed keeps its identity over a look at the store", async () => {
    const { outbox, world } = await begun();
    world.isFollowing = false;
    outbox.add(7, "one");
    await settled();
    const [before] = outbox.pendingOf(7);
    const { changes } = world;
    await outbox.reread();
    assert.equal(outbox.pendingOf(7)[0], before);
    assert.equal(world.changes, changes);
  });
});

describe("locks", () => {
  test("a page without Web Locks takes turns by itself, also after a failure", async () => {
    const locks = exclusively(undefined);
    const seen = [];
    const turn = (name) => locks("room", async () => {
      seen.push(`${name} begins`);
      await settled();
      seen.push(`${name} ends`);
      if (name === "a") throw new Error("a fails");
    });
    await assert.rejects(Promise.all([turn("a"), turn("b")]), /a fails/);
    await locks("room", () => Promise.resolve());
    assert.deepEqual(seen, ["a begins", "a ends", "b begins", "b ends"]);
  });

  test("a browser that has Web Locks and refuses them is as one that has none", async () => {
    const locks = exclusively({ request: () => Promise.reject(new DOMException("refused", "SecurityError")) });
    assert.equal(await locks("room", () => Promise.resolve("done")), "done");
  });

  test("a failure of the work itself is not tried a second time", async () => {
    let runs = 0;
    const locks = exclusively({ request: (_name, run) => run() });
    await assert.rejects(locks("room", () => {
      runs += 1;
      return Promise.reject(new Error("broken"));
    }), /broken/);
    assert.equal(runs, 1);
  });
});

test("a client_id is 128 random bits", () => {
  const made = new Set(Array.from({ length: 1000 }, newClientId));
  assert.equal(made.size, 1000);
  for (const clientId of made) assert.match(clientId, /^[0-9a-f]{32}$/);
});

describe("what messages bring along", () => {
  const FILE = { key: "k1", id: null, name: "a.txt", type: "text/plain", size: 5, width: null, height: null, alt: "" };
  /** As the page has it: nothing leaves whose files are not on the server. */
  const waiting = () => begun({ door: ({ files }) => (files?.some(({ id }) => !id) ? null : "live") });

  test("is waited for, and so do those behind it", async () => {
    const { outbox, world, store } = await waiting();
    const { client_id: clientId } = outbox.add(7, "with", undefined, [FILE]);
    outbox.add(7, "behind");
    await settled();
    assert.deepEqual(liveIds(world), []);
    assert.deepEqual((await store.list())[0].files, [FILE]);
    await outbox.revise(clientId, { files: [{ ...FILE, id: "f1" }] });
    await settled();
    assert.deepEqual(world.live.map(({ files }) => files), [[{ ...FILE, id: "f1" }]]);
    outbox.acknowledge([clientId]);
    await settled();
    assert.deepEqual(liveIds(world), ["c1", "c2"]);
  });

  test("may come before the store has the message, which leaves all the same", async () => {
    const { outbox, world } = await waiting();
    const { client_id: clientId } = outbox.add(7, "with", undefined, [FILE]);
    await outbox.revise(clientId, { files: [{ ...FILE, id: "f1" }] });
    await settled();
    assert.deepEqual(liveIds(world), ["c1"]);
  });

  test("that cannot be had fails it with its reason, and what is behind it goes", async () => {
    const { outbox, world } = await waiting();
    const { client_id: clientId } = outbox.add(7, "with", undefined, [FILE]);
    outbox.add(7, "behind");
    await settled();
    await outbox.revise(clientId, { status: "failed", error: "quota_full", detail: "No room left." });
    await settled();
    assert.deepEqual([world.failed, liveIds(world)], [[[clientId, "quota_full"]], ["c2"]]);
    assert.equal(outbox.pendingOf(7).find(({ client_id: id }) => id === clientId).detail, "No room left.");
  });

  test("that another tab has missed go all the same, once they are there", async () => {
    const { outbox, world, store } = await waiting();
    outbox.add(7, "with", undefined, [FILE]);
    await settled();
    const [record] = await store.list();
    await store.update({ ...record, status: "failed", error: "file_gone" });
    await outbox.revise(record.client_id, { files: [{ ...FILE, id: "f1" }], status: "sending", error: null });
    await settled();
    assert.deepEqual([liveIds(world), outbox.pendingOf(7).map(({ status, error }) => [status, error])], [[record.client_id], [["sending", null]]]);
  });

  test("that the server has lost is marked, so that it goes anew", async () => {
    const { outbox } = await waiting();
    const { client_id: clientId } = outbox.add(7, "with", undefined, [{ ...FILE, id: "f1" }]);
    await settled();
    outbox.refuse(clientId, "not_found");
    await settled();
    assert.deepEqual(outbox.pendingOf(7).map(({ status, files }) => [status, files[0].id]), [["failed", ""]]);
  });

  test("of another tab's message is heard of", async () => {
    const { outbox, store } = await waiting();
    outbox.add(7, "with", undefined, [FILE]);
    await settled();
    const [record] = await store.list();
    await store.update({ ...record, files: [{ ...FILE, id: "f1" }] });
    await outbox.reread();
    assert.equal(outbox.pendingOf(7)[0].files[0].id, "f1");
  });
});
