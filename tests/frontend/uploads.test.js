import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { MemoryBlobs, openBlobs } from "../../frontend/js/outbox/blobs.js";
import { FakeClock, settled } from "./support/clock.js";
import { refusal } from "./support/outbox.js";
import { HERE, Slow, blob, none, states, uploadsOf } from "./support/uploads.js";

describe("a file on its way", () => {
  test("leaves at once, two at a time, in the order in which they came", async () => {
    const { uploads, world } = uploadsOf();
    for (const name of ["a", "b", "c"]) uploads.add(HERE, { blob: blob(), name });
    await settled();
    assert.deepEqual(world.sent.map(({ name }) => name), ["a", "b"]);
    assert.deepEqual(states(uploads), ["a uploading", "b uploading", "c waiting"]);
    world.sent[0].done("f1");
    await settled();
    assert.deepEqual(world.sent.map(({ name }) => name), ["a", "b", "c"]);
    assert.deepEqual(states(uploads), ["a done", "b uploading", "c uploading"]);
  });

  test("tells how far it is, once for each percent", async () => {
    const { uploads, world } = uploadsOf();
    const { key } = uploads.add(HERE, { blob: blob("x".repeat(1000)), name: "a" });
    await settled();
    const before = world.changes;
    for (const bytes of [1, 2, 500, 501, 1000, 9999]) world.sent[0].onProgress(bytes);
    assert.equal(uploads.get(key).loaded, 1000);
    assert.equal(world.changes - before, 2);
  });

  test("is tried again while only the network fails, later each time, and at once when it is back", async () => {
    const { uploads, world, clock } = uploadsOf();
    uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    world.sent[0].reject(refusal("network"));
    await settled();
    assert.deepEqual([states(uploads), clock.waits], [["a waiting network"], [1000]]);
    await clock.pass(1000);
    world.sent[1].reject(refusal("busy", 7000));
    await settled();
    assert.deepEqual(clock.waits, [7000]);
    uploads.wake();
    await settled();
    assert.deepEqual([world.sent.length, clock.waits], [3, []]);
    world.sent[2].done("f1");
    await settled();
    assert.deepEqual(states(uploads), ["a done"]);
  });

  test("begins again after the network has gone in the middle of it", async () => {
    const { uploads, world } = uploadsOf();
    uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    uploads.pause();
    await settled();
    assert.deepEqual([world.sent[0].signal.aborted, states(uploads)], [true, ["a waiting network"]]);
    uploads.wake();
    await settled();
    assert.equal(world.sent.length, 2);
  });

  test("that the server refuses stays with its words, and goes again when that is wished", async () => {
    const { uploads, world } = uploadsOf();
    const { key } = uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    world.sent[0].reject(Object.assign(refusal("quota_full"), { detail: "You have no room left." }));
    await settled();
    assert.deepEqual([states(uploads), uploads.get(key).detail], [["a failed quota_full"], "You have no room left."]);
    uploads.retry(key);
    await settled();
    assert.deepEqual([world.sent.length, states(uploads)], [2, ["a uploading"]]);
  });

  test("that is too large does not leave at all", async () => {
    const { uploads, world } = uploadsOf({ maxSize: 4 });
    uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    assert.deepEqual([states(uploads), world.sent], [["a failed too_large"], []]);
  });

  test("can be cancelled, and is taken back from the server if it is there already", async () => {
    const { uploads, world, store } = uploadsOf();
    const [one, two, three] = ["a", "b", "c"].map((name) => uploads.add(HERE, { blob: blob(), name }));
    await settled();
    world.sent[0].done("f1");
    await settled();
    for (const { key } of [one, two]) uploads.remove(key);
    await settled();
    assert.deepEqual([world.erased, world.sent[1].signal.aborted, states(uploads)], [["f1"], true, ["c uploading"]]);
    assert.deepEqual((await store.list()).map(({ key }) => key), [three.key]);
  });

  test("described on its way, is described when it is there", async () => {
    const { uploads, world } = uploadsOf();
    const { key } = uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    await uploads.describe(key, "A sunset");
    world.sent[0].done("f1");
    await settled();
    assert.deepEqual([world.patched, uploads.get(key).file.alt], [[["f1", "A sunset"]], "A sunset"]);
    await uploads.describe(key, "A sunrise");
    assert.deepEqual(world.patched.at(-1), ["f1", "A sunrise"]);
  });

  test("is not there before its description is, which may fail as it may", async () => {
    const { uploads, world, clock } = uploadsOf();
    const { key } = uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    await uploads.describe(key, "A sunset");
    world.refusals.push(refusal("network"));
    world.sent[0].done("f1");
    await settled();
    assert.deepEqual(states(uploads), ["a waiting network"]);
    const brought = uploads.bring(uploads.take(HERE.owner, "7"));
    await clock.pass(1000);
    assert.deepEqual([world.sent.length, world.patched, (await brought)[0].id], [1, [["f1", "A sunset"]], "f1"]);
  });
});

