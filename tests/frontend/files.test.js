import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { addressOf, boxOf, factsText, isPicture, kindOf, nameParts } from "../../frontend/js/views/files/facts.js";
import { refuseDrops } from "../../frontend/js/views/files/tray.js";
import { randomOf } from "./support/random.js";

const image = (width, height, type = "image/png") => ({ type, width, height });

describe("what is told of a file", () => {
  test("its kind, by its type", () => {
    const kinds = {
      "image/png": "image", "video/mp4": "video", "audio/ogg": "audio", "application/zip": "archive", "application/pdf": "document",
      "text/csv": "sheet", "text/plain": "text", "application/json": "text", "application/octet-stream": "file",
      "application/vnd.openxmlformats-officedocument.presentationml.presentation": "slides",
    };
    for (const [type, kind] of Object.entries(kinds)) assert.equal(kindOf({ type }), kind, type);
  });

  test("its ending, or its kind where it has none, and its size", () => {
    assert.equal(factsText({ name: "report.pdf", type: "application/pdf", size: 2_400_000 }), "PDF, 2.4 MB");
    assert.equal(factsText({ name: "notes", type: "text/plain", size: 12 }), "Text, 12 bytes");
  });

  test("its name, whose end is never cut", () => {
    const parts = { "a.tar.gz": ["a.tar", ".gz"], report: ["report", ""], ".profile": [".profile", ""], "planning-of-the-year-with-comments-2026-11-28.pdf": ["planning-of-the-year-with-comment", "s-2026-11-28.pdf"],
      ["a".repeat(20) + "e\u0301".repeat(6) + "123456"]: ["a".repeat(20) + "e\u0301".repeat(3), "e\u0301".repeat(3) + "123456"], "a.": ["a.", ""], "a.übung": ["a", ".übung"] };
    for (const [name, expected] of Object.entries(parts)) assert.deepEqual(nameParts(name), expected, name);
  });

  test("only what browsers show harmlessly is a picture, and only with its size", () => {
    assert.deepEqual([image(3, 2), image(null, null), image(3, 2, "image/svg+xml"), image(3, 2, "text/html")].map(isPicture), [true, false, false, false]);
  });

  test("its address holds no name, and nothing of an id leads elsewhere", () => {
    assert.equal(addressOf("../../evil?x", "/thumbnail"), "/api/chat/files/..%2F..%2Fevil%3Fx/thumbnail");
  });
});

describe("the box that is kept for an image", () => {
  test("has its shape, is at most 360 by 280, and never larger than the image", () => {
    assert.deepEqual(boxOf(image(3000, 2000)), { width: 360, height: 240 });
    assert.deepEqual(boxOf(image(1000, 4000)), { width: 70, height: 280 });
    assert.deepEqual(boxOf(image(100, 80)), { width: 100, height: 80 });
  });

  test("can always be pressed, whatever shape the image has", () => {
    const random = randomOf(7);
    for (let turn = 0; turn < 500; turn += 1) {
      const { width, height } = boxOf(image(1 + random.below(20_000), 1 + random.below(20_000)));
      assert.ok(width >= 48 && width <= 360 && height >= 48 && height <= 280, `${width} x ${height}`);
    }
  });
});

describe("a file that is let go over the page", () => {
  /** Whether the browser is kept from showing it; `taken`: something on the page has it already. */
  function refused(type, types, taken = false) {
    const page = new EventTarget();
    if (taken) page.addEventListener(type, (event) => event.preventDefault());
    refuseDrops(page);
    const event = Object.assign(new Event(type, { cancelable: true }), { dataTransfer: { types, dropEffect: "copy" } });
    page.dispatchEvent(event);
    return [event.defaultPrevented, event.dataTransfer.dropEffect];
  }

  test("does not take its place, and the pointer says so", () => {
    for (const type of ["dragover", "drop"]) assert.deepEqual(refused(type, ["Files"]), [true, "none"]);
  });

  test("is left to who takes it, and so is text", () => {
    assert.deepEqual(refused("dragover", ["Files"], true), [true, "copy"]);
    assert.deepEqual(refused("drop", ["text/plain"]), [false, "copy"]);
  });
});
