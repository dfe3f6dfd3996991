import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";

import { JSDOM } from "jsdom";

const SCRIPT = await readFile(new URL("../../frontend/js/early.js", import.meta.url), "utf8");

/** The theme of a page after early.js has run in it; `storage: null` is a browser that forbids it. */
function themeAfter(storage) {
  const { window } = new JSDOM("<!doctype html><html></html>", { url: "https://chat.example/", runScripts: "outside-only" });
  for (const [key, value] of Object.entries(storage ?? {})) window.localStorage.setItem(key, value);
  if (storage === null) {
    Object.defineProperty(window, "localStorage", {
      get: () => {
        throw new window.DOMException("forbidden", "SecurityError");
      },
    });
  }
  window.eval(SCRIPT);
  return window.document.documentElement.dataset.theme;
}

describe("before the first paint", () => {
  test("the theme that was chosen is there", () => {
    for (const theme of ["light", "dark"]) assert.equal(themeAfter({ "parlour.theme": theme }), theme);
  });

  test("it is the system's, when none or nonsense was chosen, or when storage is forbidden", () => {
    assert.equal(themeAfter({}), undefined);
    assert.equal(themeAfter({ "parlour.theme": "pink" }), undefined);
    assert.equal(themeAfter(null), undefined);
  });
});