describe("files of a message", () => {
  test("leave the box with it, and are waited for", async () => {
    const { uploads, world } = uploadsOf();
    uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    const files = uploads.take(HERE.owner, "7");
    assert.deepEqual([files.map(({ id }) => id), states(uploads)], [[null], []]);
    const brought = uploads.bring(files);
    world.sent[0].done("f1");
    assert.deepEqual((await brought).map(({ key, id, name }) => [key, id, name]), [[files[0].key, "f1", "a"]]);
  });

  test("that are there need not be waited for", async () => {
    const { uploads, world } = uploadsOf();
    uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    world.sent[0].done("f1");
    await settled();
    const files = uploads.take(HERE.owner, "7");
    assert.equal(files[0].id, "f1");
    assert.deepEqual(await uploads.bring(files), files);
  });

  test("fail it when one is refused, and go again with it", async () => {
    const { uploads, world } = uploadsOf();
    uploads.add(HERE, { blob: blob(), name: "a" });
    const files = uploads.take(HERE.owner, "7");
    const brought = uploads.bring(files);
    await settled();
    world.sent[0].reject(refusal("muted"));
    await assert.rejects(brought, { code: "muted" });
    const again = uploads.bring(files);
    await settled();
    world.sent[1].done("f1");
    assert.equal((await again)[0].id, "f1");
  });

  test("go anew when the server has them no longer", async () => {
    const { uploads, world } = uploadsOf();
    uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    world.sent[0].done("f1");
    await settled();
    const [file] = uploads.take(HERE.owner, "7");
    const again = uploads.bring([{ ...file, id: "" }]);
    await settled();
    world.sent[1].done("f2");
    assert.equal((await again)[0].id, "f2");
  });

  test("outlast the page, with the message", async () => {
    const first = uploadsOf();
    first.uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    const files = first.uploads.take(HERE.owner, "7");
    await settled();
    const next = uploadsOf({ store: first.store });
    const brought = next.uploads.bring(files);
    await settled();
    next.world.sent[0].done("f1");
    assert.equal((await brought)[0].id, "f1");
  });

  test("are left to the tab that sends them", async () => {
    const first = uploadsOf();
    first.uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    const files = first.uploads.take(HERE.owner, "7");
    await settled();
    const other = uploadsOf({ store: first.store, locks: first.locks });
    assert.equal(await other.uploads.bring(files), null);
    assert.deepEqual(other.world.sent, []);
  });

  test("are left to the tab that sends them also before it has written them down", async () => {
    const store = new Slow();
    const first = uploadsOf({ store });
    first.uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    const files = first.uploads.take(HERE.owner, "7");
    const other = uploadsOf({ store, locks: first.locks });
    assert.equal(await other.uploads.bring(files), null);
    await store.write();
    assert.deepEqual((await store.list()).map(({ name, box }) => [name, box]), [["a", ""]]);
  });

  test("go from another tab when that which had them is closed", async () => {
    const first = uploadsOf();
    first.uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    const files = first.uploads.take(HERE.owner, "7");
    await settled();
    const other = uploadsOf({ store: first.store, locks: first.locks });
    for (let turn = 0; turn < 2; turn += 1) assert.equal(await other.uploads.bring(files), null);
    assert.equal(other.world.freed, 0);
    first.world.close();
    await settled();
    assert.equal(other.world.freed, 1);
    const brought = other.uploads.bring(files);
    await settled();
    other.world.sent[0].done("f1");
    assert.equal((await brought)[0].id, "f1");
  });

  test("wait for their person, whose session has ended, as the message does", async () => {
    const { uploads, world } = uploadsOf();
    for (const name of ["a", "b", "c"]) uploads.add(HERE, { blob: blob(), name });
    await settled();
    const brought = uploads.bring(uploads.take(HERE.owner, "7"));
    for (const { reject } of world.sent) reject(refusal("not_signed_in"));
    await settled();
    assert.deepEqual([world.sent.length, states(uploads, "")], [2, ["a waiting", "b waiting", "c waiting"]]);
    uploads.wake();
    await settled();
    for (const at of [2, 3, 4]) {
      world.sent[at].done(`f${at}`);
      await settled();
    }
    assert.deepEqual((await brought).map(({ id }) => id), ["f2", "f3", "f4"]);
  });

  test("wait where the message would: the server's disk is full, or it has an accident", async () => {
    for (const code of ["storage_full", "internal"]) {
      const { uploads, world, clock } = uploadsOf();
      uploads.add(HERE, { blob: blob(), name: "a" });
      await settled();
      world.sent[0].reject(refusal(code));
      await settled();
      assert.deepEqual([states(uploads), clock.waits], [[`a waiting ${code}`], [1000]]);
    }
  });

  test("that this browser has lost are said to be", async () => {
    const { uploads } = uploadsOf();
    await assert.rejects(uploads.bring([{ key: "k", id: null, name: "a" }]), { code: "not_found" });
  });

  test("are forgotten when the message is there, and stopped when it is given up", async () => {
    const { uploads, world, store } = uploadsOf();
    uploads.add(HERE, { blob: blob(), name: "a" });
    uploads.add(HERE, { blob: blob(), name: "b" });
    await settled();
    world.sent[0].done("f1");
    await settled();
    const files = uploads.take(HERE.owner, "7");
    const brought = uploads.bring(files);
    // Before the message is there, and while it is.
    for (const keys of [[], files.map(({ key }) => key)]) uploads.sweep(new Set(keys));
    assert.equal(world.sent[1].signal.aborted, false);
    uploads.sweep(new Set());
    await assert.rejects(brought, { code: "cancelled" });
    await settled();
    assert.deepEqual([world.sent[1].signal.aborted, await store.list(), world.erased], [true, [], []]);
  });
});

