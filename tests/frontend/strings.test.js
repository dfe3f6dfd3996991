import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { describe, test } from "node:test";

import { accountErrorText, words as account } from "../../frontend/js/strings/account.js";
import { words as dialogs } from "../../frontend/js/strings/dialogs.js";
import { errorText, strings } from "../../frontend/js/strings/en.js";
import { words as login } from "../../frontend/js/strings/login.js";
import { words as markdown } from "../../frontend/js/strings/markdown.js";
import { words as writing } from "../../frontend/js/strings/writing.js";
import { words as admin } from "../../frontend/js/strings/admin.js";
import { words as emoji } from "../../frontend/js/strings/emoji.js";
import { words as places } from "../../frontend/js/strings/places.js";
import { words as search } from "../../frontend/js/strings/search.js";
import { words as switcher } from "../../frontend/js/strings/switcher.js";
import { words as reactions } from "../../frontend/js/strings/reactions.js";
import { words as replies } from "../../frontend/js/strings/replies.js";
import { words as rooms } from "../../frontend/js/strings/rooms.js";
import { words as thread } from "../../frontend/js/strings/thread.js";
import { words as notices } from "../../frontend/js/strings/notices.js";
import { words as board } from "../../frontend/js/strings/board.js";
import { words as keeping } from "../../frontend/js/strings/keeping.js";
import { words as reads } from "../../frontend/js/strings/reads.js";
import { sizeText, words as files } from "../../frontend/js/strings/files.js";
import { fileWords } from "../../frontend/js/strings/said.js";
import { words as attention } from "../../frontend/js/strings/attention.js";
import { words as scheduled } from "../../frontend/js/strings/scheduled.js";
import { words as status } from "../../frontend/js/strings/status.js";
import { words as scheduling } from "../../frontend/js/strings/scheduling.js";

const FRONTEND = new URL("../../frontend/", import.meta.url);
const VIEWS = new URL("js/views/", FRONTEND);

/** Every entry of the table with its path, such as ["rooms.title", "Rooms"]. */
function* entries(table, path = []) {
  for (const [name, value] of Object.entries(table)) {
    if (typeof value === "object") yield* entries(value, [...path, name]);
    else yield [[...path, name].join("."), value];
  }
}

/** What a function of the table may be called with: something for each kind of parameter it can have. */
const SAMPLES = [[1, 1], [2, 2], [1000, 3], ["ada", 2], [["Ada"], 1], [["Ada", "Bob", "Cleo", "Dan", "Eve"], 5],
  [{ type: "image/png", name: "sun.png", alt: "" }]];

/** Everything an entry can say, as far as the samples fit its parameters. */
function sayings(value) {
  if (typeof value === "string") return [value];
  return SAMPLES.flatMap((sample) => {
    try {
      return [value(...sample)];
    } catch (error) {
      // A list where a number belongs, or the other way round.
      if (error instanceof TypeError || error instanceof RangeError) return [];
      throw error;
    }
  });
}

/** All tables, as one. */
const ALL = {
  ...strings, accountTable: account, dialogTable: dialogs, loginTable: login, placesTable: places, adminTable: admin, switcherTable: switcher,
  markdownTable: markdown, writingTable: writing, emojiTable: emoji, reactionTable: reactions, repliesTable: replies, threadTable: thread,
  attentionTable: attention, readsTable: reads, searchTable: search, filesTable: files, roomsTable: rooms, noticesTable: notices, boardTable: board,
  keepingTable: keeping, scheduledTable: scheduled, schedulingTable: scheduling, statusTable: status,
};

async function viewSources() {
  const names = (await readdir(VIEWS, { recursive: true })).filter((name) => name.endsWith(".js"));
  assert.ok(names.length > 10, "the views are where this test looks for them");
  return Promise.all(names.map(async (name) => ({ name, source: await readFile(new URL(name, VIEWS), "utf8") })));
}

/** A view's code without its comments. */
const codeOf = (source) => source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");

