import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import { JSDOM } from "jsdom";

import { showMentions, untilText } from "../../frontend/js/views/mentions.js";

const { window } = new JSDOM("<!doctype html><body></body>");
const { document } = window;

before(() => {
  globalThis.document = document;
  globalThis.NodeFilter = window.NodeFilter;
});

/** What is marked in a message that mentions these names. */
function marked(content, mentions) {
  const row = document.createElement("div");
  Object.assign(row, { className: "row" }).dataset.messageId = "1";
  const body = row.appendChild(document.createElement("div"));
  Object.assign(body, { className: "row-body", textContent: content });
  document.body.replaceChildren(row);
  showMentions(document, () => ({ mentions }), { me: "ann", isAbout: () => false });
  return [...body.querySelectorAll(".mention")].map(({ textContent }) => textContent);
}

describe("a mention is marked", () => {
  test("where the name ends, and not in a longer one", () => {
    assert.deepEqual(marked("@ann and @anna, @ann7, @Ann!", ["ann"]), ["@ann", "@Ann"]);
    assert.deepEqual(marked("@ann.", ["ann"]), ["@ann"]);
    assert.deepEqual(marked("@ann_, @ann-, @ann.lee", ["ann"]), ["@ann", "@ann", "@ann"]);
  });

  test("also before a script that writes without blanks", () => {
    assert.deepEqual(marked("@annさん @ann氏 @annครับ @annä", ["ann"]), ["@ann", "@ann", "@ann"]);
  });

  test("as the longest that is mentioned, and not in an address", () => {
    assert.deepEqual(marked("@anna @ann mail@ann", ["ann", "anna"]), ["@anna", "@ann"]);
    assert.deepEqual(marked("@here we are", ["@here"]), ["@here"]);
  });
});

test("until when one is not disturbed has its day where that is another", () => {
  const now = new Date(2026, 10, 28, 17, 20).getTime();
  const at = (hours) => new Date(now + hours * 3_600_000).toISOString();
  assert.doesNotMatch(untilText(at(1), now), /29|November/);
  assert.match(untilText(at(24), now), /29.*, /);
});