describe("files in message boxes", () => {
  test("are found again by their own person after a reload, in their order", async () => {
    const first = uploadsOf();
    for (const name of ["a", "b"]) first.uploads.add(HERE, { blob: blob(), name });
    first.uploads.add({ ...HERE, owner: "6 eve" }, { blob: blob(), name: "c" });
    await settled();
    first.world.sent[0].done("f1");
    await settled();
    const { uploads, world } = uploadsOf({ store: first.store });
    await uploads.recall(HERE.owner, none);
    await settled();
    assert.deepEqual([states(uploads), world.sent.map(({ name }) => name)], [["a done", "b uploading"], ["b"]]);
  });

  test("go after a week, but for those that a message still has, whoever wrote it", async () => {
    const { uploads, store } = uploadsOf();
    for (const name of ["sent", "draft"]) {
      uploads.add(HERE, { blob: blob(), name });
      await settled();
      if (name === "sent") uploads.take(HERE.owner, "7");
    }
    const [{ key }] = await store.list();
    const clock = new FakeClock();
    clock.sleep(8 * 24 * 3600 * 1000);
    await uploadsOf({ store, clock }).uploads.recall("6 eve", async () => new Set([key]));
    assert.deepEqual((await store.list()).map(({ name }) => name), ["sent"]);
    await uploadsOf({ store, clock }).uploads.recall("6 eve", none);
    assert.deepEqual(await store.list(), []);
  });

  test("leave with their person, or wait for one who comes back; what goes with a message always waits", async () => {
    for (const [isKept, left] of [[false, ["sent"]], [true, ["sent", "draft"]]]) {
      const { uploads, store } = uploadsOf();
      uploads.add(HERE, { blob: blob(), name: "sent" });
      await settled();
      uploads.take(HERE.owner, "7");
      uploads.add(HERE, { blob: blob(), name: "draft" });
      await settled();
      uploads.leave(isKept);
      await settled();
      assert.deepEqual([states(uploads), (await store.list()).map(({ name }) => name)], [[], left]);
    }
  });

  test("are written down for a person who has left before they were", async () => {
    const store = new Slow();
    const { uploads } = uploadsOf({ store });
    for (const name of ["sent", "draft"]) {
      uploads.add(HERE, { blob: blob(), name });
      await settled();
      if (name === "sent") uploads.take(HERE.owner, "7");
    }
    uploads.leave(false);
    await store.write();
    assert.deepEqual((await store.list()).map(({ name, box }) => [name, box]), [["sent", ""]]);
  });

  test("are written down as they are, whatever was done while they were written", async () => {
    const store = new Slow();
    const { uploads } = uploadsOf({ store });
    const put = store.put.bind(store);
    // The message is sent between the writing and the word that it is done.
    store.put = async (upload) => {
      await put(upload);
      if (upload.box === "7") uploads.take(HERE.owner, "7");
    };
    uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    await store.write();
    assert.deepEqual((await store.list()).map(({ box }) => box), [""]);
  });

  test("go as they were chosen, whatever becomes of the file on the disk", async () => {
    const lost = blob("gone");
    lost.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("NotReadableError")) });
    const store = new Slow();
    store.blob = async () => blob("kept");
    const { uploads, world, clock } = uploadsOf({ store });
    uploads.add(HERE, { blob: lost, name: "a" });
    await settled();
    await store.write();
    world.sent[0].reject(refusal("network"));
    await settled();
    await clock.pass(1000);
    assert.equal(await world.sent[1].blob.text(), "kept");
    // What nobody has a copy of fails, and does not hold up for ever what stands behind it.
    const late = uploadsOf({ store: new Slow() });
    late.uploads.add(HERE, { blob: lost, name: "b" });
    await settled();
    late.world.sent[0].reject(refusal("network"));
    await settled();
    assert.deepEqual(states(late.uploads), ["b failed file_gone"]);
  });

  test("are said to be in danger only while nothing keeps them", async () => {
    const { uploads } = uploadsOf({ store: new MemoryBlobs() });
    uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    assert.equal(uploads.isLoose, true);
    const kept = uploadsOf();
    kept.uploads.add(HERE, { blob: blob(), name: "a" });
    await settled();
    assert.equal(kept.uploads.isLoose, false);
  });
});

test("where the browser refuses its storage, files wait in memory", async () => {
  const store = await openBlobs(() => Promise.reject(new Error("refused")));
  assert.equal(await store.putBlob("k", blob()), false);
  assert.equal((await store.blob("k")).size, 5);
});
