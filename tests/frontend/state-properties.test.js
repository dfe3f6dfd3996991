import assert from "node:assert/strict";
import { test } from "node:test";

import { applyEvent, createState, WINDOW_LIMIT } from "../../frontend/js/state.js";
import { forAllSeeds } from "./support/random.js";
import { messageFrame, messageOf, ROOM, roomOf, syncFrame } from "./support/shapes.js";

const PAGE = 20;

/** A room of the server: everything it would answer, and nothing of how. */
class ServerRoom {
  version = 0;
  epoch = "e1";
  messages = [];

  create(username, clientId = null, parent = null) {
    this.version += 1;
    // Ids rise but skip: other rooms take some.
    const id = (this.messages.at(-1)?.id ?? 0) + 1 + (this.version % 3);
    const chain = parent && (parent.chain ?? parent.id);
    const timestamp = `2026-05-03T10:00:00.${String(id).padStart(6, "0")}Z`;
    const said = { id, timestamp, version: this.version, username, client_id: clientId, content: `said at ${this.version}` };
    const message = messageOf({ ...said, reply_to: parent?.id ?? null, chain });
    this.messages.push(message);
    if (chain) this.count(chain);
    return messageFrame(message);
  }

  /** What a chain began with says how long it is without having changed. */
  count(chain) {
    const index = this.messages.findIndex(({ id }) => id === chain);
    const last = this.messages.findLast((reply) => reply.chain === chain);
    const count = this.messages.filter((reply) => reply.chain === chain).length;
    const replies = last ? { count, last_id: last.id, last_at: last.timestamp } : null;
    this.messages[index] = { ...this.messages[index], replies };
  }

  change(index) {
    this.version += 1;
    const message = { ...this.messages[index], version: this.version, content: `changed at ${this.version}` };
    this.messages[index] = message;
    return messageFrame(message, { type: "message_updated" });
  }

  restore(keep) {
    this.messages = this.messages.slice(0, keep);
    for (const { id, replies } of this.messages) if (replies) this.count(id);
    this.epoch = `e${Number(this.epoch.slice(1)) + 1}`;
  }

  sync(after, epoch) {
    const changed = this.messages.filter(({ version }) => version > after).sort((one, other) => one.version - other.version);
    const reset = epoch !== this.epoch || changed.length > 40;
    return syncFrame({ version: this.version, epoch: this.epoch, room: roomOf({ epoch: this.epoch }), reset, messages: reset ? [] : changed });
  }

  read(choose) {
    return { messages: choose(this.messages), version: this.version, epoch: this.epoch };
  }
}

/** One page of alice: frames on their way to it, requests on their way back, in the order of each way. */
class Page {
  state = createState();
  incoming = [];
  answers = [];
  connected = false;

  constructor(room, chance) {
    this.room = room;
    this.chance = chance;
    this.apply({ type: "signed_in", username: "alice" });
    this.apply({ type: "room_entered", room: ROOM });
    this.readHistory();
    this.connect();
  }

  apply(event) {
    const { need } = applyEvent(this.state, event);
    if (need === "history") this.readHistory();
    else if (need === "resync") this.subscribe();
  }

  connect() {
    this.connected = true;
    this.subscribe();
  }

  disconnect() {
    this.connected = false;
    this.incoming = [];
  }

  subscribe() {
    const { historyStatus, version, epoch } = this.state;
    if (this.connected && historyStatus === "ready") this.incoming.push({ ...this.room.sync(version, epoch), asked: version });
  }

  readHistory() {
    const { chance, room } = this;
    const latest = chance.chance(0.7);
    const start = latest ? Math.max(0, room.messages.length - PAGE) : chance.below(room.messages.length || 1);
    const page = room.read((all) => all.slice(start, start + PAGE));
    const hasNewer = start + page.messages.length < room.messages.length;
    this.answers.push({ type: "history_loaded", room_id: ROOM.id, page, hasOlder: start > 0, hasNewer });
  }

  readPage(direction) {
    const { messages, hasOlder, hasNewer, historyStatus } = this.state;
    const edge = direction === "older" ? messages[0] : messages.at(-1);
    if (historyStatus !== "ready" || !edge || !(direction === "older" ? hasOlder : hasNewer)) return;
    const choose = (all) => direction === "older"
      ? all.filter(({ id }) => id < edge.id).slice(-PAGE)
      : all.filter(({ id }) => id > edge.id).slice(0, PAGE);
    const page = this.room.read(choose);
    this.answers.push({ type: "page_loaded", room_id: ROOM.id, direction, edge: edge.id, page, full: page.messages.length === PAGE });
  }

