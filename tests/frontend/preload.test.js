import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";

const FRONTEND = new URL("../../frontend/", import.meta.url);
/** Loaded with the page, whatever it shows: at most this many, because each is a request. */
const EAGER_AT_MOST = 12;

/** All modules that the given ones import statically, themselves included, as paths below frontend/. */
async function reachable(...roots) {
  const seen = new Set();
  const queue = [...roots];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const url = new URL(path, FRONTEND);
    const source = (await readFile(url, "utf8")).replace(/\/\*[\s\S]*?\*\//g, "");
    for (const [, specifier] of source.matchAll(/^(?:import|export)\s(?:[^'"();]*\sfrom\s)?["']([^"']+)["']/gm)) {
      queue.push(new URL(specifier, url).href.slice(FRONTEND.href.length));
    }
  }
  return seen;
}

const page = await readFile(new URL("index.html", FRONTEND), "utf8");
const eager = [...page.matchAll(/<link rel="modulepreload" href="\/assets\/([^"]+)">/g)].map(([, path]) => path);

describe("what the browser is told to load", () => {
  test("with the page: all that app.js imports statically, and nothing else", async () => {
    assert.deepEqual(new Set(eager), await reachable("app.js"));
    assert.ok(eager.length <= EAGER_AT_MOST, `${eager.length} modules`);
  });

  for (const [title, storage, hash, roots] of [
    ["a stranger: the login", {}, "", ["js/views/login.js"]],
    ["somebody known: the list of rooms", { "parlour.username": "Ada" }, "#/", ["js/views/rooms.js"]],
    ["in a room: the conversation and the outbox", { "parlour.username": "Ada" }, "#/r/7", ["js/views/chat.js", "js/app/visit.js", "js/app/sending.js"]],
  ]) {
    test(`for ${title}, from the first moment on`, async () => {
      const { links } = await runEarly({ storage, hash });
      const expected = await reachable(...roots);
      for (const path of eager) expected.delete(path);
      assert.deepEqual([...links].sort(), [...expected].sort());
    });
  }
});

describe("the theme", () => {
  test("that was chosen is there before the first paint", async () => {
    for (const theme of ["light", "dark"]) {
      assert.equal((await runEarly({ storage: { "parlour.theme": theme } })).theme, theme);
    }
  });

  test("is the system's, when none or nonsense was chosen, or when storage is forbidden", async () => {
    assert.equal((await runEarly({})).theme, undefined);
    assert.equal((await runEarly({ storage: { "parlour.theme": "pink" } })).theme, undefined);
    const { theme, links } = await runEarly({ storage: null });
    assert.equal(theme, undefined);
    assert.ok(links.includes("js/views/login.js"));
  });
});

/** Runs early.js in a page of which it sees the parts it uses; `storage: null` is a browser that forbids it. */
async function runEarly({ storage = {}, hash = "" }) {
  const { JSDOM } = await import("jsdom");
  const { window } = new JSDOM("<!doctype html><html><head><script src='https://chat.example/assets/0123abcd/js/early.js'></script></head></html>", {
    url: `https://chat.example/${hash}`,
    runScripts: "outside-only",
  });
  for (const [key, value] of Object.entries(storage ?? {})) window.localStorage.setItem(key, value);
  if (storage === null) {
    Object.defineProperty(window, "localStorage", {
      get: () => {
        throw new window.DOMException("forbidden", "SecurityError");
      },
    });
  }
  Object.defineProperty(window.document, "currentScript", { value: window.document.querySelector("script") });
  window.eval(await readFile(new URL("js/early.js", FRONTEND), "utf8"));
  const links = [...window.document.querySelectorAll('link[rel="modulepreload"]')].map((link) => link.href);
  const base = "https://chat.example/assets/0123abcd/";
  for (const link of links) assert.ok(link.startsWith(base), link);
  return { theme: window.document.documentElement.dataset.theme, links: links.map((link) => link.slice(base.length)) };
}
