import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { applyToWaiting, createWaiting, summed } from "../../frontend/js/state/scheduled.js";
import { choicesAt, enteredAt, faultOf, fieldBounds, fieldValue, proposedAt } from "../../frontend/js/views/scheduled/times.js";
import { whenText } from "../../frontend/js/views/scheduled/when.js";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const { TZ } = process.env;

/** A choice as people read it: what it is called, on which day, at which time of their own. */
const read = ({ key, at }) => `${key} ${DAYS[at.getDay()]} ${fieldValue(at).slice(5).replace("T", " ")}`;
const offered = (...parts) => choicesAt(new Date(...parts)).map(read);

/** Runs a group of tests where clocks are changed; the machine's own zone counts again afterwards. */
function inZone(zone, tests) {
  describe(`in ${zone}`, () => {
    before(() => (process.env.TZ = zone));
    after(() => (TZ === undefined ? delete process.env.TZ : (process.env.TZ = TZ)));
    tests();
  });
}

describe("the times that are offered", () => {
  inZone("Europe/Berlin", () => {
    test("on a working day: in an hour, this evening, tomorrow morning, Monday", () => {
      // A Wednesday.
      assert.deepEqual(offered(2026, 11, 2, 10, 12), [
        "hour Wed 12-02 11:12", "evening Wed 12-02 18:00", "tomorrow Thu 12-03 09:00", "monday Mon 12-07 09:00",
      ]);
    });

    test("seconds are rounded up: nothing is sent before the hour is over", () => {
      assert.equal(offered(2026, 11, 2, 10, 12, 1)[0], "hour Wed 12-02 11:13");
      assert.equal(offered(2026, 11, 2, 10, 12, 59, 999)[0], "hour Wed 12-02 11:13");
    });

    test("the evening is offered no longer when it is near, or there", () => {
      assert.ok(offered(2026, 11, 2, 16, 0).includes("evening Wed 12-02 18:00"));
      for (const hour of [17, 18, 23]) assert.deepEqual(offered(2026, 11, 2, hour, 0).map((text) => text.split(" ")[0]), ["hour", "tomorrow", "monday"]);
    });

    test("in the night this morning is, and tomorrow's is that of the next day", () => {
      assert.deepEqual(offered(2026, 11, 3, 0, 30), [
        "hour Thu 12-03 01:30", "morning Thu 12-03 09:00", "tomorrow Fri 12-04 09:00", "monday Mon 12-07 09:00",
      ]);
      assert.deepEqual(offered(2026, 11, 3, 8, 0).map((text) => text.split(" ")[0]), ["hour", "evening", "tomorrow", "monday"]);
    });

    test("on a Friday both Saturday and Monday are", () => {
      assert.deepEqual(offered(2026, 11, 4, 17, 30), ["hour Fri 12-04 18:30", "tomorrow Sat 12-05 09:00", "monday Mon 12-07 09:00"]);
    });

    test("on a Sunday tomorrow is Monday, which is offered once", () => {
      assert.deepEqual(offered(2026, 11, 6, 20, 0), ["hour Sun 12-06 21:00", "tomorrow Mon 12-07 09:00"]);
    });

    test("on a Monday it is the next one", () => {
      assert.equal(offered(2026, 11, 7, 12, 0).at(-1), "nextMonday Mon 12-14 09:00");
      assert.equal(offered(2026, 11, 7, 1, 0).at(-1), "nextMonday Mon 12-14 09:00");
    });

    test("over a change of the clock nine o'clock stays nine o'clock, and an hour an hour", () => {
      // Clocks go forward in the night to 29 March 2026, and back in the night to 25 October.
      assert.deepEqual(offered(2026, 2, 28, 12, 0).slice(-2), ["tomorrow Sun 03-29 09:00", "monday Mon 03-30 09:00"]);
      assert.deepEqual(offered(2026, 9, 24, 12, 0).slice(-2), ["tomorrow Sun 10-25 09:00", "monday Mon 10-26 09:00"]);
      const forward = new Date(2026, 2, 28, 12);
      assert.equal(choicesAt(forward).find(({ key }) => key === "tomorrow").at - forward, 20 * 3_600_000);
      assert.equal(offered(2026, 2, 29, 1, 30)[0], "hour Sun 03-29 03:30");
      const twice = new Date("2026-10-25T00:30:00Z");
      assert.equal(choicesAt(twice)[0].at - twice, 3_600_000);
      assert.equal(read(choicesAt(twice)[0]), "hour Sun 10-25 02:30");
    });

    test("every minute of a year: all are to come, each is there once, in their order", () => {
      for (let minute = 0; minute < 366 * 24 * 60; minute += 37) {
        const now = new Date(2026, 0, 1, 0, minute);
        const times = choicesAt(now).map(({ at }) => at.getTime());
        assert.deepEqual(times, [...new Set(times)].sort((one, other) => one - other), String(now));
        assert.ok(times[0] > now.getTime());
        assert.ok(times.length >= 2 && times.length <= 4);
      }
    });
  });

  inZone("Pacific/Auckland", () => {
    test("are those of the reader's own calendar, also where it is another day already", () => {
      // Sunday evening in Greenwich.
      assert.deepEqual(choicesAt(new Date("2026-12-06T20:00:00Z")).map(read), [
        "hour Mon 12-07 10:00", "evening Mon 12-07 18:00", "tomorrow Tue 12-08 09:00", "nextMonday Mon 12-14 09:00",
      ]);
    });
  });
});