  hear(frame) {
    if (this.connected) this.incoming.push(frame);
  }

  /** Everything on its way arrives. */
  rest() {
    if (!this.connected) this.connect();
    while (this.incoming.length > 0 || this.answers.length > 0) {
      this.apply(this.answers.shift() ?? this.incoming.shift());
    }
    this.apply({ type: "heartbeat", versions: { [ROOM.id]: this.room.version } });
    if (this.incoming.length > 0) this.rest();
  }
}

/** What must hold whenever the page is at rest: its window is a piece of the server's history, whole and up to date. */
function assertTrue(page) {
  const { state, room } = page;
  assert.equal(state.historyStatus, "ready");
  assert.equal(state.epoch, room.epoch);
  assert.equal(state.version, room.version);
  assert.ok(state.messages.length <= WINDOW_LIMIT);
  const start = state.messages.length === 0 ? 0 : room.messages.findIndex(({ id }) => id === state.messages[0].id);
  assert.deepEqual(state.messages, room.messages.slice(start, start + state.messages.length));
  if (!state.hasOlder) assert.equal(start, 0);
  if (!state.hasNewer) assert.equal(start + state.messages.length, room.messages.length);
}

function step(room, page, chance) {
  const what = chance.below(100);
  if (what < 40) {
    const parent = chance.chance(0.3) ? room.messages[chance.below(room.messages.length || 1)] : null;
    const frame = room.create(chance.pick(["alice", "bob", "eve"]), null, parent ?? null);
    // A frame may be lost on its way while the connection stands: the next one shows it.
    if (!chance.chance(0.1)) page.hear(frame);
  } else if (what < 48 && room.messages.length > 0) page.hear(room.change(chance.below(room.messages.length)));
  else if (what < 75 && page.incoming.length > 0) page.apply(page.incoming.shift());
  else if (what < 82 && page.answers.length > 0) page.apply(page.answers.shift());
  else if (what < 85) page.disconnect();
  else if (what < 90 && !page.connected) page.connect();
  else if (what < 94) page.readPage(chance.pick(["older", "newer"]));
  else if (what < 96) page.apply({ type: "scrolled", atBottom: chance.chance(0.5) });
  else if (what < 97 && page.answers.length === 0 && page.state.historyStatus === "ready") page.readHistory();
  else if (what < 98) page.hear({ ...messageFrame(room.messages.at(-1) ?? messageOf({ id: 1, version: 1 })), repeated: true });
  else if (chance.chance(0.1)) {
    // A restore from a backup cuts every connection.
    page.disconnect();
    room.restore(chance.below(room.messages.length + 1));
  }
}

test("after any events, losses, resumes and pages the window equals the server's history", () =>
  forAllSeeds((chance) => {
    const room = new ServerRoom();
    for (let index = chance.below(60); index > 0; index -= 1) room.create("bob");
    const page = new Page(room, chance);
    for (let index = 0; index < 120; index += 1) step(room, page, chance);
    page.rest();
    assertTrue(page);
  }));

test("old state and events are the same as a fresh page's history", () =>
  forAllSeeds((chance) => {
    const room = new ServerRoom();
    const page = new Page(room, chance);
    for (let index = 0; index < 60; index += 1) step(room, page, chance);
    page.rest();
    // A page that opens now, at the end, sees the same neighbours the old one sees.
    const fresh = createState();
    applyEvent(fresh, { type: "signed_in", username: "alice" });
    applyEvent(fresh, { type: "room_entered", room: ROOM });
    const history = room.read((all) => all.slice(-PAGE));
    applyEvent(fresh, { type: "history_loaded", room_id: ROOM.id, page: history, hasOlder: room.messages.length > PAGE, hasNewer: false });
    if (page.state.hasNewer) return;
    const common = Math.min(page.state.messages.length, fresh.messages.length);
    assert.deepEqual(page.state.messages.slice(page.state.messages.length - common), fresh.messages.slice(fresh.messages.length - common));
    assert.equal(page.state.version, fresh.version);
    assert.equal(page.state.epoch, fresh.epoch);
  }));

test("messages under the state's keys are never changed in place", () =>
  forAllSeeds((chance) => {
    const room = new ServerRoom();
    const page = new Page(room, chance);
    const seen = new Map();
    for (let index = 0; index < 60; index += 1) {
      step(room, page, chance);
      for (const list of [page.state.messages, page.state.events, page.state.users, page.state.rooms]) {
        if (!seen.has(list)) seen.set(list, JSON.stringify(list));
      }
    }
    for (const [list, text] of seen) assert.equal(JSON.stringify(list), text);
  }));
