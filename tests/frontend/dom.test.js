import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { before, describe, test } from "node:test";

import { JSDOM } from "jsdom";

import { el, find, icon, inOrder, keepFocus, reconcile, richText, setAttr, setText, takesText, uid } from "../../frontend/js/dom.js";

const { document } = new JSDOM("<!doctype html><html lang=en><body></body></html>").window;

before(() => {
  // The module looks the document up when it is used, as it would in a page.
  globalThis.document = document;
});

/** A parent with one child per letter, and a function that tells their order. */
function letters(text) {
  const parent = el("ul");
  const nodes = new Map([...text].map((letter) => [letter, el("li", {}, letter)]));
  parent.append(...nodes.values());
  return { parent, nodes, order: () => parent.textContent };
}

/** What happened to a parent's list of children while something was done. */
function movesDuring(parent, run) {
  const moved = [];
  const { insertBefore } = parent;
  parent.insertBefore = (node, reference) => {
    moved.push(node.textContent);
    return insertBefore.call(parent, node, reference);
  };
  run();
  delete parent.insertBefore;
  return moved.join("");
}

test("keys write something in fields, whatever part of them is hit, and nowhere else", () => {
  const editor = el("div", { contenteditable: true }, el("b"));
  for (const node of [el("input"), el("textarea"), editor, editor.firstChild]) assert.equal(takesText(node), true, node.outerHTML);
  for (const node of [el("button"), el("h1", { tabindex: -1 }), document, null]) assert.equal(takesText(node), false);
});

describe("el", () => {
  test("sets attributes, data and children", () => {
    const node = el("a", { class: "x y", href: "#/r/1", "aria-label": "Room", tabindex: -1, dataset: { roomId: "7" } }, "one ", el("b", {}, "two"));
    assert.equal(node.outerHTML, '<a class="x y" href="#/r/1" aria-label="Room" tabindex="-1" data-room-id="7">one <b>two</b></a>');
  });

  test("leaves out what is null, undefined or false, and sets what is true empty", () => {
    const node = el("input", { required: true, disabled: false, name: null, value: undefined }, null, undefined, false);
    assert.equal(node.outerHTML, '<input required="">');
    assert.equal(el("p", null, "").childNodes.length, 1);
  });

  test("keeps an empty string and a zero", () => {
    assert.equal(el("input", { value: "", tabindex: 0 }).outerHTML, '<input value="" tabindex="0">');
  });

  test("makes text of what looks like markup", () => {
    const attack = '<img src=x onerror="alert(1)">';
    const node = el("p", { title: attack }, attack);
    assert.equal(node.childElementCount, 0);
    assert.equal(node.textContent, attack);
    assert.equal(node.title, attack);
  });

  test("refuses handlers and inline styles, which the page's policy would drop in silence", () => {
    for (const name of ["onclick", "onerror", "style"]) assert.throws(() => el("p", { [name]: "x" }), TypeError);
  });
});

describe("small helpers", () => {
  test("an icon is hidden from screen readers and names a symbol", () => {
    const node = icon("send", "icon-sm");
    assert.equal(node.getAttribute("aria-hidden"), "true");
    assert.equal(node.querySelector("use").getAttribute("href"), "#i-send");
    assert.equal(node.getAttribute("class"), "icon icon-sm");
  });

  test("ids are never given twice", () => {
    const ids = Array.from({ length: 100 }, () => uid("row"));
    assert.equal(new Set(ids).size, 100);
  });

  test("setText leaves a node alone that says so already", () => {
    const node = el("p", {}, "same");
    const { firstChild } = node;
    setText(node, "same");
    assert.equal(node.firstChild, firstChild);
    setText(node, "other");
    assert.equal(node.textContent, "other");
  });

  test("setAttr sets, empties and removes", () => {
    const node = el("p");
    setAttr(node, "data-x", "1");
    assert.equal(node.outerHTML, '<p data-x="1"></p>');
    setAttr(node, "data-x", true);
    assert.equal(node.outerHTML, '<p data-x=""></p>');
    for (const nothing of [false, null, undefined]) {
      setAttr(node, "data-x", "1");
      setAttr(node, "data-x", nothing);
      assert.equal(node.outerHTML, "<p></p>");
    }
  });

  test("find says what is missing", () => {
    assert.throws(() => find(".nowhere"), /missing \.nowhere/);
  });
});