describe("a time that is entered", () => {
  const now = new Date(2026, 11, 2, 10, 12);

  test("is local, and as it was written", () => {
    assert.equal(enteredAt("2026-12-24T17:30").getTime(), new Date(2026, 11, 24, 17, 30).getTime());
    assert.equal(fieldValue(enteredAt("2026-12-24T17:30")), "2026-12-24T17:30");
    for (const value of ["", "2026-12-24", "T17:30", "2026-13-45T99:99"]) assert.equal(enteredAt(value), null, value);
  });

  test("has to be there, to come, and within a year", () => {
    assert.equal(faultOf("", now), "time_missing");
    assert.equal(faultOf("2026-12-02T10:12", now), "time_past");
    assert.equal(faultOf("2025-12-24T17:30", now), "time_past");
    assert.equal(faultOf("2026-12-02T10:13", now), null);
    assert.equal(faultOf("2027-12-01T10:12", now), null);
    assert.equal(faultOf("2027-12-03T10:12", now), "time_far");
  });

  test("begins at a full hour, between what the field takes", () => {
    const { min, max } = fieldBounds(now);
    const first = fieldValue(proposedAt(now));
    assert.equal(first, "2026-12-02T12:00");
    assert.ok(min < first && first < max);
    assert.deepEqual([faultOf(min, now), faultOf(max, now)], [null, null]);
  });

  inZone("Europe/Berlin", () => {
    test("that the clock leaves out is an hour later", () => {
      assert.equal(fieldValue(enteredAt("2026-03-29T02:30")), "2026-03-29T03:30");
    });
  });
});

describe("when something will be, in a sentence", () => {
  const now = new Date(2026, 11, 2, 23, 50);
  const at = (...parts) => whenText(new Date(...parts).toISOString(), now).replaceAll(/\s/g, " ");

  test("names today and tomorrow, else the day, and the year of another one", () => {
    assert.match(at(2026, 11, 2, 23, 55), /^today, /);
    assert.match(at(2026, 11, 3, 0, 5), /^tomorrow, /);
    assert.match(at(2026, 11, 7, 9), /^Monday,? (7 December|December 7), /);
    assert.match(at(2027, 0, 4, 9), /2027, /);
  });
});

const scheduled = (id, second, more = {}) => ({ id, room_id: 7, content: `message ${id}`, send_at: `2026-12-24T17:00:0${second}.000000Z`, state: "waiting", error: null, ...more });
const updated = (told) => ({ type: "scheduled_updated", scheduled: told });
const idsOf = ({ all }) => all.map(({ id }) => id);

/** What somebody has, as it was read. */
function waitingFor(...read) {
  const waiting = createWaiting();
  applyToWaiting(waiting, { type: "reader_changed", userId: 5 });
  applyToWaiting(waiting, { type: "scheduled_loading" });
  applyToWaiting(waiting, { type: "scheduled_loaded", scheduled: read });
  return waiting;
}

describe("what is to be sent later", () => {
  test("follows frames, the one that is sent next first", () => {
    const waiting = waitingFor(scheduled(1, 3), scheduled(2, 1));
    assert.deepEqual(idsOf(waiting), [2, 1]);
    applyToWaiting(waiting, updated(scheduled(3, 2)));
    assert.deepEqual(idsOf(waiting), [2, 3, 1]);
    applyToWaiting(waiting, updated(scheduled(2, 5)));
    assert.deepEqual(idsOf(waiting), [3, 1, 2]);
    applyToWaiting(waiting, { type: "scheduled_removed", id: 1, message_id: 9 });
    assert.deepEqual(idsOf(waiting), [3, 2]);
  });

  test("is not known before it was read, and takes what was told meanwhile", () => {
    const waiting = createWaiting();
    applyToWaiting(waiting, { type: "reader_changed", userId: 5 });
    applyToWaiting(waiting, { type: "scheduled_loading" });
    applyToWaiting(waiting, updated(scheduled(2, 2)));
    applyToWaiting(waiting, { type: "scheduled_removed", id: 1, message_id: null });
    assert.equal(waiting.all, null);
    applyToWaiting(waiting, { type: "scheduled_loaded", scheduled: [scheduled(1, 1), scheduled(3, 3)] });
    assert.deepEqual(idsOf(waiting), [2, 3]);
  });

  test("does not come back by an answer that is later than the news that it is gone", () => {
    const waiting = waitingFor();
    applyToWaiting(waiting, { type: "scheduled_removed", id: 4, message_id: 9 });
    applyToWaiting(waiting, updated(scheduled(4, 4)));
    assert.deepEqual(idsOf(waiting), []);
  });

  test("is the same list where a frame changes nothing", () => {
    const waiting = waitingFor(scheduled(1, 1));
    const { all } = waiting;
    applyToWaiting(waiting, { type: "scheduled_removed", id: 8, message_id: null });
    applyToWaiting(waiting, { type: "message", message: {} });
    assert.equal(waiting.all, all);
  });

  test("is somebody's own", () => {
    const waiting = waitingFor(scheduled(1, 1));
    applyToWaiting(waiting, { type: "reader_changed", userId: null });
    assert.equal(waiting.all, null);
  });

  test("is counted, what was not sent apart", () => {
    const failed = scheduled(1, 1, { state: "failed", error: { code: "archived", detail: "" } });
    assert.deepEqual(summed([failed, scheduled(2, 2), scheduled(3, 3)]), { count: 2, next: "2026-12-24T17:00:02.000000Z", failed: 1 });
    assert.deepEqual(summed([]), { count: 0, next: "", failed: 0 });
  });
});
