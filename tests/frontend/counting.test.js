import assert from "node:assert/strict";
import { test } from "node:test";

import { RoomList } from "../../frontend/js/app/rooms.js";
import { countNews, countRead } from "../../frontend/js/state/counts.js";
import { applyEvent, createState } from "../../frontend/js/state.js";
import { roomOf } from "./support/shapes.js";

/** Deletions that one frame tells of: few, so that some are lost. */
const TOLD_AT_ONCE = 3;

/** The same numbers for the same seed. */
function dice(seed) {
  let at = seed;
  return (sides) => {
    at = (Math.imul(at, 1664525) + 1013904223) >>> 0;
    return Math.floor((at / 2 ** 32) * sides);
  };
}

/** A server with one room and one reader: it tells as the real one does, and its frames and answers come as `roll` says. */
class Server {
  said = [];
  lastRead = 0;
  /** Frames on their way, in order. */
  frames = [];
  #noted = null;
  #spoke = false;
  #gone = 0;

  get unread() {
    return this.said.filter(({ id, isOwn, isGone }) => id > this.lastRead && !isOwn && !isGone).length;
  }

  get room() {
    return roomOf({ id: 1, role: "member", unread: this.unread, last_read: this.lastRead, message_count: this.said.length, deleted_count: this.#gone });
  }

  speak(isOwn) {
    this.said.push({ id: this.said.length + 1, isOwn, isGone: false });
    if (isOwn) this.lastRead = this.said.length;
    this.#spoke ||= isOwn;
    this.#noted ??= { deleted: [] };
  }

  delete(index) {
    const message = this.said[index];
    if (!message || message.isGone) return;
    message.isGone = true;
    this.#gone += 1;
    this.#noted ??= { deleted: [] };
    this.#noted.deleted = [...this.#noted.deleted, message.id].slice(-TOLD_AT_ONCE);
    this.#spoke ||= message.isOwn;
  }

  read(upTo) {
    this.lastRead = upTo;
    this.#tellRead();
  }

  #tellRead() {
    const { last_read: at, unread, message_count: count, deleted_count: gone } = this.room;
    this.frames.push({ type: "read", room_id: 1, username: "me", message_id: at, unread, message_count: count, deleted_count: gone });
  }

  /** @param {boolean} isLost  the connection is slow, so it is not sent */
  tellNews(isLost) {
    const noted = this.#noted;
    this.#noted = null;
    const { message_count: count, deleted_count: gone } = this.room;
    if (noted && !isLost) {
      this.frames.push({ type: "news", rooms: [{ room_id: 1, message_id: 0, message_count: count, deleted_count: gone, deleted: noted.deleted }] });
    }
    if (this.#spoke) this.#tellRead();
    this.#spoke = false;
  }
}

test("what is unread is right whenever all is told, however lists, news and positions overtake one another", async () => {
  for (let seed = 1; seed <= 400; seed += 1) {
    const roll = dice(seed);
    const server = new Server();
    const state = createState();
    const apply = (event) => applyEvent(state, event);
    let answer = null;
    let wanted = false;
    const hear = (frame) => {
      if (frame.type === "news") {
        const { counts, isLost } = countNews(state, frame);
        wanted ||= isLost;
        apply({ type: "rooms_counted", counts });
      } else apply({ type: "rooms_counted", counts: countRead(state, frame) });
    };
    const list = new RoomList({ api: { listRooms: () => new Promise((resolve) => (answer = resolve)) }, state, apply, hear });
    const deliver = () => {
      const frame = server.frames.shift();
      list.hear(frame);
      hear(frame);
    };
    const arrive = async (rooms, loading) => {
      answer(rooms);
      await loading;
    };
    let loading = list.load();
    await arrive([server.room], loading);
    // The list as it was read, on its way to the page.
    let onItsWay = null;
    for (let step = 0; step < 60; step += 1) {
      const what = roll(9);
      if (what < 2) server.speak(roll(4) === 0);
      else if (what < 4) server.delete(roll(server.said.length + 1));
      else if (what === 4) server.read(roll(server.said.length + 1));
      else if (what === 5) server.tellNews(roll(6) === 0);
      else if (what === 6 && server.frames.length) deliver();
      else if (what === 7 && !onItsWay) {
        loading = list.load();
        onItsWay = [server.room];
      } else if (onItsWay) {
        await arrive(onItsWay, loading);
        onItsWay = null;
      }
    }
    if (onItsWay) await arrive(onItsWay, loading);
    // One more is said, so that what was lost is noticed.
    server.speak(false);
    server.tellNews(false);
    while (server.frames.length) deliver();
    if (wanted) {
      loading = list.load();
      await arrive([server.room], loading);
    }
    const [{ unread, last_read: lastRead }] = state.rooms;
    assert.deepEqual({ seed, unread, lastRead }, { seed, unread: server.unread, lastRead: server.lastRead });
  }
});
