import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { MARGIN_MS, Session } from "../../frontend/js/app/session.js";
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
  const accounts = { refresh: () => new Promise((resolve, reject) => { world.asked.push({ resolve, reject }); }) };
  const make = () => new Session({ accounts, memory, exclusively, clock, onWelcome: (user) => world.welcomed.push(user) });
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

  test("whose renewal fails is asked for again by the next", async () => {
    const { one, world } = tabs();
    for (const code of ["network", "not_signed_in"]) {
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
