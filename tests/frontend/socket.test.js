import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  browserClock, CAUGHT_UP_MS, JITTER_MS, OPEN_TIMEOUT_MS, PROBE_MS, QUIET_MS, RATE_WAIT_MS, RETRY_MS, SILENCE_MS,
} from "../../frontend/js/socket.js";
import { begin } from "./support/connection.js";

describe("reconnecting", () => {
  test("the first try comes 3 s after the close, the next every 3 s and up to a second of jitter", async () => {
    const { clock, Socket, open } = begin();
    open();
    clock.luck = 0.5;
    Socket.last.end();
    assert.deepEqual(clock.waits, [RETRY_MS]);
    await clock.pass(RETRY_MS - 1);
    assert.equal(Socket.made.length, 1);
    await clock.pass(1);
    assert.equal(Socket.made.length, 2);
    for (const luck of [0, 0.25, 0.999]) {
      clock.luck = luck;
      const before = Socket.made.length;
      Socket.last.end();
      assert.deepEqual(clock.waits, [RETRY_MS + luck * JITTER_MS]);
      await clock.pass(RETRY_MS + luck * JITTER_MS);
      assert.equal(Socket.made.length, before + 1);
    }
  });

  test("it never gives up, and never tries twice at once", async () => {
    const { clock, Socket, open } = begin();
    open();
    Socket.last.end();
    for (let tries = 0; tries < 100; tries += 1) {
      await clock.pass(RETRY_MS + JITTER_MS);
      assert.equal(Socket.made.length, tries + 2);
      assert.equal(clock.waits.length, 1);
      Socket.last.end();
    }
  });

  test("refused because too many are open, it waits as long as the server asks", () => {
    const { clock, Socket, open } = begin();
    open();
    clock.luck = 0.5;
    Socket.last.say({ type: "error", code: "too_many_connections", retry_after_ms: 30_000 });
    Socket.last.end(1013);
    assert.deepEqual(clock.waits, [30_000 + 0.5 * JITTER_MS]);
  });

  test("after `closing` it waits as long as the server asks, spread by jitter", async () => {
    const { clock, Socket, open } = begin();
    open();
    clock.luck = 0.5;
    Socket.last.say({ type: "closing", retry_after_ms: 1000 });
    Socket.last.end(1012);
    assert.deepEqual(clock.waits, [1000 + 0.5 * JITTER_MS]);
    await clock.pass(1500);
    // The request holds for one try only.
    Socket.last.end();
    assert.deepEqual(clock.waits, [RETRY_MS + 0.5 * JITTER_MS]);
  });

  test("after 1008, for a flood of refused frames, it waits half a minute", async () => {
    const { clock, Socket, open } = begin();
    open();
    Socket.last.end(1008);
    assert.deepEqual(clock.waits, [RATE_WAIT_MS]);
    await clock.pass(RATE_WAIT_MS);
    assert.equal(Socket.made.length, 2);
  });

  for (const code of [4500, 4504, 4999]) {
    test(`after ${code} it does not come back by itself, but it can be opened again`, async () => {
      const { clock, Socket, told, connection, open } = begin();
      open();
      Socket.last.end(code);
      assert.deepEqual(told.closes, [[code, true]]);
      assert.equal(told.statuses.at(-1), "closed");
      connection.tryNow();
      connection.check();
      await clock.pass(600_000);
      assert.equal(Socket.made.length, 1);
      assert.deepEqual(clock.waits, []);
      connection.open();
      assert.equal(Socket.made.length, 2);
    });
  }

  for (const code of [1000, 1001, 1006, 1009, 1011, 1012, 1013, 4000, 4499]) {
    test(`after ${code} it comes back`, async () => {
      const { clock, Socket, told, open } = begin();
      open();
      Socket.last.end(code);
      assert.deepEqual(told.closes, [[code, false]]);
      await clock.pass(RETRY_MS);
      assert.equal(Socket.made.length, 2);
    });
  }

  test("whoever says that now is a good time does not wait, and leaves no second try behind", async () => {
    const { clock, Socket, connection, open } = begin();
    open();
    Socket.last.end();
    connection.tryNow();
    assert.equal(Socket.made.length, 2);
    connection.tryNow();
    assert.equal(Socket.made.length, 2);
    Socket.last.accept();
    await clock.pass(RETRY_MS * 2);
    assert.equal(Socket.made.length, 2);
  });

  test("a try that never opens is given up and followed by the next", async () => {
    const { clock, Socket, told, connection } = begin();
    connection.open();
    await clock.pass(OPEN_TIMEOUT_MS);
    assert.equal(Socket.made[0].closedWith, 4000);
    assert.deepEqual(told.closes, [[4000, false]]);
    await clock.pass(RETRY_MS);
    assert.equal(Socket.made.length, 2);
  });

  test("the address is asked for anew before every try", async () => {
    let after = 5;
    const door = () => ({ url: `ws://parlour.test/ws/chat/7?after=${after}`, roomId: 7, after });
    const { clock, Socket, open } = begin({ door });
    open();
    after = 9;
    Socket.last.end();
    await clock.pass(RETRY_MS);
    assert.deepEqual(Socket.made.map(({ url }) => url.slice(-1)), ["5", "9"]);
  });

  test("closing ends every timer and the socket", () => {
    const { clock, Socket, told, connection, open } = begin();
    open();
    connection.close();
    assert.deepEqual(clock.waits, []);
    assert.equal(Socket.last.closedWith, 1000);
    assert.equal(told.statuses.at(-1), "closed");
    Socket.last.end();
    assert.deepEqual(clock.waits, []);
    assert.deepEqual(told.closes, []);
  });
});

