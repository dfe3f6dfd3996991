import assert from "node:assert/strict";
import { test } from "node:test";

import { MemoryStore } from "../../frontend/js/outbox/store.js";
import { Outbox } from "../../frontend/js/outbox.js";
import { FakeClock, settled } from "./support/clock.js";
import { refusal } from "./support/outbox.js";
import { forAllSeeds } from "./support/random.js";

const ROOMS = [7, 8];
const TEMPORARY = ["busy", "storage_full", "rate_limited", "internal"];

/** What survives the tabs: the server, the browser's store and its locks. */
class World {
  clock = new FakeClock();
  store = new MemoryStore();
  /** The server's messages by room, each client_id once. */
  stored = new Map(ROOMS.map((room) => [room, []]));
  /** client_ids that the server has refused for good. */
  refused = new Set();
  /** The place in the order that the store has given to each client_id. */
  order = new Map();
  tabs = [];
  made = 0;

  constructor(chance) {
    this.chance = chance;
  }

  /** @returns {string|null} null: it is stored; otherwise the code of the refusal */
  serve({ room_id: roomId, client_id: clientId }) {
    const messages = this.stored.get(roomId);
    if (messages.includes(clientId)) return null;
    // What it refuses for good it refuses always.
    if (this.refused.has(clientId)) return "invalid";
    const what = this.chance.below(100);
    if (what < 12) return this.chance.pick(TEMPORARY);
    if (what < 16) {
      this.refused.add(clientId);
      return "invalid";
    }
    messages.push(clientId);
    return null;
  }
}

/** Locks as a browser has them: what a dead tab held is free again. */
class Locks {
  #queues = new Map();

  request(tab, name, run) {
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      queue.push({ tab, run, resolve, reject, isRunning: false });
      this.#next(name);
    });
  }

  forget(tab) {
    for (const [name, queue] of this.#queues) {
      this.#queues.set(name, queue.filter((entry) => entry.tab !== tab));
      this.#next(name);
    }
  }

  #next(name) {
    const [entry] = this.#queues.get(name);
    if (!entry || entry.isRunning) return;
    entry.isRunning = true;
    void entry.run().then(entry.resolve, entry.reject).finally(() => {
      const queue = this.#queues.get(name);
      if (queue[0] === entry) queue.shift();
      this.#next(name);
    });
  }
}

/** A tab: an outbox, one connection to the server, and frames on their way in both directions. */
class Tab {
  isAlive = true;
  isConnected = true;
  room = 7;
  outgoing = [];
  incoming = [];
  posts = [];

  constructor(world, locks) {
    this.world = world;
    this.locks = locks;
    this.outbox = new Outbox({
      store: this.storeOfTab(),
      exclusively: (name, run) => (this.isAlive ? locks.request(this, name, run) : new Promise(() => {})),
      clock: world.clock,
      tell: () => world.tabs.forEach((tab) => void (tab !== this && tab.isAlive && tab.outbox.reread())),
      transport: {
        door: ({ room_id: roomId }) => (roomId === this.room ? this.isConnected ? "live" : null : "http"),
        sendLive: (record) => this.isAlive && this.isConnected && this.outgoing.push(record) > 0,
        post: (record) => new Promise((resolve, reject) => {
          this.posts.push({ record, resolve, reject });
        }),
      },
      onChange: () => {},
      newId: () => {
        world.made += 1;
        return `c${world.made}`;
      },
    });
    void this.outbox.begin("alice");
  }

  /** The store as a tab has it: when the tab dies, what it has asked for and not got is never answered. */
  storeOfTab() {
    const { world } = this;
    const never = new Promise(() => {});
    const tell = (verb) => async (...parameters) => {
      await null;
      if (!this.isAlive) return never;
      const answer = await world.store[verb](...parameters);
      if (verb === "add") world.order.set(answer.client_id, answer.seq);
      return this.isAlive ? answer : never;
    };
    return Object.fromEntries(["add", "update", "requeue", "remove", "list"].map((verb) => [verb, tell(verb)]));
  }

  connect() {
    this.isConnected = true;
    this.outbox.wake();
  }

