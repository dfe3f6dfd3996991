/** The socket while the browser says that the network goes and comes. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { RETRY_MS } from "../../frontend/js/socket.js";
import { begin } from "./support/connection.js";

test("when the browser says that the network is gone, the connection is, and tries go on", async () => {
  const { clock, Socket, told, network, connection, open } = begin();
  open();
  network.online = false;
  connection.networkLost();
  assert.equal(told.statuses.at(-1), "offline");
  assert.equal(Socket.made[0].closedWith, 4000);
  await clock.pass(RETRY_MS);
  assert.equal(Socket.made.length, 2);
  Socket.last.end();
  network.online = true;
  connection.networkFound();
  assert.equal(told.statuses.at(-1), "reconnecting");
  assert.equal(Socket.made.length, 3);
});

test("when the network is back, a try that began without it is not waited for", async () => {
  const { clock, Socket, network, connection, open } = begin();
  open();
  network.online = false;
  connection.networkLost();
  await clock.pass(RETRY_MS);
  assert.equal(Socket.made.length, 2);
  network.online = true;
  connection.networkFound();
  assert.equal(Socket.made.length, 3);
  Socket.made[1].end();
  Socket.last.accept();
  assert.ok(connection.isOpen);
  connection.networkFound();
  await clock.pass(RETRY_MS * 2);
  assert.equal(Socket.made.length, 3);
});
