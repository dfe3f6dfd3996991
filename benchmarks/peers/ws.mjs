// A chat relay as the users of `ws` write it: the message is put into an envelope once and the same
// text is sent to everybody in the room. It stores nothing.
//
//     node ws.mjs PORT
import { createServer } from "node:http";

import { WebSocketServer } from "ws";

const rooms = new Map();
let lastId = 0;

const http = createServer((request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.end('{"status":"ok"}');
});
const server = new WebSocketServer({ server: http });

server.on("connection", (socket, request) => {
  const url = new URL(request.url, "http://localhost");
  const roomId = Number(url.pathname.split("/").at(-1));
  const username = url.searchParams.get("username");
  const room = rooms.get(roomId) ?? new Set();
  rooms.set(roomId, room);
  room.add(socket);

  socket.on("message", (data) => {
    const command = JSON.parse(data);
    if (command.type !== "message") return;
    lastId += 1;
    const text = JSON.stringify({
      type: "message",
      message: {
        id: lastId,
        room_id: roomId,
        username,
        content: command.content,
        timestamp: new Date().toISOString(),
      },
    });
    for (const member of room) {
      if (member.readyState === member.OPEN) member.send(text);
    }
  });
  socket.on("error", () => socket.terminate());
  socket.on("close", () => {
    room.delete(socket);
    if (room.size === 0) rooms.delete(roomId);
  });
});

http.listen(Number(process.argv[2]), "127.0.0.1", 4096);