  disconnect() {
    this.isConnected = false;
    // Some of what was sent arrives, though no answer can.
    for (const record of this.outgoing.splice(0, this.world.chance.below(this.outgoing.length + 1))) this.world.serve(record);
    this.outgoing = [];
    this.incoming = [];
    this.outbox.connectionLost();
  }

  die() {
    this.isAlive = false;
    this.disconnect();
    for (const { record } of this.posts) if (this.world.chance.chance(0.5)) this.world.serve(record);
    this.posts = [];
    this.locks.forget(this);
  }

  move(room) {
    this.room = room;
    this.incoming = [];
    this.outbox.connectionLost();
    this.outbox.wake();
  }

  serveOne() {
    const record = this.outgoing.shift();
    if (!record) return;
    const code = this.world.serve(record);
    if (code === null) this.world.tabs.forEach((tab) => tab.room === record.room_id && tab.incoming.push([record.client_id, null]));
    else this.incoming.push([record.client_id, code]);
  }

  hearOne() {
    const [clientId, code] = this.incoming.shift() ?? [];
    if (clientId === undefined) return;
    if (code === null) this.outbox.acknowledge([clientId]);
    else this.outbox.refuse(clientId, code);
  }

  answerPost(isLost) {
    const post = this.posts.shift();
    if (!post) return;
    const code = this.world.serve(post.record);
    if (isLost) post.reject(refusal("network"));
    else if (code === null) post.resolve();
    else post.reject(refusal(code));
  }
}

async function step(world, locks, chance) {
  const alive = world.tabs.filter((tab) => tab.isAlive);
  const tab = alive.length > 0 ? chance.pick(alive) : null;
  const what = chance.below(100);
  if (!tab || what < 3) {
    if (alive.length < 3) world.tabs.push(new Tab(world, locks));
  } else if (what < 30) tab.outbox.add(chance.pick(ROOMS), "text");
  else if (what < 48) tab.serveOne();
  else if (what < 66) tab.hearOne();
  else if (what < 78) tab.answerPost(chance.chance(0.2));
  else if (what < 83) tab.disconnect();
  else if (what < 90) tab.connect();
  else if (what < 93) tab.move(chance.pick(ROOMS));
  else if (what < 96) await world.clock.pass(chance.below(5000));
  else if (what < 98) tab.die();
  // Not always: other things may happen in the middle of what the last step has begun.
  if (chance.chance(0.6)) await settled();
  else await null;
}

/** The world comes to rest: one tab that is connected, and a server that answers. */
async function rest(world, locks) {
  for (const tab of world.tabs) if (tab.isAlive) tab.die();
  const last = new Tab(world, locks);
  world.tabs.push(last);
  for (let turn = 0; turn < 2000; turn += 1) {
    await settled();
    if ((await world.store.list()).every(({ status }) => status === "failed")) return last;
    last.serveOne();
    last.hearOne();
    last.answerPost(false);
    await world.clock.pass(2000);
  }
  throw new Error("something never left");
}

test("over crashes, lost connections, refusals and several tabs no message is lost, doubled or overtaken", () =>
  forAllSeeds(async (chance) => {
    const world = new World(chance);
    const locks = new Locks();
    world.tabs.push(new Tab(world, locks));
    for (let index = 0; index < 80; index += 1) await step(world, locks, chance);
    const last = await rest(world, locks);

    const stored = [...world.stored.values()].flat();
    assert.equal(new Set(stored).size, stored.length, "doubled");
    const failed = new Set((await world.store.list()).map(({ client_id: clientId }) => clientId));
    for (const clientId of world.order.keys()) {
      assert.ok(stored.includes(clientId) || failed.has(clientId), `${clientId} is lost`);
    }
    for (const clientId of failed) assert.ok(world.refused.has(clientId), `${clientId} failed though nobody refused it`);
    for (const room of ROOMS) {
      const numbers = world.stored.get(room).map((clientId) => world.order.get(clientId));
      assert.deepEqual(numbers, [...numbers].sort((one, other) => one - other), "overtaken");
      assert.deepEqual(last.outbox.pendingOf(room).map(({ status }) => status).filter((status) => status !== "failed"), []);
    }
  }));
