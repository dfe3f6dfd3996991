/** A connection over fakes, and what it told. */

import { Connection } from "../../../frontend/js/socket.js";
import { FakeClock } from "./clock.js";
import { FakeWebSocket } from "./socket.js";

export function begin({ online = true, door = () => ({ url: "ws://parlour.test/ws/chat", roomId: null, after: null }) } = {}) {
  const clock = new FakeClock();
  const Socket = FakeWebSocket.begin();
  const told = { frames: [], statuses: [], closes: [], opens: 0 };
  const network = { online };
  const connection = new Connection({
    door, WebSocket: Socket, clock, isOnline: () => network.online,
    onFrame: (frame) => told.frames.push(frame),
    onOpen: () => { told.opens += 1; },
    onClose: ({ code, final }) => told.closes.push([code, final]),
    onStatus: (status) => told.statuses.push(status),
  });
  const open = () => {
    connection.open();
    Socket.last.accept();
    Socket.last.say({ type: "pong" });
    connection.caughtUp();
  };
  return { clock, Socket, told, network, connection, open };
}