describe("the watchdog", () => {
  test("heartbeats keep the connection, with no timer under ten seconds", async () => {
    const { clock, Socket, open } = begin();
    open();
    for (let beats = 0; beats < 100; beats += 1) {
      await clock.pass(15_000);
      Socket.last.say({ type: "heartbeat", versions: {} });
      assert.equal(clock.waits.length, 1);
      assert.ok(clock.waits[0] >= 10_000, `a timer of ${clock.waits[0]} ms`);
    }
    assert.equal(Socket.made.length, 1);
    assert.deepEqual(Socket.last.sent, []);
  });

  test("silence is first asked about, then taken for death, though the browser never says so", async () => {
    const { clock, Socket, told, open } = begin();
    open();
    await clock.pass(QUIET_MS);
    assert.deepEqual(Socket.last.sent, [{ type: "ping" }]);
    await clock.pass(SILENCE_MS - QUIET_MS);
    assert.equal(Socket.made[0].closedWith, 4000);
    assert.deepEqual(told.closes, [[4000, false]]);
    // The next try is made at once.
    assert.equal(Socket.made.length, 2);
  });

  test("an answer to the question keeps the connection", async () => {
    const { clock, Socket, open } = begin();
    open();
    await clock.pass(QUIET_MS);
    Socket.last.say({ type: "pong" });
    await clock.pass(SILENCE_MS - QUIET_MS);
    assert.equal(Socket.made.length, 1);
  });

  test("what a dead socket says later reaches nobody", async () => {
    const { clock, Socket, told, open } = begin();
    open();
    await clock.pass(SILENCE_MS);
    const [dead] = Socket.made;
    dead.say({ type: "message" });
    dead.end();
    assert.ok(!told.frames.some(({ type }) => type === "message"));
    assert.equal(told.closes.length, 1);
  });

  test("after the computer has slept, the late timer finds the silence", async () => {
    const { clock, Socket, open } = begin();
    open();
    clock.sleep(3_600_000);
    await clock.pass(0);
    assert.equal(Socket.made.length, 2);
  });

  test("a tab that comes to the front asks, and gives up after 5 s without a word", async () => {
    const { clock, Socket, connection, open } = begin();
    open();
    await clock.pass(1000);
    connection.check();
    connection.check();
    assert.deepEqual(Socket.last.sent, [{ type: "ping" }]);
    await clock.pass(PROBE_MS);
    assert.equal(Socket.made.length, 2);
  });

  test("a tab that comes to the front and gets an answer keeps its connection", async () => {
    const { clock, Socket, connection, open } = begin();
    open();
    await clock.pass(1000);
    connection.check();
    Socket.last.say({ type: "pong" });
    await clock.pass(PROBE_MS);
    assert.equal(Socket.made.length, 1);
  });

  test("a tab that comes to the front while the connection is lost tries at once", () => {
    const { Socket, connection, open } = begin();
    open();
    Socket.last.end();
    connection.check();
    assert.equal(Socket.made.length, 2);
  });
});

describe("statuses", () => {
  test("a first connection is `open` when what it shows is there", () => {
    const { told, open } = begin();
    open();
    assert.deepEqual(told.statuses, ["connecting", "open"]);
  });

  test("a later one is `caughtup` for two seconds, then `open`", async () => {
    const { clock, Socket, told, connection, open } = begin();
    open();
    Socket.last.end();
    await clock.pass(RETRY_MS);
    Socket.last.accept();
    assert.equal(told.statuses.at(-1), "reconnecting");
    connection.caughtUp();
    connection.caughtUp();
    assert.equal(told.statuses.at(-1), "caughtup");
    await clock.pass(CAUGHT_UP_MS);
    assert.deepEqual(told.statuses, ["connecting", "open", "reconnecting", "caughtup", "open"]);
  });

  test("a first try that fails is `reconnecting`", () => {
    const { Socket, told, connection } = begin();
    connection.open();
    Socket.last.end();
    assert.deepEqual(told.statuses, ["connecting", "reconnecting"]);
  });
});

