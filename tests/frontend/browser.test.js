import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { nameless, parseInvitation, parseRoute, readConfig, routeTo, socketUrl } from "../../frontend/js/app/browser.js";
import { Memory } from "../../frontend/js/app/memory.js";
import { FakeStorage } from "./support/storage.js";

describe("routes", () => {
  test("an address names a room, and perhaps a message in it", () => {
    assert.deepEqual(parseRoute("#/r/7"), { page: "rooms", roomId: 7, messageId: null, chainId: null });
    assert.deepEqual(parseRoute("#/r/7/"), { page: "rooms", roomId: 7, messageId: null, chainId: null });
    assert.deepEqual(parseRoute("#/r/7/m/1234"), { page: "rooms", roomId: 7, messageId: 1234, chainId: null });
  });

  test("an id beyond all ids is one that nothing has", () => {
    const largest = Number.MAX_SAFE_INTEGER;
    assert.deepEqual(parseRoute("#/r/9999999999999999/m/9007199254740993"), { page: "rooms", roomId: largest, messageId: largest, chainId: null });
  });

  test("everything else is the list of rooms", () => {
    for (const hash of ["", "#", "#/", "#/r/", "#/r/0", "#/r/x", "#/r/-1", "#/r/7/m/x", "#/r/7/x", "#/r/99999999999999999", "#/login"]) {
      assert.deepEqual(parseRoute(hash), { page: "rooms", roomId: null, messageId: null, chainId: null }, hash);
    }
  });

  test("what stands beside the conversations has an address of its own", () => {
    for (const [hash, page] of [["#/people", "directory"], ["#/saved", "saved"], ["#/scheduled", "scheduled"], ["#/scheduled/", "scheduled"], ["#/scheduled/x", "rooms"]]) {
      assert.equal(parseRoute(hash).page, page, hash);
    }
  });

  test("the administration is there for administrators alone", () => {
    assert.equal(parseRoute("#/admin", { role: "administrator" }).page, "administration");
    assert.equal(parseRoute("#/admin/", { role: "administrator" }).page, "administration");
    assert.equal(parseRoute("#/admin/x", { role: "administrator" }).page, "rooms");
    for (const user of [{ role: "member" }, null]) assert.equal(parseRoute("#/admin", user).page, "rooms");
  });

  test("what is written can be read", () => {
    assert.equal(routeTo(), "#/");
    assert.deepEqual(parseRoute(routeTo(7)), { page: "rooms", roomId: 7, messageId: null, chainId: null });
    assert.deepEqual(parseRoute(routeTo(7, 9)), { page: "rooms", roomId: 7, messageId: 9, chainId: null });
    assert.deepEqual(parseRoute(routeTo(7, 9, "t")), { page: "rooms", roomId: 7, messageId: null, chainId: 9 });
  });

  test("an invitation is a kind and a token, and no other address is one", () => {
    assert.deepEqual(parseInvitation("#/invite/h5Gq-_.x"), { kind: "invite", token: "h5Gq-_.x" });
    assert.deepEqual(parseInvitation("#/setup/abc123"), { kind: "setup", token: "abc123" });
    for (const hash of ["", "#/", "#/r/7", "#/invite/", "#/invite/a/b", "#/invite/a b", "#/setup", `#/invite/${"x".repeat(600)}`]) {
      assert.equal(parseInvitation(hash), null, hash);
    }
  });

  test("the WebSocket's address is that of the page, with the room, the name and what is known", () => {
    const door = { roomId: 7, username: "a&b", after: null, epoch: null };
    assert.equal(socketUrl("http://localhost:8000/#/r/7", door), "ws://localhost:8000/ws/chat/7?username=a%26b");
    assert.equal(socketUrl("https://chat.test/x?y#/r/7", { ...door, roomId: null }), "wss://chat.test/ws/chat?username=a%26b");
    assert.equal(socketUrl("http://localhost/", { ...door, after: 0, epoch: "e1" }),
      "ws://localhost/ws/chat/7?username=a%26b&after=0&epoch=e1");
    assert.equal(socketUrl("http://localhost/", { ...door, username: null, after: 3 }), "ws://localhost/ws/chat/7?after=3");
  });

  test("a room known by its number alone has a date that can be shown", () => {
    assert.equal(nameless(7).id, 7);
    assert.ok(!Number.isNaN(Date.parse(nameless(7).created_at)));
  });
});

