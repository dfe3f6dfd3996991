import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { GIVE_UP_MS, MARGIN_MS, PAUSE_MS, REPEAT_MS, Session } from "../../frontend/js/app/session.js";
import { pageLocks } from "../../frontend/js/outbox/locks.js";
import { FakeClock, settled } from "./support/clock.js";

const MINUTE = 60_000;
const USER = { id: 5, username: "ada" };
const refusal = (code) => Object.assign(new Error(code), { code });

/** Two tabs of one browser, with one clock, one storage and one lock between them. */
function tabs() {
  const clock = new FakeClock();
  const exclusively = pageLocks();
  const storage = { until: 0 };
  const memory = {
    get signedInUntil() {
      return storage.until;
    },
    setSignedInUntil: (until) => { storage.until = until; },
  };
  const world = { asked: [], welcomed: [] };
  const accounts = { refresh: (timeoutMs) => new Promise((resolve, reject) => { world.asked.push({ at: clock.now(), timeoutMs, resolve, reject }); }) };
  const onWelcome = (user) => {
    world.welcomed.push(user);
    return user.id === USER.id;
  };
  const make = () => new Session({ accounts, memory, exclusively, clock, onWelcome });
  return { clock, storage, world, one: make(), two: make() };
}

const welcome = { user: USER, expires_in: 900 };

describe("a login", () => {
  test("is good until shortly before its end, and nobody waits for it", async () => {
    const { one, clock, world } = tabs();
    one.begin(900);
    assert.equal(one.ready(), null);
    await clock.pass(15 * MINUTE - MARGIN_MS);
    assert.equal(one.ready(), null);
    await clock.pass(1);
    assert.ok(one.ready() instanceof Promise);
    await settled();
    assert.equal(world.asked.length, 1);
  });

  test("is renewed once for all who wait for it, and for as long as the server says", async () => {
    const { one, clock, world, storage } = tabs();
    const waiting = [one.ready(), one.ready()];
    await settled();
    assert.equal(world.asked.length, 1);
    world.asked[0].resolve(welcome);
    await Promise.all(waiting);
    assert.deepEqual([one.ready(), world.welcomed], [null, [USER]]);
    assert.equal(storage.until, clock.date() + 15 * MINUTE);
  });

  test("is renewed by one tab at a time; the other takes what that one got", async () => {
    const { one, two, world } = tabs();
    const waiting = [one.ready(), two.ready()];
    await settled();
    assert.equal(world.asked.length, 1);
    world.asked[0].resolve(welcome);
    await Promise.all(waiting);
    assert.equal(world.asked.length, 1);
    assert.equal(two.ready(), null);
  });

  test("that the server takes no longer is renewed whatever the clock says", async () => {
    const { one, world } = tabs();
    one.begin(900);
    one.expire();
    const ready = one.ready();
    await settled();
    world.asked[0].resolve(welcome);
    await ready;
    assert.equal(one.ready(), null);
  });

  test("whose renewal gets no answer is asked for again, while the server gives the same answer once more", async () => {
    const { one, clock, world } = tabs();
    const ready = one.ready();
    await settled();
    // The first answer is swallowed: after so long the page gives it up.
    assert.deepEqual(world.asked.map(({ timeoutMs }) => timeoutMs), [GIVE_UP_MS]);
    await clock.pass(GIVE_UP_MS);
    world.asked[0].reject(refusal("network"));
    await settled();
    await clock.pass(PAUSE_MS);
    assert.equal(world.asked.length, 2);
    world.asked[1].resolve(welcome);
    await ready;
    assert.deepEqual([one.ready(), world.welcomed], [null, [USER]]);
  });

  test("is not asked for again when the server may take it for a copy", async () => {
    const { one, clock, world } = tabs();
    const ready = one.ready();
    const refused = assert.rejects(ready, { code: "network" });
    const begun = clock.now();
    for (const at of [0, 4250, 8750]) {
      await clock.pass(begun + at - clock.now());
      await settled();
      clock.setTimeout(() => world.asked.at(-1).reject(refusal("network")), GIVE_UP_MS);
    }
    await clock.pass(60_000);
    await refused;
    // Within ten seconds after the first, which the server counts from when it has replaced the token.
    assert.deepEqual(world.asked.map(({ at }) => at - begun), [0, 4250, 8750]);
    assert.ok(8750 < REPEAT_MS);
  });

  test("that the server refuses is not asked for again by the same", async () => {
    const { one, world, clock } = tabs();
    const ready = one.ready();
    await settled();
    world.asked[0].reject(refusal("not_signed_in"));
    await assert.rejects(ready, { code: "not_signed_in" });
    assert.deepEqual([world.asked.length, clock.waits], [1, []]);
  });

  test("that another tab has begun since is not ended by a refusal that comes late", async () => {
    const { one, two, world } = tabs();
    const ready = one.ready();
    await settled();
    two.begin(900);
    world.asked[0].reject(refusal("not_signed_in"));
    await ready;
    assert.equal(one.ready(), null);
  });

  test("that comes back as somebody else's is none", async () => {
    const { one, world, storage } = tabs();
    const ready = one.ready();
    await settled();
    world.asked[0].resolve({ ...welcome, user: { id: 6, username: "bob" } });
    await assert.rejects(ready, { code: "not_signed_in" });
    assert.equal(storage.until, 0);
    assert.ok(one.ready() instanceof Promise);
  });

  test("whose renewal fails is asked for again by the next", async () => {
    const { one, world } = tabs();
    for (const code of ["busy", "not_signed_in"]) {
      const ready = one.ready();
      await settled();
      world.asked.at(-1).reject(refusal(code));
      await assert.rejects(ready, { code });
    }
    assert.equal(world.asked.length, 2);
  });

  test("is known to its page also where the browser keeps nothing", () => {
    const { one, storage } = tabs();
    one.begin(900);
    storage.until = 0;
    assert.equal(one.ready(), null);
  });
});
