import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { completionSources, rank } from "../../frontend/js/app/completing.js";
import { createState } from "../../frontend/js/state.js";

const candidate = (name, { called = name, isHere = false } = {}) => ({ name, called, isHere });
const best = (candidates, typed) => rank(candidates, typed).map(({ name }) => name);

describe("who is meant", () => {
  test("a name's beginning before a word's, before letters that are strewn over it", () => {
    assert.deepEqual(best([candidate("lima"), candidate("ada mars"), candidate("maya"), candidate("tom")], "ma"), ["maya", "ada mars", "lima"]);
  });

  test("those who are here first among equals", () => {
    assert.deepEqual(best([candidate("maya"), candidate("mara", { isHere: true })], "ma"), ["mara", "maya"]);
  });

  test("by what they call themselves, without regard to case or form", () => {
    assert.deepEqual(best([candidate("al", { called: "Ada Lovelace" })], "LOVE"), ["al"]);
    assert.deepEqual(best([candidate("Ünal")], "u\u0308n"), ["Ünal"]);
    assert.deepEqual(best([candidate("أمل")], "أم"), ["أمل"]);
  });

  test("nobody, where nothing fits; one letter is not strewn", () => {
    assert.deepEqual(best([candidate("ada")], "x"), []);
    assert.deepEqual(best([candidate("bob")], "o"), []);
    assert.deepEqual(best([candidate("ada")], "aad"), []);
  });

  test("eight at most", () => {
    assert.equal(best(Array.from({ length: 20 }, (_, at) => candidate(`ada${at}`)), "ada").length, 8);
  });
});

describe("the sources", () => {
  /** A state in a room, and what was asked of the server. */
  function begin({ members = [], user = { id: 1, username: "ada" }, fails = false } = {}) {
    const asked = [];
    const world = { time: 0, members };
    const state = Object.assign(createState(), {
      username: "ada", user, currentRoom: { id: 7, kind: "public" }, users: ["ada", "Maya"],
      messages: [{ username: "mo" }, { username: "milo" }, { username: "Maya" }],
      rooms: [
        { name: "general", kind: "public", archived_at: null, topic: "All" }, { name: "old general", kind: "public", archived_at: "2026", topic: "" },
        { name: "ada, maya", kind: "direct", archived_at: null, topic: "" },
      ],
    });
    const api = {
      members: async (roomId) => {
        asked.push(roomId);
        if (fails) throw new Error("no");
        return world.members;
      },
    };
    const names = { called: (name) => (name === "Maya" ? "Maya Lin" : name) };
    const [people, rooms] = completionSources({ state, api, names, now: () => world.time });
    const find = async (source, word) => (await source.find(word, new AbortController().signal)).map(({ text, label, detail }) => [text, label, detail]);
    return { asked, world, state, people, rooms, find };
  }

  test("people: who is here, then who wrote last, each once and never oneself", async () => {
    const { people, find, asked } = begin();
    assert.deepEqual(await find(people, "m"), [["@Maya", "Maya Lin", "@Maya · here"], ["@milo", "milo", ""], ["@mo", "mo", ""]]);
    assert.deepEqual(await find(people, "ada"), []);
    assert.deepEqual(asked, [7], "the members are asked for once");
  });

  test("a call says whom it reaches: of those who read a public room only who joined it", async () => {
    const { people, find, state } = begin();
    for (const [kind, says] of [["public", /joined this room/], ["private", /all members/]]) {
      state.currentRoom.kind = kind;
      const [[text, , detail]] = await find(people, "room");
      assert.equal(text, "@room");
      assert.match(detail, says);
    }
  });

  test("a call stands behind the people, unless it is typed whole", async () => {
    const { people, find, world } = begin();
    const texts = async (word) => (await find(people, word)).map(([text]) => text);
    assert.deepEqual(await texts(""), ["@Maya", "@milo", "@mo", "@here", "@room"]);
    world.members = [{ username: "robert", display_name: "Roomer" }];
    world.time = 60_001;
    await texts("");
    assert.deepEqual(await texts("ro"), ["@robert", "@room"]);
    assert.deepEqual(await texts("ROOM"), ["@room", "@robert"]);
    world.members = Array.from({ length: 9 }, (_, at) => ({ username: `rob${at}`, display_name: "" }));
    world.time = 120_002;
    await texts("");
    assert.deepEqual([(await texts("ro")).length, (await texts("ro")).at(-1)], [8, "@room"]);
  });

  test("people: other members, for whom one waits only where there is nobody else", async () => {
    const { people, find } = begin({ members: [{ username: "zoe", display_name: "Zoë" }, { username: "max", display_name: "" }] });
    assert.deepEqual(await find(people, "zo"), [["@zoe", "Zoë", "@zoe"]]);
    assert.deepEqual((await find(people, "max"))[0], ["@max", "max", ""]);
  });

  test("people: the members are asked for again after a minute, and after a failure", async () => {
    const { people, find, asked, world } = begin();
    await find(people, "x");
    world.time = 60_001;
    await find(people, "x");
    assert.deepEqual(asked, [7, 7]);
    const broken = begin({ fails: true });
    assert.deepEqual(await broken.find(broken.people, "zo"), []);
    broken.world.time = 1;
    await broken.find(broken.people, "zo");
    assert.equal(broken.asked.length, 2);
  });

  test("people: a guest does not ask for members", async () => {
    const { people, find, asked } = begin({ user: null });
    await find(people, "zo");
    assert.deepEqual(asked, []);
  });

  test("rooms: those that are open, none of conversations", async () => {
    const { rooms, find } = begin();
    assert.deepEqual(await find(rooms, "gen"), [["#general", "general", "All"]]);
    assert.deepEqual(await find(rooms, "ada"), []);
  });
});
