import assert from "node:assert/strict";
import { test } from "node:test";

import { CLOSE, Connection, RETRY_MS } from "../../frontend/js/socket.js";
import { FakeClock, settled } from "./support/clock.js";
import { FakeWebSocket } from "./support/socket.js";

/** A connection for which something has to be done before each try; `world.prepared` is settled by the test. */
function begin({ isFinal } = {}) {
  const clock = new FakeClock();
  const Socket = FakeWebSocket.begin();
  const world = { prepared: [], isDue: true, closes: [] };
  const connection = new Connection({
    door: () => ({ url: "ws://parlour.test/ws/chat", roomId: null, after: null }), WebSocket: Socket, clock, isFinal,
    prepare: () => (world.isDue ? new Promise((resolve, reject) => { world.prepared.push({ resolve, reject }); }) : null),
    onFrame: () => {}, onOpen: () => {}, onStatus: () => {}, onClose: ({ code, final }) => world.closes.push([code, final]),
  });
  return { clock, Socket, world, connection };
}

test("nothing is opened before all is prepared, and it is prepared once", async () => {
  const { Socket, world, connection } = begin();
  connection.open();
  connection.open();
  connection.tryNow();
  assert.deepEqual([Socket.made.length, world.prepared.length], [0, 1]);
  world.prepared[0].resolve(null);
  await settled();
  assert.equal(Socket.made.length, 1);
});

test("with nothing to prepare it is opened at once", () => {
  const { Socket, world, connection } = begin();
  world.isDue = false;
  connection.open();
  assert.equal(Socket.made.length, 1);
});

test("a server that cannot be asked is tried again like one that was lost", async () => {
  const { clock, Socket, world, connection } = begin();
  connection.open();
  world.prepared[0].reject(new Error("network"));
  await settled();
  assert.deepEqual(world.closes, [[CLOSE.heartbeatLost, false]]);
  await clock.pass(RETRY_MS);
  assert.equal(world.prepared.length, 2);
  world.prepared[1].resolve(null);
  await settled();
  assert.equal(Socket.made.length, 1);
});

test("a refusal is told with its code, and ends it like a close with that code", async () => {
  const { clock, Socket, world, connection } = begin();
  connection.open();
  world.prepared[0].resolve(CLOSE.notSignedIn);
  await settled();
  assert.deepEqual([world.closes, clock.waits, Socket.made.length], [[[CLOSE.notSignedIn, true]], [], 0]);
});

test("whether a code is final may be said from outside", async () => {
  const { clock, Socket, world, connection } = begin({ isFinal: (code) => code > CLOSE.notSignedIn });
  world.isDue = false;
  connection.open();
  Socket.last.accept();
  Socket.last.end(CLOSE.notSignedIn);
  assert.deepEqual([world.closes, clock.waits], [[[CLOSE.notSignedIn, false]], [RETRY_MS]]);
  connection.tryNow();
  Socket.last.end(4504);
  assert.deepEqual(world.closes.at(-1), [4504, true]);
});

test("closing, or losing the network, makes what is being prepared void", async () => {
  const { Socket, world, connection } = begin();
  connection.open();
  connection.close();
  world.prepared[0].resolve(null);
  await settled();
  assert.equal(Socket.made.length, 0);
  connection.open();
  connection.networkLost();
  world.prepared[1].resolve(null);
  await settled();
  assert.equal(Socket.made.length, 0);
});
