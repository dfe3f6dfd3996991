/** Tabs of one browser that share its storage and its locks, with the server's answers in the test's hand. */

import { Identity } from "../../../frontend/js/app/identity.js";
import { Memory } from "../../../frontend/js/app/memory.js";
import { pageLocks } from "../../../frontend/js/outbox/locks.js";
import { applyEvent, createState } from "../../../frontend/js/state.js";
import { FakeClock, settled } from "./clock.js";
import { FakeStorage } from "./storage.js";

export const ADA = { id: 5, username: "ada", display_name: "Ada" };
export const BOB = { id: 6, username: "bob", display_name: "Bob" };

export const refusal = (code) => Object.assign(new Error(code), { code });

/** A browser; `asked` are the calls without an answer, of all tabs, in order. */
export function browser() {
  const storage = new FakeStorage();
  // Tabs of one browser share its locks; those of Node are one for all tests.
  Object.defineProperty(globalThis.navigator, "locks", { value: { request: pageLocks() }, configurable: true });
  const clock = new FakeClock();
  const world = { asked: [], storage, clock, memory: new Memory(() => storage, () => new FakeStorage()) };

  /** What was asked and not answered yet, without the part that all paths begin with. */
  world.paths = () => world.asked.map(({ path }) => path.replace("/api/", ""));

  /** Answers the oldest call, which has to be this one. */
  world.answer = async (path, body) => {
    const call = world.asked.shift();
    if (call?.path !== `/api/${path}`) throw new Error(`asked was ${call?.path}`);
    if (body instanceof Error) call.reject(body);
    else call.resolve({ body });
    await settled();
  };

  /** Another tab, for which nothing more is needed, signs in. */
  world.signInElsewhere = (user) => {
    world.memory.signIn(user.username, user);
    world.memory.setSignedInUntil(clock.date() + 900_000);
  };

  world.tab = () => {
    const state = createState();
    const connection = { isWanted: false, open: () => { connection.isWanted = true; }, close: () => { connection.isWanted = false; }, tryNow() {} };
    const tab = { state, connection, came: 0, back: 0, asked: 0 };
    tab.identity = new Identity({
      state, connection, clock, memory: new Memory(() => storage, () => new FakeStorage()),
      api: { call: (method, path, { body } = {}) => new Promise((resolve, reject) => { world.asked.push({ path, body, resolve, reject }); }) },
      config: {}, screens: { show: async () => {} }, apply: (event) => applyEvent(state, event),
      onCome: () => { tab.came += 1; }, onBack: () => { tab.back += 1; }, onGo: () => {}, onGone: () => {},
    });
    // The dialog needs a page; that it is asked for is seen.
    tab.ready = tab.identity.account.then((account) => { account.askAgain = async () => { tab.asked += 1; }; });
    return tab;
  };
  return world;
}

/** A tab in which ada has signed in and is connected. */
export async function adasTab(world) {
  const tab = world.tab();
  await tab.ready;
  const account = await tab.identity.account;
  const signedIn = account.signIn({ username: "ada", password: "x" });
  await settled();
  await world.answer("auth/login", { user: ADA, expires_in: 900 });
  await signedIn;
  tab.connection.open();
  return tab;
}