describe("the server's word about itself", () => {
  const page = (content) => ({ querySelector: () => (content === null ? null : { getAttribute: () => content }) });

  test("is read from the page", () => {
    assert.equal(readConfig(page('{"maxMessageLength":2000}')).maxMessageLength, 2000);
  });

  test("has defaults for a page that was not filled in", () => {
    for (const content of [null, "{}", "not json"]) assert.equal(readConfig(page(content)).maxUsernameLength, 50);
  });
});

describe("memory", () => {
  const memoryOf = () => {
    const [lasting, tab] = [new FakeStorage(), new FakeStorage()];
    return { memory: new Memory(() => lasting, () => tab), lasting, tab };
  };

  test("the name is kept under `parlour.username`, and offered again after signing out", () => {
    const { memory, lasting } = memoryOf();
    assert.equal(memory.username, null);
    memory.signIn("alice");
    assert.deepEqual([memory.username, lasting.getItem("parlour.username")], ["alice", "alice"]);
    memory.signOut();
    assert.deepEqual([memory.username, memory.lastUsername], [null, "alice"]);
    // As it was typed, and not as the server writes it.
    for (const key of ["username", "lastUsername"]) lasting.setItem(`parlour.${key}`, " Ada  Zoe\u0308 ");
    assert.deepEqual([memory.username, memory.lastUsername], ["Ada Zo\u00eb", "Ada Zo\u00eb"]);
  });

  test("signing out takes the person's things and leaves the device's", () => {
    const { memory, lasting } = memoryOf();
    lasting.setItem("parlour.theme", "dark");
    lasting.setItem("another.program", "x");
    memory.signIn("alice");
    memory.setDraft(7, "secret");
    memory.setReadUpTo(7, 5);
    memory.setAnchor(7, { id: 3, offset: 1 });
    memory.signOut();
    assert.deepEqual([...lasting.items.keys()].sort(), ["another.program", "parlour.lastUsername", "parlour.theme"]);
    assert.deepEqual([memory.draft(7), memory.readUpTo(7), memory.anchor(7)], ["", 0, null]);
  });

  test("drafts are kept for each room, and an empty one is none", () => {
    const { memory, lasting } = memoryOf();
    memory.setDraft(7, "for seven");
    memory.setDraft(8, "for eight");
    assert.deepEqual([memory.draft(7), memory.draft(8), memory.draft(9)], ["for seven", "for eight", ""]);
    memory.setDraft(7, "");
    assert.deepEqual([...lasting.items.keys()], ["parlour.draft.8"]);
  });

  test("what was read moves forward only", () => {
    const { memory } = memoryOf();
    memory.setReadUpTo(7, 5);
    memory.setReadUpTo(7, 3);
    assert.equal(memory.readUpTo(7), 5);
  });

  test("an anchor keeps its fraction of a pixel, belongs to the tab, and can be taken away", () => {
    const { memory, lasting } = memoryOf();
    memory.setAnchor(7, { id: 12, offset: -3.25 });
    assert.deepEqual(memory.anchor(7), { id: 12, offset: -3.25 });
    assert.equal(lasting.length, 0);
    memory.setAnchor(7, null);
    assert.equal(memory.anchor(7), null);
  });

  test("a browser without storage forgets, and nothing more", () => {
    const refuse = () => {
      throw new DOMException("refused", "SecurityError");
    };
    const memory = new Memory(refuse, refuse);
    memory.signIn("alice");
    memory.setDraft(7, "text");
    memory.signOut();
    assert.deepEqual([memory.username, memory.draft(7), memory.readUpTo(7), memory.anchor(7)], [null, "", 0, null]);
  });
});
