import assert from "node:assert/strict";
import { afterEach, before, beforeEach, mock, test } from "node:test";

import { JSDOM } from "jsdom";

import { createPicker } from "../../frontend/js/views/places/picker.js";
import { settled } from "./support/clock.js";

const { window } = new JSDOM("<!doctype html><body></body>");
const { document } = window;

before(() => {
  // The views look the document up when they are used, as they would in a page.
  globalThis.document = window.document;
  window.Element.prototype.scrollIntoView = () => {};
});

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

const PEOPLE = ["ada", "adam", "bob"].map((username) => ({ username, display_name: username.toUpperCase(), hue: null }));

/** A picker on the page, what it has asked for, and somebody who types. */
function picker(max = 2) {
  const asked = [];
  const made = createPicker({
    label: "To", max,
    find: async (query) => {
      asked.push(query);
      if (query === "broken") throw new Error("network");
      return PEOPLE.filter(({ username }) => username.startsWith(query));
    },
  });
  document.body.replaceChildren(made.element);
  const press = (key) => made.input.dispatchEvent(new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const type = async (text) => {
    made.input.value = text;
    made.input.dispatchEvent(new window.Event("input", { bubbles: true }));
    mock.timers.tick(200);
    await settled();
  };
  const options = () => [...document.querySelectorAll("[role=option]")];
  const active = () => options().findIndex((node) => node.id === made.input.getAttribute("aria-activedescendant"));
  const status = () => document.querySelector("[role=status]").textContent;
  return { made, asked, press, type, options, active, status };
}

test("what is typed is asked for when the keys rest, and the first who is found can be taken", async () => {
  const { made, asked, press, type, options, active, status } = picker();
  await type("ada");
  assert.deepEqual([asked, options().length, active(), status()], [["ada"], 2, 0, "2 people found"]);
  assert.equal(made.input.getAttribute("aria-expanded"), "true");
  press("ArrowDown");
  assert.equal(active(), 1);
  press("ArrowDown");
  assert.equal(active(), 0);
  press("Enter");
  assert.deepEqual([made.chosen(), made.input.value, options().length], [["ada"], "", 0]);
  assert.equal(made.input.getAttribute("aria-expanded"), "false");
});

test("who is chosen is not offered again, and no more than fit are taken", async () => {
  const { made, press, type, options, status } = picker(1);
  await type("ada");
  press("Enter");
  await type("ada");
  assert.deepEqual(options().map((node) => node.dataset.name), ["adam"]);
  press("Enter");
  assert.deepEqual([made.chosen(), status()], [["ada"], "That is as many as fit: 1."]);
});

test("the last one goes by Backspace, any by its button", async () => {
  const { made, press, type } = picker(3);
  for (const name of ["ada", "bob"]) {
    await type(name);
    press("Enter");
  }
  document.querySelector("[aria-label='Remove ada']").click();
  assert.deepEqual(made.chosen(), ["bob"]);
  press("Backspace");
  assert.deepEqual(made.chosen(), []);
});

test("Escape closes the list, and only then what stands around it", async () => {
  const { press, type, options } = picker();
  await type("ada");
  let outside = 0;
  document.body.addEventListener("keydown", () => (outside += 1));
  press("Escape");
  assert.deepEqual([options().length, outside], [0, 0]);
  press("Escape");
  assert.equal(outside, 1);
});

test("nobody found, and people who cannot be loaded, are told in words", async () => {
  const { type, status } = picker();
  await type("zoe");
  assert.equal(status(), "Nobody matches “zoe”.");
  await type("broken");
  assert.equal(status(), "People could not be loaded.");
  await type("");
  assert.equal(status(), "");
});
