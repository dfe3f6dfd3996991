import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  canonical,
  cleanName,
  countCharacters,
  dayKey,
  formatDate,
  formatDay,
  formatTime,
  hue,
  initials,
  isEmojiOnly,
  untilMidnight } from "../../frontend/js/format.js";
import { formatLength } from "../../frontend/js/strings/lengths.js";

/** A moment of the reader's own calendar, whatever the time zone of the machine. */
const local = (...parts) => new Date(...parts).toISOString();

describe("days", () => {
  const now = new Date(2026, 4, 3, 0, 5);

  test("the last minute of yesterday and the first of today are two days", () => {
    assert.notEqual(dayKey(local(2026, 4, 2, 23, 59)), dayKey(local(2026, 4, 3, 0, 0)));
    assert.equal(dayKey(local(2026, 4, 3, 0, 0)), dayKey(local(2026, 4, 3, 23, 59)));
  });

  test("today and yesterday have names, five minutes after midnight too", () => {
    assert.equal(formatDay(local(2026, 4, 3, 0, 1), now), "Today");
    assert.equal(formatDay(local(2026, 4, 2, 23, 59), now), "Yesterday");
    assert.equal(formatDay(local(2026, 4, 2, 0, 1), now), "Yesterday");
  });

  test("yesterday is yesterday also when a clock change made it 23 or 25 hours long", () => {
    for (let day = 0; day < 366; day += 1) {
      const noon = new Date(2026, 0, 1 + day, 12);
      assert.equal(formatDay(local(2026, 0, day, 12), noon), "Yesterday");
    }
  });

  test("this year's days come with the weekday, others with the year", () => {
    assert.match(formatDay(local(2026, 3, 1, 12), now), /^Wednesday\b/);
    assert.doesNotMatch(formatDay(local(2026, 3, 1, 12), now), /2026/);
    assert.match(formatDay(local(2025, 3, 1, 12), now), /2025/);
    assert.match(formatDate(local(2026, 4, 3, 12)), /2026/);
  });

  test("the time until midnight is never nothing, so that a timer cannot spin", () => {
    assert.equal(untilMidnight(new Date(2026, 4, 3, 23, 59, 30)), 30_000);
    assert.ok(untilMidnight(new Date(2026, 4, 3, 23, 59, 59, 999)) >= 1000);
  });

  test("a time has hours and minutes", () => {
    assert.match(formatTime(local(2026, 4, 3, 14, 5)), /^(14:05|2:05.[Pp][Mm])$/);
  });
});

describe("names", () => {
  test("one person is one name however it is written", () => {
    for (const [a, b] of [
      ["Alice", "alice"],
      [" alice ", "ALICE"],
      ["Straße", "STRASSE"],
      ["\uff21lice", "alice"],
      ["Zoe\u0308", "Zo\u00eb"],
      ["Ada  Lovelace", "ada\u00a0lovelace"],
      ["STRA\u1e9eE", "stra\u00dfe"],
      ["\u03bf\u03b4\u03bf\u03c2", "\u039f\u0394\u039f\u03a3"],
      ["\u03bf\u03b4\u03bf\u03c2", "\u03bf\u03b4\u03bf\u03c3"],
      ["\u0130da", "i\u0307da"],
      ["\u1fb3", "\u03b1\u03b9"],
      ["\u2764\ufe0f Ada", "\u2764 ada"],
      ["\u845b\u{e0100}", "\u845b"],
      ["\ufb03x", "FFIX"],
      ["\u13a0", "\uab70"],
      ["\u212a", "k"],
    ]) {
      assert.equal(canonical(a), canonical(b), `${a} is ${b}`);
    }
  });

  test("and two are two", () => {
    for (const [a, b] of [
      ["alice", "alise"],
      ["Ada Lovelace", "AdaLovelace"],
      ["\u0131da", "Ida"],
      ["Zo\u00eb", "Zoe"],
      ["\u03b1\u03c3\u03b1", "\u03b1\u03b1"],
    ]) {
      assert.notEqual(canonical(a), canonical(b), `${a} is not ${b}`);
    }
  });

  test("a name is folded to the same letters as on the server", () => {
    for (const [name, folded] of [
      ["Stra\u00dfe", "strasse"],
      ["\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c3"],
      ["  Ada \u2003 LOVELACE ", "ada lovelace"],
      ["I\u0307\u0131", "i\u0307\u0131"],
      ["\ufb01n\u00c9", "fin\u00e9"],
    ]) {
      assert.equal(canonical(name), folded, name);
    }
  });

  test("a name is kept as the server writes it: composed, trimmed, with single spaces, in its own case", () => {
    assert.equal(cleanName("  Ada \u00a0  Lovelace\u2003"), "Ada Lovelace");
    assert.equal(cleanName("Zoe\u0308"), "Zo\u00eb");
    assert.equal(cleanName("\uff21da"), "\uff21da");
    assert.equal(cleanName("   "), "");
  });

  test("initials are the first characters of the first and the last word", () => {
    for (const [name, expected] of [
      ["alice", "A"],
      ["Ada Lovelace", "AL"],
      ["ludwig van beethoven", "LB"],
      ["jean-luc", "JL"],
      ["mary.ann_smith", "MS"],
      ["bot 2", "B"],
      ["\u00e9mile", "\u00c9"],
      ["\u5c0f\u6797", "\u5c0f"],
      ["👩‍🚀 crew", "👩‍🚀C"],
      ["...", "?"],
    ]) {
      assert.equal(initials(name), expected, name);
    }
  });

  test("a name always has the same colour, and names that differ little differ in it", () => {
    assert.equal(hue("ada"), hue("ada"));
    const hues = Array.from({ length: 40 }, (_, index) => hue(`person${index}`));
    assert.ok(hues.every((value) => Number.isInteger(value) && value >= 0 && value < 360));
    assert.ok(new Set(hues).size > 30, "few names share a colour");
  });
});

describe("lengths", () => {
  test("what is counted is code points of the trimmed text, composed", () => {
    assert.equal(countCharacters("  hi \n"), 2);
    assert.equal(countCharacters("😀😀"), 2);
    assert.equal(countCharacters("e\u0301"), 1);
    assert.equal(countCharacters("   "), 0);
  });
});

describe("emoji only", () => {
  test("one to three emoji, of any make, with or without space", () => {
    for (const text of ["👍", "👏🎉", "🎉 🎉 🎉", "❤️", "👨‍👩‍👧‍👦", "👋🏽", "🇩🇪", "1️⃣", " ☕ ", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"]) {
      assert.equal(isEmojiOnly(text), true, text);
    }
  });

  test("not more, not with words, not digits and signs that are text", () => {
    for (const text of ["", "  ", "👍👍👍👍", "ok 👍", "👍!", "1", "123", "#", "©", "™", "❤", "a", "日本"]) {
      assert.equal(isEmojiOnly(text), false, text);
    }
  });

  test("a long text is not looked through", () => {
    assert.equal(isEmojiOnly("🎉".repeat(2000)), false);
  });
});

test("a length of time is said in the unit that says it best, never as nothing", () => {
  assert.deepEqual([0, 900, 12_000, 60_000, 90_000, 100_000, 3_600_000, 49 * 3_600_000].map(formatLength),
    ["1 second", "1 second", "12 seconds", "1 minute", "90 seconds", "2 minutes", "1 hour", "3 days"]);
});
