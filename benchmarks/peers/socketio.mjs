// A chat relay as the users of Socket.IO write it: rooms and `io.to(room).emit()`, over the WebSocket
// transport alone, which is its fastest. It stores nothing.
//
//     node socketio.mjs PORT
import { createServer } from "node:http";

import { Server } from "socket.io";

let lastId = 0;

const http = createServer((request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.end('{"status":"ok"}');
});
const io = new Server(http, { transports: ["websocket"], serveClient: false });

io.on("connection", (socket) => {
  socket.on("join", async ({ room, username }) => {
    socket.data = { room, username };
    await socket.join(String(room));
    socket.emit("joined", { room });
  });
  socket.on("message", ({ content }) => {
    lastId += 1;
    io.to(String(socket.data.room)).emit("message", {
      id: lastId,
      room_id: socket.data.room,
      username: socket.data.username,
      content,
      timestamp: new Date().toISOString(),
    });
  });
});

http.listen(Number(process.argv[2]), "127.0.0.1", 4096);
