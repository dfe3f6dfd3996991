import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { settled } from "./support/clock.js";
import { begun, liveIds, refusal, shown } from "./support/outbox.js";

describe("refusals", () => {
  for (const code of ["too_long", "empty", "not_found", "not_allowed", "invalid", "too_large", "name_invalid", "unheard_of"]) {
    test(`\`${code}\` is final: it is shown on the message, and the next one leaves`, async () => {
      const { outbox, world, store } = await begun();
      outbox.add(7, "one");
      outbox.add(7, "two");
      await settled();
      outbox.refuse("c1", code);
      await settled();
      assert.deepEqual(shown(outbox), ["one failed", "two sending"]);
      assert.equal(outbox.pendingOf(7)[0].error, code);
      assert.deepEqual(world.failed, [["c1", code]]);
      assert.deepEqual(liveIds(world), ["c1", "c2"]);
      assert.equal((await store.list())[0].status, "failed");
    });
  }

  for (const code of ["busy", "storage_full", "rate_limited", "internal", "network"]) {
    test(`\`${code}\` passes: the message stays first and is tried again`, async () => {
      const { outbox, world, clock } = await begun();
      outbox.add(7, "one");
      outbox.add(7, "two");
      await settled();
      outbox.refuse("c1", code);
      await settled();
      assert.deepEqual(shown(outbox), ["one sending", "two sending"]);
      assert.deepEqual(liveIds(world), ["c1"]);
      await clock.pass(1000);
      assert.deepEqual(liveIds(world), ["c1", "c1"]);
      assert.deepEqual(world.failed, []);
    });
  }

  test("each try waits longer, up to half a minute, and never less than the server asks", async () => {
    const { outbox, world, clock } = await begun();
    outbox.add(7, "one");
    await settled();
    for (const wait of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      outbox.refuse("c1", "busy");
      await settled();
      assert.deepEqual(clock.waits, [wait]);
      await clock.pass(wait);
    }
    outbox.refuse("c1", "rate_limited", 45_000);
    await settled();
    assert.deepEqual(clock.waits, [45_000]);
    await clock.pass(45_000);
    outbox.acknowledge(["c1"]);
    outbox.add(7, "two");
    await settled();
    outbox.refuse("c2", "busy");
    await settled();
    assert.deepEqual(clock.waits, [1000]);
    assert.equal(world.live.length, 10);
  });

  test("a new message does not cut the wait short, a new connection does", async () => {
    const { outbox, world, clock } = await begun();
    outbox.add(7, "one");
    await settled();
    outbox.refuse("c1", "rate_limited", 10_000);
    await settled();
    outbox.add(7, "two");
    await settled();
    assert.deepEqual(liveIds(world), ["c1"]);
    outbox.wake();
    await settled();
    assert.deepEqual(liveIds(world), ["c1", "c1"]);
    assert.equal(clock.waits.length, 1);
  });

  test("HTTP refusals count the same", async () => {
    const { outbox, world, clock } = await begun();
    world.room = 8;
    outbox.add(7, "one");
    outbox.add(7, "two");
    await settled();
    world.posted[0].reject(refusal("network"));
    await settled();
    await clock.pass(1000);
    world.posted[1].reject(refusal("not_found"));
    await settled();
    assert.deepEqual(shown(outbox), ["one failed", "two sending"]);
    assert.deepEqual(world.posted.map(({ record }) => record.client_id), ["c1", "c1", "c2"]);
  });

  test("a message refused because the login has become another's rests until its writer is back", async () => {
    const { outbox, world, clock } = await begun();
    world.room = 8;
    outbox.add(7, "one");
    await settled();
    world.posted[0].reject(Object.assign(refusal("invalid"), { field: "username" }));
    await settled();
    assert.deepEqual([shown(outbox), world.failed, clock.waits], [["one sending"], [], []]);
    await outbox.begin("bob", 6);
    await settled();
    assert.deepEqual([shown(outbox), world.posted.length], [[], 1]);
    await outbox.begin("alice");
    await settled();
    world.posted[1].resolve({});
    await settled();
    assert.deepEqual([shown(outbox), world.posted.map(({ record }) => record.client_id)], [[], ["c1", "c1"]]);
  });

  test("a close for a frame that was too big fails the first message without an answer", async () => {
    const { outbox, world } = await begun();
    outbox.add(7, "one");
    outbox.add(7, "two");
    await settled();
    outbox.refuseFirst("too_large");
    world.isFollowing = false;
    outbox.connectionLost();
    await settled();
    assert.deepEqual(shown(outbox), ["one failed", "two sending"]);
    world.isFollowing = true;
    outbox.wake();
    await settled();
    assert.deepEqual(liveIds(world), ["c1", "c2"]);
  });

  test("a postponed message stays first and pending, and leaves when a way has opened", async () => {
    const { outbox, world } = await begun();
    outbox.add(7, "one");
    outbox.add(7, "two");
    await settled();
    world.isFollowing = false;
    outbox.postpone("c1");
    outbox.postpone("c2");
    await settled();
    assert.deepEqual(shown(outbox), ["one sending", "two sending"]);
    assert.deepEqual(world.failed, []);
    world.isFollowing = true;
    outbox.wake();
    await settled();
    assert.deepEqual(liveIds(world), ["c1", "c1"]);
  });

  test("a failed message goes again behind the others, under the same client_id", async () => {
    const { outbox, world } = await begun();
    outbox.add(7, "one");
    outbox.add(7, "two");
    await settled();
    outbox.refuse("c1", "invalid");
    outbox.retry("c2");
    await settled();
    outbox.retry("c1");
    assert.deepEqual(shown(outbox), ["two sending", "one sending"]);
    await settled();
    outbox.acknowledge(["c2"]);
    await settled();
    assert.deepEqual(liveIds(world), ["c1", "c2", "c1"]);
  });

  test("a discarded message is gone, and the next one leaves", async () => {
    const { outbox, world, store } = await begun();
    outbox.add(7, "one");
    outbox.add(7, "two");
    await settled();
    outbox.discard("c1");
    await settled();
    assert.deepEqual(shown(outbox), ["two sending"]);
    assert.deepEqual(liveIds(world), ["c1", "c2"]);
    assert.equal((await store.list()).length, 1);
  });
});
