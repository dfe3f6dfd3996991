import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { settled } from "./support/clock.js";
import { ADA, adasTab, BOB, browser, refusal } from "./support/identity.js";

const SETTLE_MS = 100;

describe("a guest who comes in while another tab signs in", () => {
  test("is who the other tab is, when the server has refused the guest", async () => {
    const world = browser();
    const tab = world.tab();
    tab.identity.ask("carl");
    world.signInElsewhere(ADA);
    tab.identity.refuse("invalid");
    await settled();
    // Nobody signs ada out.
    assert.ok(!world.paths().includes("auth/logout"), world.paths());
    assert.deepEqual([tab.state.user, tab.state.login.busy, tab.came], [ADA, false, 1]);
    assert.deepEqual(world.memory.account, ADA);
  });

  test("is who the other tab is, when the server has let the guest in", async () => {
    const world = browser();
    const tab = world.tab();
    tab.identity.ask("carl");
    world.signInElsewhere(ADA);
    assert.equal(tab.identity.heard(), false);
    assert.deepEqual([tab.state.user, tab.connection.isWanted, tab.came], [ADA, false, 1]);
    assert.deepEqual(world.memory.account, ADA);
  });

  test("leaves its cookies alone that came while old ones were to be taken away", async () => {
    const world = browser();
    const tab = world.tab();
    tab.identity.ask("carl");
    const prepared = tab.identity.prepare();
    await settled();
    const [{ reject }] = world.asked.splice(0);
    world.signInElsewhere(ADA);
    reject(refusal("not_signed_in"));
    await settled();
    assert.deepEqual(world.paths(), ["auth/guest"]);
    await world.answer("auth/guest", { username: "carl" });
    await prepared;
    tab.identity.refuse("invalid");
    assert.deepEqual(tab.state.user, ADA);
  });
});

test("the cookies of a login that no tab shows go, and the guest asks again", async () => {
  const world = browser();
  const tab = world.tab();
  tab.identity.ask("carl");
  tab.identity.refuse("invalid");
  await settled();
  assert.deepEqual([world.paths(), tab.identity.applicant, tab.connection.isWanted], [["auth/logout"], "carl", true]);
  const prepared = tab.identity.prepare();
  await world.answer("auth/logout", null);
  await world.answer("auth/guest", { username: "carl" });
  assert.equal(await prepared, null);
  tab.identity.refuse("invalid");
  assert.equal(tab.state.login.error, "invalid");
});

describe("an ended session", () => {
  /** @returns a tab whose session the server has ended */
  async function ended(world) {
    const tab = await adasTab(world);
    const renewed = tab.identity.renew();
    await settled();
    await world.answer("auth/refresh", refusal("not_signed_in"));
    assert.equal(await renewed, false);
    assert.deepEqual([tab.state.isEnded, tab.connection.isWanted, world.memory.signedInUntil], [true, false, 0]);
    await settled();
    assert.equal(tab.asked, 1);
    return tab;
  }

  test("is left, and its cookies go", async () => {
    const world = browser();
    const tab = await ended(world);
    tab.identity.dismiss();
    await settled();
    assert.deepEqual([world.paths(), tab.state.username, world.memory.username], [["auth/logout"], null, null]);
  });

  test("is not left when another tab has just signed in again", async () => {
    const world = browser();
    const tab = await ended(world);
    world.signInElsewhere(ADA);
    tab.identity.dismiss();
    await settled();
    assert.deepEqual([world.paths(), tab.state.isEnded, tab.back], [[], false, 1]);
    assert.deepEqual(world.memory.account, ADA);
  });

  test("is not left when another tab has just signed in as somebody else", async () => {
    const world = browser();
    const tab = await ended(world);
    world.signInElsewhere(BOB);
    tab.identity.dismiss();
    await settled();
    assert.deepEqual([world.paths().includes("auth/logout"), tab.state.user], [false, BOB]);
    assert.deepEqual(world.memory.account, BOB);
  });

  test("takes no cookies away when another tab signs in before it comes to that", async () => {
    const world = browser();
    const [tab, other] = [await ended(world), world.tab()];
    const account = await other.identity.account;
    const signedIn = account.signIn({ username: "ada", password: "x" });
    await settled();
    tab.identity.dismiss();
    await settled();
    assert.deepEqual(world.paths(), ["auth/login"]);
    await world.answer("auth/login", { user: ADA, expires_in: 900 });
    await signedIn;
    assert.deepEqual([world.paths(), world.memory.account], [[], ADA]);
  });

  test("has its cookies taken away before those of the next login come", async () => {
    const world = browser();
    const tab = await ended(world);
    const account = await tab.identity.account;
    tab.identity.dismiss();
    await settled();
    const signedIn = account.signIn({ username: "bob", password: "x" });
    await settled();
    assert.deepEqual(world.paths(), ["auth/logout"]);
    await world.answer("auth/logout", null);
    assert.deepEqual(world.paths(), ["auth/login"]);
    await world.answer("auth/login", { user: BOB, expires_in: 900 });
    await signedIn;
    assert.deepEqual([tab.state.user, world.paths()], [BOB, []]);
  });

  test("is over in every tab when one has signed in again", async () => {
    const world = browser();
    const tab = await ended(world);
    world.signInElsewhere(ADA);
    tab.identity.follow();
    await world.clock.pass(SETTLE_MS);
    assert.deepEqual([tab.state.isEnded, tab.back], [false, 1]);
  });
});

