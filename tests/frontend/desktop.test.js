import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Desktop, WAIT_MS } from "../../frontend/js/app/desktop.js";
import { FakeClock } from "./support/clock.js";

/** A browser whose tabs share a lock and a channel, and what notifications it was asked for. */
function browser({ permission = "granted" } = {}) {
  const shown = [];
  const channels = new Set();
  const waiting = [];
  let isHeld = false;
  const next = () => {
    if (isHeld || waiting.length === 0) return;
    isHeld = true;
    const { run, resolve } = waiting.shift();
    run().then(() => {
      isHeld = false;
      resolve();
      next();
    });
  };
  class Channel extends EventTarget {
    constructor(name) {
      super();
      this.name = name;
      channels.add(this);
    }

    postMessage(data) {
      for (const other of channels) {
        if (other !== this && other.name === this.name) other.dispatchEvent(Object.assign(new Event("message"), { data }));
      }
    }

    close() {
      channels.delete(this);
    }
  }
  class Notification extends EventTarget {
    static permission = permission;

    constructor(title, options) {
      super();
      Object.assign(this, { title, ...options });
      shown.push(this);
    }

    close() {
      this.isClosed = true;
      this.dispatchEvent(new Event("close"));
    }
  }
  const locks = {
    request: (name, options, run) => new Promise((resolve) => {
      waiting.push({ run, resolve });
      next();
    }),
  };
  const clock = new FakeClock();
  const tab = () => {
    const page = {
      Notification, BroadcastChannel: Channel, navigator: { locks }, document: { querySelector: () => null },
      location: { hash: "" }, focused: 0, focus() { this.focused += 1; },
    };
    return { page, desktop: new Desktop({ clock, page }) };
  };
  return { tab, shown, clock };
}

const told = (id, more = {}) => ({ id, roomId: 1, userId: 7, isSeen: false, title: `note ${id}`, text: "words", hash: `#/r/1/m/${id}`, ...more });

describe("of several tabs", () => {
  test("one shows what all of them were told", async () => {
    const { tab, shown, clock } = browser();
    const tabs = [tab(), tab(), tab()];
    for (const { desktop } of tabs) desktop.tell(told(1));
    await clock.pass(WAIT_MS);
    assert.deepEqual(shown.map(({ title, tag }) => [title, tag]), [["note 1", "parlour-1"]]);
  });

  test("the next one does when that one goes", async () => {
    const { tab, shown, clock } = browser();
    const [first, second] = [tab(), tab()];
    for (const { desktop } of [first, second]) desktop.tell(told(1, { isSeen: true }));
    first.desktop.end();
    await new Promise((resolve) => setImmediate(resolve));
    second.desktop.tell(told(2));
    await clock.pass(WAIT_MS);
    assert.deepEqual(shown.map(({ title }) => title), ["note 2"]);
  });

  test("none does while one of them reads the message, whichever heard of it first", async () => {
    const { tab, shown, clock } = browser();
    const [first, second] = [tab(), tab()];
    first.desktop.tell(told(1));
    second.desktop.tell(told(1, { isSeen: true }));
    second.desktop.tell(told(2, { isSeen: true }));
    first.desktop.tell(told(2));
    await clock.pass(WAIT_MS);
    assert.deepEqual(shown, []);
  });
});

describe("a notification", () => {
  test("leads to its message, and goes when its room is read", async () => {
    const { tab, shown, clock } = browser();
    const { page, desktop } = tab();
    desktop.tell(told(1));
    desktop.tell(told(2));
    desktop.tell(told(3, { roomId: 2 }));
    await clock.pass(WAIT_MS);
    shown[0].dispatchEvent(new Event("click"));
    assert.deepEqual([page.focused, page.location.hash, shown[0].isClosed], [1, "#/r/1/m/1", true]);
    desktop.clear(1);
    assert.deepEqual(shown.map(({ isClosed = false }) => isClosed), [true, true, false]);
  });

  test("is shown only where the person allows it, and each once", async () => {
    for (const permission of ["default", "denied"]) {
      const { tab, shown, clock } = browser({ permission });
      tab().desktop.tell(told(1));
      await clock.pass(WAIT_MS);
      assert.deepEqual(shown, []);
    }
    const { tab, shown, clock } = browser();
    const { desktop } = tab();
    for (let turn = 0; turn < 2; turn += 1) {
      desktop.tell(told(1));
      await clock.pass(WAIT_MS);
    }
    assert.equal(shown.length, 1);
  });

  test("of a browser without any is missed by nobody", async () => {
    const clock = new FakeClock();
    const desktop = new Desktop({ clock, page: { navigator: {} } });
    desktop.tell(told(1));
    await clock.pass(WAIT_MS);
    assert.equal(desktop.permission, "missing");
  });
});