describe("order", () => {
  for (const [from, to, moved] of [
    ["abc", "abc", ""],
    ["abc", "xyabc", "xy"],
    ["abc", "abcxy", "xy"],
    ["abc", "axbc", "x"],
    ["ab", "ba", "b"],
  ]) {
    test(`${from} becomes ${to} by moving ${moved || "nothing"}`, () => {
      const { parent, nodes, order } = letters(from);
      const wanted = [...to].map((letter) => nodes.get(letter) ?? el("li", {}, letter));
      assert.equal(movesDuring(parent, () => inOrder(parent, wanted)), moved);
      assert.equal(order(), to);
    });
  }

  test("reconcile keeps the nodes of keys that stay, makes the new ones and takes the others away", () => {
    const { parent, nodes, order } = letters("abcd");
    const kept = nodes.get("c");
    const made = [];
    reconcile(parent, nodes, ["c", "x", "a"], (key) => {
      made.push(key);
      return el("li", {}, key);
    });
    assert.equal(order(), "cxa");
    assert.deepEqual(made, ["x"]);
    assert.equal(parent.firstChild, kept);
    assert.deepEqual([...nodes.keys()].sort(), ["a", "c", "x"]);
  });

  test("reconcile ends where it should from any order to any other", () => {
    const orders = ["", "a", "ab", "ba", "abc", "cab", "bca", "xaybzc", "zyx"];
    for (const from of orders) {
      for (const to of orders) {
        const { parent, nodes, order } = letters(from);
        reconcile(parent, nodes, [...to], (key) => el("li", {}, key));
        assert.equal(order(), to, `${from} to ${to}`);
        assert.equal(nodes.size, to.length);
      }
    }
  });
});

describe("the focus", () => {
  /** Two buttons in a part of the page, and a third one elsewhere. */
  function page() {
    const [first, second, elsewhere] = ["first", "second", "elsewhere"].map((name) => el("button", {}, name));
    const part = el("div", {}, first, second);
    document.body.replaceChildren(part, elsewhere);
    return { part, first, second, elsewhere };
  }

  test("goes on to the fallback when what had it is taken away", () => {
    const { part, first, elsewhere } = page();
    first.focus();
    keepFocus(part, () => first.remove(), () => elsewhere);
    assert.equal(document.activeElement, elsewhere);
  });

  test("stays where the change itself has put it", () => {
    const { part, first, second, elsewhere } = page();
    first.focus();
    keepFocus(part, () => {
      first.remove();
      second.focus();
    }, () => elsewhere);
    assert.equal(document.activeElement, second);
  });

  test("is none of its business when it was somewhere else", () => {
    const { part, first, elsewhere } = page();
    elsewhere.focus();
    keepFocus(part, () => first.remove(), () => assert.fail("nothing was lost"));
    assert.equal(document.activeElement, elsewhere);
  });

  test("is lost where there is no fallback, without an error", () => {
    const { part, first } = page();
    first.focus();
    keepFocus(part, () => first.remove(), () => null);
    assert.equal(document.activeElement, document.body);
  });
});

describe("what people write", () => {
  const shown = (text) => el("p", {}, richText(text));

  test("links open elsewhere and tell nobody where from", () => {
    const [link] = shown("see https://example.org/a_(b).").children;
    assert.equal(link.getAttribute("href"), "https://example.org/a_(b)");
    assert.equal(link.getAttribute("rel"), "noopener noreferrer nofollow");
    assert.equal(link.getAttribute("target"), "_blank");
  });

  test("nothing else becomes an element", () => {
    for (const text of [
      "<script>alert(1)</script>",
      "<img src=x onerror=alert(1)>",
      "</p><iframe src=javascript:alert(1)>",
      "javascript:alert(1)",
      "&lt;b&gt;",
      "<!-- -->",
      "{{constructor.constructor('alert(1)')()}}",
      "\u0000<svg/onload=alert(1)>",
    ]) {
      const node = shown(text);
      assert.equal(node.childElementCount, 0, text);
      assert.equal(node.textContent, text);
    }
    const both = shown('https://example.org/"onmouseover="alert(1) <b>');
    assert.equal(both.childElementCount, 1);
    assert.deepEqual(both.firstElementChild.getAttributeNames().sort(), ["href", "rel", "target"]);
  });

  test("newlines and spaces stay as they are", () => {
    assert.equal(shown("a\n\n  b\tc ").textContent, "a\n\n  b\tc ");
  });
});

test("no file of the page knows a way from text to markup", async () => {
  const root = new URL("../../frontend/", import.meta.url);
  const names = (await readdir(root, { recursive: true })).filter((name) => /\.(js|html)$/.test(name) && !name.startsWith("vendor"));
  assert.ok(names.length > 30, "the page's files are where this test looks for them");
  for (const name of names) {
    const source = await readFile(new URL(name, root), "utf8");
    assert.doesNotMatch(
      source,
      /\b(?:innerHTML|outerHTML|insertAdjacentHTML|setHTML\w*|srcdoc|DOMParser|createContextualFragment|document\.write|eval\(|new Function)\b/,
      name,
    );
  }
});