describe("the table of words", () => {
  test("says something in every entry, in at most 90 characters", () => {
    let count = 0;
    for (const [path, value] of entries(ALL)) {
      const said = sayings(value);
      assert.ok(said.length > 0, `${path} could be called with nothing`);
      for (const text of said) {
        assert.equal(typeof text, "string", path);
        assert.match(text, /\S/, path);
        assert.ok(text.length <= 90, `${path} has ${text.length} characters`);
      }
      count += 1;
    }
    assert.ok(count > 80);
  });

  test("raises its voice nowhere, and has the right apostrophe everywhere", () => {
    for (const [path, value] of entries(ALL)) {
      for (const text of sayings(value)) assert.doesNotMatch(text, /!|\w'\w/, path);
    }
  });

  test("counts have their plural", () => {
    assert.equal(rooms.online(1), "1 person here");
    assert.equal(rooms.online(2), "2 people here");
    assert.equal(notices.announce.many(1), "1 new message");
    assert.equal(strings.banner.waiting(2), "You’re offline. We’ll send your 2 messages when you’re back.");
    assert.equal(strings.composer.over(1200), "1,200 characters too long");
    assert.equal(scheduled.line(1, "tomorrow, 09:00"), "1 message is to be sent tomorrow, 09:00.");
    assert.equal(scheduled.line(2, "tomorrow, 09:00"), "2 messages are to be sent, the next tomorrow, 09:00.");
  });

  test("sizes are told as shops tell them", () => {
    const told = [0, 1, 999, 1000, 999_499, 999_600, 2_400_000, 212_000_000, 5e15].map(sizeText);
    assert.deepEqual(told, ["0 bytes", "1 byte", "999 bytes", "1 KB", "999 KB", "1 MB", "2.4 MB", "212 MB", "5,000 TB"]);
  });

  test("files are named where a message is only quoted", () => {
    assert.equal(fileWords({ type: "image/png", name: "sun.png", alt: "A sunset" }), "Image: A sunset");
    assert.equal(fileWords({ type: "image/png", name: "sun.png", alt: "" }), "Image: sun.png");
    assert.equal(fileWords({ type: "application/pdf", name: "report.pdf", alt: "" }), "📎 report.pdf");
  });

  test("names are joined, and many names are counted", () => {
    assert.equal(strings.strip.typing(["Ada"]), "Ada is typing");
    assert.equal(strings.strip.typing(["Ada", "Bob"]), "Ada and Bob are typing");
    assert.equal(strings.strip.typing(["Ada", "Bob", "Cleo", "Dan"]), "Several people are typing");
    assert.equal(strings.messages.joined(["Ada", "Bob", "Cleo", "Dan"]), "Ada, Bob, and 2 others joined");
  });
});

describe("errors in words", () => {
  test("every code of the protocol that the page can meet has a sentence of its own", () => {
    const unknown = errorText("no_such_code");
    for (const code of [
      "archived", "banned", "muted", "slow_mode", "invite_invalid", "bad_json", "unknown_type", "invalid", "too_long", "empty", "not_found", "not_allowed", "not_signed_in", "name_taken",
      "name_reserved", "name_invalid", "room_exists", "rate_limited", "too_many_connections", "storage_full", "too_large", "edit_window_over",
      "unsupported_type", "busy", "timeout", "internal", "network",
    ]) {
      assert.notEqual(errorText(code), unknown, code);
      assert.match(errorText(code), /\.$/, code);
    }
  });

  test("so has every code that concerns an account", () => {
    const unknown = accountErrorText("no_such_code");
    for (const code of [
      "wrong_credentials", "password_weak", "password_short", "password_empty", "password_wrong", "username_empty", "username_short",
      "registration_closed", "invite_needed", "invite_invalid", "name_taken", "name_reserved", "name_invalid", "name_too_long",
      "too_long", "not_signed_in", "guests_off", "busy", "network", "internal",
    ]) {
      assert.notEqual(accountErrorText(code), unknown, code);
      assert.match(accountErrorText(code), /\.$/, code);
    }
    assert.equal(accountErrorText("no_such_code", "The server says this."), "The server says this.");
  });

  test("an unknown code shows the server's own words, or at least something", () => {
    assert.equal(errorText("no_such_code", "The server says this."), "The server says this.");
    for (const code of ["no_such_code", null, undefined, "", "constructor", "__proto__"]) assert.match(errorText(code), /^Something went wrong/);
  });

  test("why a server is busy is for the server to say: somebody may have to see to it", () => {
    const damaged = "The server's database is damaged: whoever runs it has to restore a backup.";
    assert.equal(errorText("busy", damaged), damaged);
    assert.equal(accountErrorText("busy", damaged), damaged);
    assert.match(errorText("busy"), /^The server is busy/);
  });
});

describe("words stand in the table alone", () => {
  test("each view names only entries that exist", async () => {
    const pathsOf = (table) => [...entries(table)].map(([path]) => path);
    const known = {
      strings: pathsOf(strings),
      words: [account, admin, attention, board, board.pins, board.saved, dialogs, emoji, files, keeping, login, notices, rooms, markdown, places, reactions, reads, replies, scheduled, scheduling, scheduling.page, search, status, switcher, thread, writing].flatMap(pathsOf),
    };
    for (const { name, source } of await viewSources()) {
      // Elsewhere `words` is another thing.
      const names = /\bwords\b.*from '[./]*strings\//.test(source) ? "strings|words" : "strings";
      const tables = new RegExp(`\\b(${names})\\.([a-zA-Z]+(?:\\.[a-zA-Z]+)*)`, "g");
      for (const [, table, path] of codeOf(source).matchAll(tables)) {
        const holds = known[table].some((entry) => entry === path || entry.startsWith(`${path}.`) || path.startsWith(`${entry}.`));
        assert.ok(holds, `${name} uses ${table}.${path}`);
      }
    }
  });

  test("no view has a sentence of its own", async () => {
    for (const { name, source } of await viewSources()) {
      for (const [literal] of codeOf(source).matchAll(/'(?:[^'\\\n]|\\.)*'/g)) {
        assert.doesNotMatch(literal, /^'[A-Z][a-z]+ [a-z]+/, `${name}: ${literal}`);
      }
    }
  });

  test("the page itself has none but its title and the line for browsers without scripts", async () => {
    const html = await readFile(new URL("index.html", FRONTEND), "utf8");
    const body = html.slice(html.indexOf("<body>")).replace(/<noscript>[\s\S]*<\/noscript>/, "");
    assert.equal(body.replace(/<[^>]*>/g, "").trim(), "");
    assert.doesNotMatch(body, /\s(?:title|alt|placeholder|aria-label|style|on[a-z]+)=/);
  });
});
