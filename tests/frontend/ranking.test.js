import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { fold, marks, prepare, rank } from "../../frontend/js/app/ranking.js";

const entry = (name, more = {}) => ({ names: [name].flat(), recent: Infinity, unread: 0, mentions: 0, ...more });
/** The first names of those that answer, in order. */
const found = (entries, query) => rank(prepare(entries), query).map(({ names }) => names[0]);
/** A name with what answers in brackets. */
const marked = (name, query) => {
  let text = name;
  for (const [start, end] of marks(name, query).reverse()) text = `${text.slice(0, start)}[${text.slice(start, end)}]${text.slice(end)}`;
  return text;
};

describe("things found by a few letters", () => {
  test("the very name, what was used lately, beginnings, beginnings of words, then letters anywhere", () => {
    const entries = [
      entry("redesign"), entry("d-e-sign"), entry("web design"), entry("design talk"), entry("design"),
      entry("old designs", { recent: 1 }), entry("designers", { recent: 3 }), entry("unrelated"),
    ];
    assert.deepEqual(found(entries, "design"), ["design", "old designs", "designers", "design talk", "web design", "redesign", "d-e-sign"]);
  });

  test("what was used lately comes first only where it is likely to be meant", () => {
    const entries = [entry("dev services", { recent: 0 }), entry("deserts")];
    assert.deepEqual(found(entries, "des"), ["deserts", "dev services"]);
    assert.deepEqual(found(entries, "de"), ["dev services", "deserts"]);
  });

  test("without a letter mentions come first, then what is unread, then what was used lately", () => {
    const entries = [
      entry("quiet"), entry("second", { recent: 1 }), entry("first", { recent: 0 }), entry("unread", { unread: 3 }),
      entry("named", { unread: 1, mentions: 1 }),
    ];
    assert.deepEqual(found(entries, " "), ["named", "unread", "first", "second", "quiet"]);
  });

  test("what is unread floats up among what fits as well", () => {
    const entries = [entry("general one"), entry("general two", { unread: 1 }), entry("general 3", { mentions: 1 }), entry("a general", { mentions: 1 })];
    assert.deepEqual(found(entries, "gen"), ["general 3", "general two", "general one", "a general"]);
  });

  test("case, accents and spaces make no difference", () => {
    assert.deepEqual(found([entry("Zoë Ångström")], "  zoe  ANG"), ["Zoë Ångström"]);
    assert.deepEqual(found([entry("zoe")], "ZOË"), ["zoe"]);
    assert.equal(fold("ΟΔΟΣ"), fold("οδος"));
  });

  test("words may come in another order", () => {
    assert.deepEqual(found([entry("general chat")], "cha gen"), ["general chat"]);
    assert.deepEqual(found([entry("general chat")], "cha x"), []);
  });

  test("any name counts, the one that fits best", () => {
    assert.deepEqual(found([entry(["Ada Lovelace", "countess"]), entry("the count")], "coun"), ["Ada Lovelace", "the count"]);
  });

  test("letters that only happen to be there, far apart, do not count", () => {
    assert.deepEqual(found([entry("a very long name about nothing at bay")], "ayb"), []);
    assert.deepEqual(found([entry("general")], "gnrl"), ["general"]);
    assert.deepEqual(found([entry("general")], "lareneg"), []);
  });

  test("emoji and letters of all planes are found whole", () => {
    assert.deepEqual(found([entry("🎉 party"), entry("🎈 balloons")], "🎉"), ["🎉 party"]);
    assert.deepEqual(found([entry("x🎉y🎈z")], "🎉🎈"), ["x🎉y🎈z"]);
  });
});

describe("the letters that answer", () => {
  test("are those by which it was found", () => {
    assert.equal(marked("web design", "des"), "web [des]ign");
    assert.equal(marked("designing for the web", "des"), "[des]igning for the web");
    assert.equal(marked("redesign", "design"), "re[design]");
    assert.equal(marked("general chat", "cha gen"), "[gen]eral [cha]t");
    assert.equal(marked("general", "gnrl"), "[g]e[n]e[r]a[l]");
    assert.equal(marked("general", ""), "general");
    assert.equal(marked("general", "xyz"), "general");
  });

  test("are those of the name as it is written", () => {
    assert.equal(marked("Ångström", "angst"), "[Ångst]röm");
    assert.equal(marked("ﬁsh", "fi"), "[ﬁ]sh");
    assert.equal(marked("x🎉y", "🎉"), "x[🎉]y");
  });
});

test("an answer out of 2,000 rooms takes a few milliseconds", () => {
  const words = ["design", "release", "support", "général", "ops", "team", "kitchen", "review", "东京", "project"];
  const entries = Array.from({ length: 2000 }, (_, index) =>
    entry(`${words[index % 10]}-${words[(index * 7) % 10]} ${index}`, { recent: index < 20 ? index : Infinity }));
  const prepared = prepare(entries);
  const times = ["d", "de", "des", "desi", "general 1", "tm", "x", "zzz", "review team"].map((query) => {
    const began = performance.now();
    rank(prepared, query).slice(0, 50).map(({ names }) => marks(names[0], query));
    return performance.now() - began;
  });
  times.sort((one, other) => one - other);
  assert.ok(times[4] < 16, `${times}`);
});
