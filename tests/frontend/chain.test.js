import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { applyToChain, createChain } from "../../frontend/js/state/chain.js";
import { forAllSeeds } from "./support/random.js";
import { messageFrame, messageOf, ROOM, syncFrame } from "./support/shapes.js";

const PAGE = 10;
const ROOT = 1;

/** A room in which one message is answered again and again, and others are said in between. */
class Room {
  version = 1;
  epoch = "e1";
  messages = [messageOf({ id: ROOT, version: 1 })];

  say(chain) {
    this.version += 1;
    const id = this.messages.at(-1).id + 1;
    const message = messageOf({ id, version: this.version, chain, reply_to: chain });
    this.messages.push(message);
    return messageFrame(message);
  }

  change(index) {
    this.version += 1;
    const message = { ...this.messages[index], version: this.version, content: `changed at ${this.version}` };
    this.messages[index] = message;
    return messageFrame(message, { type: "message_updated" });
  }

  get chain() {
    return this.messages.filter(({ id, chain }) => id === ROOT || chain === ROOT);
  }

  read(choose) {
    return { messages: choose(this.chain), version: this.version, epoch: this.epoch };
  }

  sync(after) {
    const messages = this.messages.filter(({ version }) => version > after).sort((one, other) => one.version - other.version);
    return syncFrame({ version: this.version, messages, asked: after });
  }
}

/** What stands open: it hears what its page hears, and reads what it asks for, both a while later. */
class Open {
  chain = createChain(ROOM);
  incoming = [];
  answers = [];
  isConnected = true;

  constructor(room) {
    this.room = room;
    this.known = room.version;
    this.enter();
  }

  apply(event) {
    if (applyToChain(this.chain, event)) this.enter();
  }

  enter() {
    this.answers = [];
    this.apply({ type: "history_loading" });
    const page = this.room.read((all) => all.slice(-PAGE));
    this.answers.push({ type: "history_loaded", room_id: ROOM.id, page, hasOlder: page.messages.length === PAGE, hasNewer: false });
  }

  page(direction) {
    const { messages, hasOlder, hasNewer, historyStatus } = this.chain;
    const edge = direction === "older" ? messages[0] : messages.at(-1);
    if (historyStatus !== "ready" || this.answers.length > 0 || !edge || !(direction === "older" ? hasOlder : hasNewer)) return;
    this.apply({ type: "page_requested", direction });
    const page = this.room.read((all) => direction === "older"
      ? all.filter(({ id }) => id < edge.id).slice(-PAGE) : all.filter(({ id }) => id > edge.id).slice(0, PAGE));
    this.answers.push({ type: "page_loaded", room_id: ROOM.id, direction, edge: edge.id, page, full: page.messages.length === PAGE });
  }

  /** A frame comes by the page's connection, which knows by its versions when it has missed one. */
  hear() {
    const frame = this.incoming.shift();
    if (frame.type !== "sync" && frame.version > this.known + 1) return this.resume();
    this.known = Math.max(this.known, frame.version);
    this.apply(frame);
  }

  resume() {
    this.isConnected = true;
    this.incoming = [this.room.sync(this.known)];
  }

  rest() {
    if (!this.isConnected) this.resume();
    while (this.incoming.length > 0 || this.answers.length > 0) {
      if (this.incoming.length > 0) this.hear();
      else this.apply(this.answers.shift());
    }
    if (this.known < this.room.version) {
      this.resume();
      this.rest();
    }
  }
}

function step(room, open, chance) {
  const what = chance.below(100);
  const send = (frame) => open.isConnected && !chance.chance(0.05) && open.incoming.push(frame);
  if (what < 30) send(room.say(ROOT));
  else if (what < 40) send(room.say(null));
  else if (what < 50) send(room.change(chance.below(room.messages.length)));
  else if (what < 75 && open.incoming.length > 0) open.hear();
  else if (what < 85 && open.answers.length > 0) open.apply(open.answers.shift());
  else if (what < 88) Object.assign(open, { isConnected: false, incoming: [] });
  else if (what < 91 && !open.isConnected) open.resume();
  else if (what < 97) open.page(chance.pick(["older", "newer"]));
  else open.chain.atBottom = chance.chance(0.5);
}

test("whatever comes in whatever order, an open thread is a piece of the server's, whole and as it is now", () =>
  forAllSeeds((chance) => {
    const room = new Room();
    for (let index = chance.below(40); index > 0; index -= 1) room.say(ROOT);
    const open = new Open(room);
    for (let index = 0; index < 150; index += 1) step(room, open, chance);
    open.rest();
    const { messages, hasOlder, hasNewer, historyStatus, version, heard } = open.chain;
    assert.equal(historyStatus, "ready");
    assert.equal(version, room.version);
    assert.deepEqual(heard, []);
    const start = room.chain.findIndex(({ id }) => id === messages[0].id);
    assert.deepEqual(messages, room.chain.slice(start, start + messages.length));
    if (!hasOlder) assert.equal(start, 0);
    if (!hasNewer) assert.equal(start + messages.length, room.chain.length);
  }));

describe("an open thread", () => {
  const opened = () => {
    const room = new Room();
    room.say(ROOT);
    const open = new Open(room);
    open.rest();
    return { room, open };
  };

  test("knows what it began with by any message of it", () => {
    const { open } = opened();
    assert.equal(open.chain.root, ROOT);
    assert.deepEqual(open.chain.messages.map(({ id }) => id), [1, 2]);
  });

  test("takes nothing of another room or another thread", () => {
    const { room, open } = opened();
    const before = open.chain.messages;
    const [one, other] = [messageOf({ id: 90, version: room.version + 1, room_id: 99, chain: ROOT }), room.say(77)];
    assert.equal(applyToChain(open.chain, messageFrame(one)), false);
    assert.equal(applyToChain(open.chain, other), false);
    assert.deepEqual(open.chain.messages, before);
    assert.equal(open.chain.version, room.version);
  });

  test("is read again where a frame does not follow, after a reset, and in another history", () => {
    for (const frame of [
      messageFrame(messageOf({ id: 9, version: 9 })), syncFrame({ version: 9, asked: 7 }), syncFrame({ version: 9, asked: 0, reset: true }),
      syncFrame({ version: 9, asked: 0, epoch: "e2" }),
    ]) {
      const { open } = opened();
      assert.equal(applyToChain(open.chain, frame), true, JSON.stringify(frame));
    }
  });

  test("says so when it could not be read, and an older page may be asked for again", () => {
    const { open } = opened();
    applyToChain(open.chain, { type: "page_requested", direction: "older" });
    applyToChain(open.chain, { type: "page_failed", direction: "older" });
    assert.deepEqual([open.chain.loadingOlder, open.chain.olderFailed], [false, true]);
    applyToChain(open.chain, { type: "history_failed" });
    assert.equal(open.chain.historyStatus, "error");
  });
});
