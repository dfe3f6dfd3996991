import assert from "node:assert/strict";
import { before, test } from "node:test";

import { JSDOM } from "jsdom";

import { Screens } from "../../frontend/js/app/screens.js";
import { createState } from "../../frontend/js/state.js";

const { window } = new JSDOM('<!doctype html><link rel="stylesheet" href="/styles.css"><svg class="sprite"></svg><div id="toasts"></div><div id="live-polite"></div><div id="live-assertive"></div>');

before(() => {
  // The views look the document up when they are used, as they would in a page.
  globalThis.document = window.document;
  globalThis.AbortController = window.AbortController;
});

/** A style sheet that is asked for is there at once. */
function serveStyles(document) {
  new window.MutationObserver((changes) => {
    for (const link of changes.flatMap(({ addedNodes }) => [...addedNodes])) link.dispatchEvent(new window.Event("load"));
  }).observe(document.head, { childList: true });
}

test("a notice is shown, and said in a region that was there before it", async () => {
  const { document } = window;
  serveStyles(document);
  const screens = new Screens({
    document, state: createState(), config: {}, page: { api: null }, lastPerson: () => null, renderMessages: () => {},
  });

  await screens.toast("Kitchen is gone.", "ok");
  await screens.toast("Not sent.", "danger");
  await screens.announce(() => {});
  const texts = (selector) => [...document.querySelectorAll(selector)].map((node) => node.textContent);
  assert.deepEqual(texts(".toast-text"), ["Kitchen is gone.", "Not sent."]);
  assert.deepEqual(texts("#live-polite > p"), ["Kitchen is gone."]);
  assert.deepEqual(texts("#live-assertive > p"), ["Not sent."]);
  // Said once: the notice itself is no live region.
  assert.equal(document.querySelector("#toasts [role], #toasts [aria-live]"), null);
  for (const button of document.querySelectorAll(".toast-close")) button.click();
  assert.deepEqual(texts(".toast"), []);
});