describe("frames", () => {
  test("they are sent while the connection is open, and refused otherwise", () => {
    const { Socket, connection } = begin();
    assert.equal(connection.send({ type: "typing" }), false);
    connection.open();
    assert.equal(connection.send({ type: "typing" }), false);
    Socket.last.accept();
    assert.equal(connection.send({ type: "typing" }), true);
    assert.deepEqual(Socket.last.sent, [{ type: "typing" }]);
    Socket.last.end();
    assert.equal(connection.send({ type: "typing" }), false);
  });

  test("what is no frame is passed over", () => {
    const { Socket, told, open } = begin();
    open();
    for (const text of ["<html>", "null", "7", "[]", '{"type":7}', "{}"]) Socket.last.say(text);
    Socket.last.say({ type: "pong" });
    assert.deepEqual(told.frames.map(({ type }) => type), ["pong", "pong"]);
  });
});

test("setting the computer's clock ends no connection: spans are measured by one that nobody sets", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 0 });
  const before = browserClock.now();
  context.mock.timers.setTime(86_400_000);
  assert.ok(browserClock.now() - before < 3_600_000);
  assert.equal(browserClock.date(), 86_400_000);
});

describe("subscribing", () => {
  const subscribes = (socket) => socket.sent.filter(({ type }) => type === "subscribe");
  const sync = (fields) => ({ type: "sync", room_id: 7, version: 9, ...fields });

  test("it names the version and the epoch", () => {
    const { Socket, connection, open } = begin();
    open();
    connection.subscribe(7, 5, "e1");
    connection.subscribe(8, 0, null);
    assert.deepEqual(subscribes(Socket.last), [
      { type: "subscribe", room_id: 7, after: 5, epoch: "e1" }, { type: "subscribe", room_id: 8, after: 0 },
    ]);
  });

  test("the same question is not asked again while it is unanswered, a wider one is", () => {
    const { Socket, connection, open } = begin();
    open();
    connection.subscribe(7, 5, "e1");
    connection.subscribe(7, 5, "e1");
    connection.subscribe(7, 6, "e1");
    assert.equal(subscribes(Socket.last).length, 1);
    connection.subscribe(7, 4, "e1");
    assert.equal(subscribes(Socket.last).length, 2);
  });

  test("each answer comes with the version it was asked from", () => {
    const { Socket, told, connection, open } = begin();
    open();
    connection.subscribe(7, 5, "e1");
    connection.subscribe(7, 4, "e1");
    Socket.last.say(sync());
    Socket.last.say(sync());
    Socket.last.say(sync());
    assert.deepEqual(told.frames.filter(({ type }) => type === "sync").map(({ asked }) => asked), [5, 4, undefined]);
    connection.subscribe(7, 5, "e1");
    assert.equal(subscribes(Socket.last).length, 3);
  });

  test("the sync that answers the address counts too", () => {
    const { Socket, told, connection, open } = begin({ door: () => ({ url: "ws://parlour.test/", roomId: 7, after: 5 }) });
    open();
    connection.subscribe(7, 5, "e1");
    assert.equal(subscribes(Socket.last).length, 0);
    Socket.last.say(sync());
    assert.equal(told.frames.at(-1).asked, 5);
  });

  test("a refusal is an answer, one that names a message is not", () => {
    const { Socket, connection, open } = begin();
    open();
    connection.subscribe(7, 5, "e1");
    Socket.last.say({ type: "error", code: "too_long", room_id: 7, client_id: "c1" });
    connection.subscribe(7, 5, "e1");
    assert.equal(subscribes(Socket.last).length, 1);
    Socket.last.say({ type: "error", code: "busy", room_id: 7 });
    connection.subscribe(7, 5, "e1");
    assert.equal(subscribes(Socket.last).length, 2);
  });

  test("answers of a visit that is over join on to nothing, and keep nobody from asking", () => {
    const { Socket, told, connection, open } = begin();
    open();
    connection.subscribe(7, 5, "e1");
    connection.unsubscribe(7);
    connection.subscribe(7, 8, "e1");
    assert.equal(subscribes(Socket.last).length, 2);
    Socket.last.say(sync());
    Socket.last.say(sync());
    assert.deepEqual(told.frames.filter(({ type }) => type === "sync").map(({ asked }) => asked), [Infinity, 8]);
  });

  test("a new connection has been asked nothing", async () => {
    const { clock, Socket, connection, open } = begin();
    open();
    connection.subscribe(7, 5, "e1");
    Socket.last.end();
    await clock.pass(RETRY_MS);
    Socket.last.accept();
    connection.subscribe(7, 5, "e1");
    assert.equal(subscribes(Socket.last).length, 1);
  });
});
