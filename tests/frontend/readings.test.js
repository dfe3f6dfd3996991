import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { countWords, partWords, rateWords, sizeWords, timeWords } from "../../frontend/js/strings/status.js";
import { GAP_MS, Readings, SPAN_MS, linesOf, quantile, roundUp } from "../../frontend/js/views/admin/readings.js";

const BOUNDS = [0.1, 1];

/** A reading of a server that is well, with what a test is about. */
function reading(uptime, changes = {}) {
  return {
    version: "1", started_at: "2026-01-31T12:00:00Z", uptime, node: null, nodes: [],
    connections: 5, connections_limit: 100, people: 4, rooms: 2, messages: 10 * uptime, deliveries: 30 * uptime,
    commits: { p50: null, p99: null, bounds: BOUNDS, counts: [uptime, 0, 0] },
    telling: { p50: null, p99: null, bounds: BOUNDS, counts: [uptime, 0, 0] },
    lag: { p50: null, p99: null, bounds: BOUNDS, counts: [4 * uptime, 0, 0] },
    waiting: { writes: 1, reads: 2, passwords: 0, searches: 0, uploads: 3, jobs: 8 },
    refusals: {}, faults: {}, jobs: {}, memory_bytes: 1e8, cpu_seconds: uptime / 4,
    database: { kind: "sqlite", bytes: 1, log_bytes: 0, files_bytes: 0 }, disk: { bytes: 1e12, free_bytes: 5e11 }, broker: "none",
    ...changes,
  };
}

/** Readings every five seconds, each with changes of its own. */
function readings(...changes) {
  const kept = new Readings();
  changes.forEach((change, at) => kept.add(5000 * at, reading(5 * at, change)));
  return kept;
}

const worriesOf = (...changes) => readings(...changes).worries().map(([name]) => name);

describe("readings of a server", () => {
  test("make rates of two of them, by the server's own clock", () => {
    const kept = new Readings();
    kept.add(0, reading(0));
    assert.deepEqual([kept.newest.figures.messages, kept.newest.figures.cpu, kept.newest.figures.storing99], [null, null, null]);
    // The page was held up; the server was not.
    kept.add(9000, reading(5));
    assert.deepEqual([kept.newest.figures.messages, kept.newest.figures.deliveries, kept.newest.figures.cpu], [10, 30, 0.25]);
    assert.equal(kept.newest.figures.waiting, 6);
  });

  test("begin anew with the process: what counted up is less than before", () => {
    const kept = readings({}, {});
    kept.add(10_000, reading(1, { started_at: "2026-01-31T13:00:00Z", messages: 3, refusals: { busy: 2 } }));
    assert.equal(kept.newest.figures.messages, null);
    assert.equal(kept.newest.figures.lag99, null);
    assert.equal(kept.risen("refusals", "busy"), 0);
    assert.deepEqual(kept.all.length, 3);
    kept.add(15_000, reading(6, { started_at: "2026-01-31T13:00:00Z", messages: 13, refusals: { busy: 5 } }));
    assert.equal(kept.newest.figures.messages, 2);
    assert.equal(kept.risen("refusals", "busy"), 3);
  });

  test("are kept for ten minutes, and one more from which a line leads into view", () => {
    const kept = new Readings();
    for (let at = 0; at <= SPAN_MS + 60_000; at += 5000) kept.add(at, reading(at / 1000));
    assert.equal(kept.all[0].at, 60_000);
    assert.equal(kept.newest.at, SPAN_MS + 60_000);
  });

  test("tell how long things took of the last minute alone", () => {
    const kept = new Readings();
    for (let at = 0; at <= 200_000; at += 5000) {
      // Slow in the beginning.
      const slow = Math.min(at / 1000, 50);
      kept.add(at, reading(at / 1000, { lag: { bounds: BOUNDS, counts: [at / 250, slow, 0] } }));
    }
    assert.ok(kept.all[9].figures.lag99 > 0.9);
    assert.ok(kept.newest.figures.lag99 < 0.1);
  });
});

