import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { isInTime, rightsIn } from "../../frontend/js/rights.js";
import { roomOf } from "./support/shapes.js";

const ADA = { role: "member" };
const ROOT = { role: "administrator" };
const ROLES = ["owner", "moderator", "member"];

/** The names of what is allowed, in order; `remove` with the roles that it concerns. */
function allowed(room, user = ADA) {
  const { remove, ...may } = rightsIn(roomOf(room), user);
  const names = Object.keys(may).filter((name) => may[name]);
  return [...names, ...ROLES.filter(remove).map((role) => `remove ${role}`)].join(" ");
}

describe("what one may do in a room", () => {
  test("an owner may do everything but remove an owner", () => {
    assert.equal(allowed({ kind: "private", owner: "ada", role: "owner" }),
      "rename describe moderate add invite appoint leave erase write pin remove moderator remove member");
  });

  test("a moderator describes, invites and moderates those below", () => {
    assert.equal(allowed({ kind: "private", owner: "bob", role: "moderator" }),
      "describe moderate add invite leave write pin remove member");
  });

  test("a member writes and leaves", () => {
    assert.equal(allowed({ kind: "private", owner: "bob", role: "member" }), "leave write");
  });

  test("nobody is added to a public room by name: who wants to, joins", () => {
    assert.equal(allowed({ kind: "public", owner: "bob", role: null }), "join write");
    assert.equal(allowed({ kind: "public", owner: "bob", role: "moderator" }), "describe moderate invite leave write pin remove member");
    assert.equal(allowed({ kind: "public", owner: "bob", role: null }, null), "write");
  });

  test("a room without an owner may be deleted by anybody, guests too", () => {
    assert.equal(allowed({ kind: "public", owner: null, role: null }, null), "erase write pin");
  });

  test("administrators have an owner's power in public rooms alone", () => {
    assert.match(allowed({ kind: "public", owner: "bob", role: null }, ROOT), /rename .* appoint join erase write/);
    assert.equal(allowed({ kind: "private", owner: "bob", role: "member" }, ROOT), "leave write");
  });

  test("a direct room can be written in, and nothing else", () => {
    assert.equal(allowed({ kind: "direct", owner: null, role: "member" }, ROOT), "write pin");
  });

  test("what is archived can be brought back or deleted by its owner, and no more", () => {
    const archived_at = "2026-05-03T10:00:00.000000Z";
    assert.equal(allowed({ kind: "private", owner: "ada", role: "owner", archived_at }), "rename erase");
    assert.equal(allowed({ kind: "public", owner: "bob", role: "member", archived_at }), "");
  });
});

test("one's own message can be changed for a while, or for ever where there is no limit", () => {
  const message = { timestamp: "2026-01-31T12:00:00.000000Z" };
  const said = Date.parse(message.timestamp);
  assert.equal(isInTime(message, 60_000, said), true);
  assert.equal(isInTime(message, 60_000, said + 60_000), true);
  assert.equal(isInTime(message, 60_000, said + 60_001), false);
  // This clock is behind the server's.
  assert.equal(isInTime(message, 60_000, said - 5000), true);
  assert.equal(isInTime(message, 0, said + 1e12), true);
});
