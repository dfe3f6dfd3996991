import assert from "node:assert/strict";
import { test } from "node:test";

import { oneQuestion } from "../../frontend/js/app/faces.js";
import { Names } from "../../frontend/js/app/names.js";
import { settled } from "./support/clock.js";

/** Names over an API whose answers the test gives; `run` ends the gathering. */
function names() {
  const calls = [];
  const timers = [];
  const colours = [];
  const told = { news: 0 };
  const api = {
    call: (_method, path) => new Promise((resolve, reject) => {
      calls.push({ asked: new URL(path, "http://x").searchParams.getAll("names"), answer: (body) => resolve({ body }), reject });
    }),
  };
  const known = new Names({
    api, onNews: () => (told.news += 1), choose: (name, hue) => colours.push([name, hue]), setTimeout: (run) => timers.push(run),
  });
  const run = async () => {
    for (const timer of timers.splice(0)) timer();
    await settled();
  };
  return { known, calls, colours, told, run };
}

const profile = (username, display_name, hue = null) => ({ username, display_name, hue });

test("a question is no longer than an address may be, whatever the names are written in", async () => {
  const { known, calls, run } = names();
  // Two bytes a letter, each of which is three characters in an address.
  const wanted = Array.from({ length: 50 }, (_, at) => `${"я".repeat(30)}${at}`);
  known.want(wanted);
  await run();
  calls[0].answer([]);
  await settled();
  await run();
  assert.deepEqual(calls.map(({ asked }) => asked.length < 50 && new URLSearchParams(asked.map((name) => ["names", name])).toString().length < 8001), [true, true]);
  assert.deepEqual(calls.flatMap(({ asked }) => asked), wanted);
  // So it is with the pictures, of which more are one question.
  const [first, short] = [oneQuestion(wanted), oneQuestion(Array.from({ length: 150 }, (_, at) => `ada${at}`))];
  assert.ok(first.length > 30 && encodeURIComponent(first.join()).length < 8000 && oneQuestion(wanted.slice(first.length)).length + first.length === 50);
  assert.deepEqual([short.length, oneQuestion([])], [100, []]);
});

test("names that come together are one question, and each is asked once", async () => {
  const { known, calls, run } = names();
  known.want(["ada", "bob"]);
  known.want(["Ada", "cleo"]);
  await run();
  assert.deepEqual(calls.map(({ asked }) => asked), [["ada", "bob", "cleo"]]);
  calls[0].answer([profile("ada", "Ada Lovelace", 200)]);
  await settled();
  known.want(["ada", "bob"]);
  await run();
  assert.equal(calls.length, 1);
});

test("somebody is called by their username until more is known", async () => {
  const { known, calls, colours, told, run } = names();
  assert.equal(known.called("ada"), "ada");
  known.want(["ada"]);
  await run();
  calls[0].answer([profile("ada", "Ada Lovelace", 200)]);
  await settled();
  assert.deepEqual([known.called("ADA"), known.called("bob"), known.learned, told.news], ["Ada Lovelace", "bob", 1, 1]);
  assert.deepEqual(colours, [["ada", 200]]);
  known.learn([profile("ada", "Ada Lovelace", 20)]);
  assert.deepEqual([told.news, colours.at(-1)], [1, ["ada", 20]]);
});

test("more than the server answers for at once are asked for in turns", async () => {
  const { known, calls, run } = names();
  known.want(Array.from({ length: 80 }, (_, index) => `person${index}`));
  await run();
  assert.equal(calls[0].asked.length, 50);
  calls[0].answer([]);
  await settled();
  await run();
  assert.equal(calls[1].asked.length, 30);
});

test("names whose question failed are asked for again when they are wanted anew", async () => {
  const { known, calls, run } = names();
  known.want(["ada"]);
  await run();
  calls[0].reject(new Error("network"));
  await settled();
  known.want(["ada"]);
  await run();
  assert.equal(calls.length, 2);
});