describe("a part of all", () => {
  test("is found between two bounds in proportion", () => {
    assert.equal(quantile(0.5, { bounds: BOUNDS, counts: [2, 0, 0] }), 0.05);
    assert.equal(quantile(0.5, { bounds: BOUNDS, counts: [1, 1, 0] }), 0.1);
    assert.ok(Math.abs(quantile(0.99, { bounds: BOUNDS, counts: [0, 100, 0] }) - 0.991) < 1e-9);
  });

  test("beyond the last bound counts as that, and of nothing there is none", () => {
    assert.equal(quantile(0.5, { bounds: BOUNDS, counts: [0, 0, 9] }), 1);
    assert.equal(quantile(0.5, { bounds: BOUNDS, counts: [3, 2, 1] }, { bounds: BOUNDS, counts: [3, 2, 1] }), null);
    assert.equal(quantile(0.5, { bounds: BOUNDS, counts: [3, 2, 3] }, { bounds: BOUNDS, counts: [3, 2, 1] }), 1);
  });
});

describe("what is to be looked at", () => {
  test("is nothing where all is well", () => {
    assert.deepEqual(worriesOf({}, {}), []);
    assert.deepEqual(new Readings().worries(), []);
    // What was refused, or went wrong, before anybody looked is in the log.
    const before = { refusals: { busy: 9, internal: 1 }, faults: { full: 3 }, jobs: { given_up: 1 } };
    assert.deepEqual(worriesOf(before, before), []);
  });

  for (const [name, changes] of Object.entries({
    database: { database: null },
    full: { faults: { full: 1 } },
    away: { faults: { lost: 1 } },
    locked: { faults: { locked: 1 } },
    damaged: { faults: { damaged: 1 } },
    readonly: { faults: { readonly: 1 } },
    broken: { faults: { disk: 1 } },
    disk: { disk: { bytes: 1e12, free_bytes: 9e8 } },
    places: { connections: 91 },
    lag: { lag: { bounds: BOUNDS, counts: [0, 0, 50] } },
    storing: { commits: { bounds: BOUNDS, counts: [0, 50, 0] } },
    telling: { telling: { bounds: [1, 2], counts: [0, 50, 0] } },
    writes: { waiting: { writes: 1001, reads: 0, passwords: 0, searches: 0, uploads: 0, jobs: 0 } },
    cpu: { cpu_seconds: 4.5 },
    busy: { refusals: { busy: 1 } },
    internal: { refusals: { internal: 1 } },
    jobs: { jobs: { given_up: 1, done: 3 } },
    broker: { broker: "away" },
  })) {
    test(`is ${name}, and that alone`, () => {
      assert.deepEqual(worriesOf({}, changes), [name]);
    });
  }

  test("is a disk that does not answer", () => {
    assert.deepEqual(readings({}, { disk: null }).worries(), [["disk", null]]);
  });
});

describe("lines", () => {
  test("have a gap where nothing was read, or a figure is not known", () => {
    const kept = readings({}, {}, {});
    kept.add(10_000 + GAP_MS + 1, reading(40));
    assert.deepEqual(linesOf(kept.all, "connections").map((line) => line.length), [3, 1]);
    assert.deepEqual(linesOf(kept.all, "messages").map((line) => line.length), [2, 1]);
    assert.deepEqual(linesOf([], "cpu"), []);
  });

  test("go up to a round number", () => {
    assert.deepEqual([0, 0.003, 1, 1.1, 3, 7, 10, 11, 180e6].map(roundUp), [1, 0.005, 1, 2, 5, 10, 10, 20, 2e8]);
  });
});

describe("figures in words", () => {
  test("have three digits and the unit that fits", () => {
    const plain = (text) => text.replaceAll("\u00a0", " ");
    assert.deepEqual([0, 999, 1000, 81_940_480, 2.5e11, 3e15].map(sizeWords).map(plain), ["0 bytes", "999 bytes", "1 KB", "81.9 MB", "250 GB", "3,000 TB"]);
    assert.deepEqual([0.00049, 0.0123, 0.999, 2.5].map(timeWords).map(plain), ["0.49 ms", "12.3 ms", "999 ms", "2.5 s"]);
    assert.deepEqual([0, 0.25, 12.4, 3120].map(rateWords), ["0 a second", "0.3 a second", "12 a second", "3,120 a second"]);
    assert.deepEqual([plain(partWords(0.084)), countWords(20_000)], ["8 %", "20,000"]);
  });
});