describe("a login that has become somebody else's", () => {
  test("ends the session on the page, and nothing is done with it", async () => {
    const world = browser();
    const tab = await adasTab(world);
    await world.clock.pass(900_000);
    const ready = tab.identity.ready();
    const refused = assert.rejects(ready, { code: "not_signed_in" });
    await settled();
    await world.answer("auth/refresh", { user: BOB, expires_in: 900 });
    await refused;
    assert.deepEqual([tab.state.isEnded, tab.state.user, tab.connection.isWanted], [true, ADA, false]);
    assert.deepEqual([world.memory.account, world.memory.signedInUntil], [ADA, 0]);
  });

  test("by another tab's hand makes this tab theirs", async () => {
    const world = browser();
    const tab = await adasTab(world);
    world.signInElsewhere(BOB);
    const renewed = tab.identity.renew();
    await settled();
    await world.answer("auth/refresh", { user: BOB, expires_in: 900 });
    assert.equal(await renewed, false);
    assert.deepEqual([tab.state.user, tab.state.isEnded], [BOB, false]);
    assert.deepEqual(world.memory.account, BOB);
  });

  test("is not signed out by whoever was here before", async () => {
    const world = browser();
    const tab = await adasTab(world);
    world.signInElsewhere(BOB);
    await tab.identity.leave();
    assert.deepEqual([world.paths().includes("auth/logout"), tab.state.user, world.memory.account], [false, BOB, BOB]);
  });

  test("is found out by whoever comes back to the page", async () => {
    const world = browser();
    world.signInElsewhere(ADA);
    const tab = world.tab();
    assert.equal(tab.identity.begin(), true);
    await settled();
    await world.answer("users/me", BOB);
    assert.deepEqual([tab.state.isEnded, tab.state.user], [true, ADA]);
  });
});

test("a refusal that comes after a new login ends nothing", async () => {
  const world = browser();
  const tab = await adasTab(world);
  const renewed = tab.identity.renew();
  await settled();
  // A browser without locks: another tab signs in before the refusal of the old cookies is here.
  world.signInElsewhere(ADA);
  await world.answer("auth/refresh", refusal("not_signed_in"));
  assert.equal(await renewed, true);
  assert.deepEqual([tab.state.isEnded, tab.connection.isWanted], [false, true]);
});

describe("signing out", () => {
  test("is not said where the server could not be told", async () => {
    const world = browser();
    const tab = await adasTab(world);
    const left = assert.rejects(tab.identity.leave(), { code: "network" });
    await settled();
    await world.answer("auth/logout", refusal("network"));
    await left;
    assert.deepEqual([tab.state.user, tab.connection.isWanted], [ADA, true]);
  });

  test("is done where the server could only not write it down, and that is said", async () => {
    const world = browser();
    const tab = await adasTab(world);
    const left = assert.rejects(tab.identity.leave(), { code: "left_unstored" });
    await settled();
    await world.answer("auth/logout", refusal("storage_full"));
    await left;
    assert.deepEqual([tab.state.user, tab.connection.isWanted, world.memory.username], [null, false, null]);
  });
});

test("a new password's login is taken before anything is renewed", async () => {
  const world = browser();
  const tab = await adasTab(world);
  const account = await tab.identity.account;
  const changed = account.changePassword({ current_password: "x", new_password: "y" });
  await settled();
  // The server closes the connections of the old login before its answer is here.
  await tab.identity.expired();
  const ready = tab.identity.ready();
  await settled();
  assert.deepEqual(world.paths(), ["auth/password"]);
  await world.answer("auth/password", { user: ADA, expires_in: 900 });
  await Promise.all([changed, ready]);
  assert.deepEqual([world.paths(), tab.state.isEnded], [[], false]);
});
