import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { hasSigns } from "../../frontend/js/views/formatting.js";
import { languageOf } from "../../frontend/js/views/highlight.js";
import { markdown, read, realPlace, shown } from "./support/markdown.js";

describe("whether a text can hold Markdown", () => {
  test("words, numbers, names, addresses and faces cannot", () => {
    for (const text of [
      "hello", "What? 5 < 6 & 7 > 6, 50% (or so)!", "a - b", "it's #1", "snake_case", "mail ada@example.org", "~5 or ~6", "-5",
      "https://example.org/a_b?c=d", "two\n\nlines\n   and more", ":) :-/ <3 ^^", "[sic] and (so) on", "C# and F#", "こんにちは、世界。", "2 * 3 = 6", "|",
      "C:\\Users", "1.5 and 2)", "مرحبا", "👍🏽",
    ]) assert.equal(hasSigns(text), false, text);
  });

  test("every form that is read is noticed", () => {
    for (const text of [
      "*a*", "_a_", "**a**", "~~a~~", "`a`", "[a](https://b.example)", "<https://b.example>", "<a@b.example>", "> a", "# a", "- a", "+ a",
      "* a", "1. a", "1) a", "```\na\n```", "~~~\na\n~~~", "---", "***", "- - -", "a | b\n--|--\n1 | 2", "\\*a", "words\n> a", "words\n- a", "a\n\n1. b",
    ]) {
      assert.equal(hasSigns(text), true, text);
      assert.notEqual(read(text), text, text);
    }
  });
});

describe("what is said with emphasis", () => {
  test("strong, emphasised, struck out, code, and one in the other", () => {
    assert.equal(read("**a** and _b_, *c* ~~d~~ `e`"), "<strong>a</strong> and <em>b</em>, <em>c</em> <del>d</del> <code>e</code>");
    assert.equal(read("**a *b* c**"), "<strong>a <em>b</em> c</strong>");
    assert.equal(read("***a***"), "<em><strong>a</strong></em>");
    assert.equal(read("`**a**`"), "<code>**a**</code>");
  });

  test("a line ends where it was ended, and a paragraph at a blank line", () => {
    assert.equal(read("*a*\nb"), "<em>a</em>\nb");
    assert.equal(read("*a*\n\nb\nc"), "<p><em>a</em></p><p>b\nc</p>");
  });

  test("signs in words, in names of files, in paths and in faces are signs", () => {
    for (const text of [
      "a_b_c and *c", "use __init__.py and __main__.py", "cp ~/a:~/b", "¯\\_(ツ)_/¯", ">:( and >_<", ">.<", "5 * 6 * 7", "** a **", "`", "*", "__", "~~",
    ]) assert.equal(read(text), text);
  });

  test("a backslash takes away the meaning of a sign, and stays before everything else", () => {
    assert.equal(read("\\*a\\* \\_b\\_ \\`c\\` \\\\"), "*a* _b_ `c` \\");
    assert.equal(read("*a* C:\\temp\\.ssh \\d\\."), "<em>a</em> C:\\temp\\.ssh \\d\\.");
  });
});

describe("blocks", () => {
  test("lists, ordered, nested, with numbers as they were given", () => {
    assert.equal(read("- a\n- b\n  - c"), "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>");
    assert.equal(read("1. a\n2. b"), "<ol><li>a</li><li>b</li></ol>");
    assert.equal(read("1. a\n1. b"), "<ol><li>a</li><li>b</li></ol>");
    assert.equal(read("3. a\n5. b"), "<ol start=3><li>a</li><li value=5>b</li></ol>");
    assert.equal(read("Things:\n- a"), "<p>Things:</p><ul><li>a</li></ul>");
  });

  test("a number that counts nothing is a number", () => {
    assert.equal(read("5. Mai, *oder so*"), "5. Mai, <em>oder so</em>");
    assert.equal(read("2026. What a year"), "2026. What a year");
  });

  test("tasks are boxes that cannot be pressed, with names", () => {
    assert.equal(read("- [ ] a\n- [x] b"), "<ul><li><input> a</li><li><input checked> b</li></ul>");
    const boxes = [...shown("- [ ] a\n- [x] b").querySelectorAll("input")];
    assert.deepEqual(boxes.map((box) => [box.type, box.disabled, box.getAttribute("aria-label")]), [["checkbox", true, "To do"], ["checkbox", true, "Done"]]);
  });

  test("quotations, headings, rules", () => {
    assert.equal(read("> a\n> > b\n\nc"), "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote><p>c</p>");
    assert.equal(read("# a *b*\n## c #"), "<h3>a <em>b</em></h3><h3>c</h3>");
    assert.equal(read("a\n---\nb"), "<p>a</p><hr><p>b</p>");
    assert.equal(read("a\n===\n*b*"), "a\n===\n<em>b</em>");
  });

  test("signs without anything are what they are", () => {
    for (const text of ["-", "+", "1.", "#", "##", ">", "> >", "```", "|"]) assert.equal(shown(text).textContent.replaceAll(/\s/g, ""), text.replaceAll(/\s/g, ""));
  });

  test("tables, with the sides of their columns", () => {
    assert.equal(
      read("a | b\n:-|-:\n1 | *2*\n3 |"),
      "<div><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td><em>2</em></td></tr><tr><td>3</td><td></td></tr></tbody></table></div>",
    );
    const cells = [...shown("a | b\n:-|-:\n1 | 2").querySelectorAll("th, td")];
    assert.deepEqual(cells.map((cell) => cell.className), ["md-left", "md-right", "md-left", "md-right"]);
  });

  test("a table that would lose a cell is no table", () => {
    assert.equal(shown("a | b\n--|--\n1 | 2 | lost").textContent, "a | b\n--|--\n1 | 2 | lost");
  });

  test("indented text, references and HTML are text", () => {
    for (const text of ["*a*\n\n    indented", "[a]: example.org\n[a] *b*", "<b>*a*</b>", "<div>\n*a*\n</div>", "<!-- a -->", "&lt;*a*&amp;"]) {
      assert.equal(shown(text).textContent.replaceAll(/\s+/g, " "), text.replaceAll("*", "").replaceAll(/\s+/g, " "), text);
      assert.equal(shown(text).querySelector("a, b, pre, div > div"), null);
    }
  });
});

describe("code", () => {
  const code = (text) => {
    const block = shown(text).querySelector(".md-block");
    return [block?.querySelector("code").textContent, block?.dataset.language, block?.querySelector("code").dataset.language];
  };

  test("is kept to the letter, with the name of its language", () => {
    assert.deepEqual(code("```js\nconst *a* = '<b>';\n\n\tb\n```"), ["const *a* = '<b>';\n\n\tb", "JavaScript", "javascript"]);
    assert.deepEqual(code("~~~\na\n~~~"), ["a", undefined, undefined]);
    assert.deepEqual(code("```brainfuck\n+\n```"), ["+", "brainfuck", undefined]);
    assert.deepEqual(code("```js\na"), ["a", "JavaScript", "javascript"]);
  });

  test("behind its fence is no name of a language, and ends at the next fence", () => {
    assert.deepEqual(code("```const a = 1\nconst b = 2```"), ["const a = 1\nconst b = 2", undefined, undefined]);
    const body = shown("```\na``` and *more*");
    assert.equal(body.querySelector("code").textContent, "a");
    assert.equal(body.querySelector("em").textContent, "more");
  });

  test("languages have the names that people give them", () => {
    assert.deepEqual(["JS", "py", "c++", "html", "toml", "unheard"].map((name) => languageOf(name)), [
      { key: "javascript", label: "JavaScript" }, { key: "python", label: "Python" }, { key: "cpp", label: "C++" }, { key: "xml", label: "HTML" },
      { key: "ini", label: "toml" }, { key: "", label: "unheard" },
    ]);
  });
});

describe("links", () => {
  test("lead out of the page, by http, https and mailto alone", () => {
    assert.equal(read("[a *b*](https://example.org/x_(y))"), "<a https://example.org/x_(y)>a <em>b</em></a>");
    assert.equal(read("![alt](https://example.org/i.png)"), "<a https://example.org/i.png>alt</a>");
    assert.equal(read("<https://example.org> <ada@example.org>"), "<a https://example.org/>https://example.org</a> <a mailto:ada@example.org>ada@example.org</a>");
    const link = shown("[a](https://example.org)").querySelector("a");
    assert.deepEqual(
      ["target", "rel", "title", "tabindex"].map((name) => link.getAttribute(name)),
      ["_blank", "noopener noreferrer nofollow", "https://example.org/", "-1"],
    );
    for (const text of ["[a](javascript:alert(1))", "[a](data:text/html,b)", "<javascript:alert(1)>", "[a](/x)", "[a](x)", "[a]()", "![a](file:///etc/passwd)", "<vbscript:x>"]) {
      assert.equal(read(text), text);
    }
  });

  test("bare addresses are those of a plain message, whole, and once", () => {
    assert.equal(read("*a* https://example.org/a_b_c*d*e, and"), "<em>a</em> <a https://example.org/a_b_c*d*e>https://example.org/a_b_c*d*e</a>, and");
    assert.equal(read("**https://example.org**"), "<strong><a https://example.org/>https://example.org</a></strong>");
    assert.equal(read("*a* https://example.org/、と"), "<em>a</em> <a https://example.org/>https://example.org/</a>、と");
    assert.equal(read("*a* www.example.org ada@example.org"), "<em>a</em> www.example.org ada@example.org");
    assert.equal(read("`https://example.org`"), "<code>https://example.org</code>");
    assert.equal(read("[https://example.org](https://example.org)"), "<a https://example.org/>https://example.org</a>");
    assert.equal(read("*a* xhttps://example.org"), "<em>a</em> xhttps://example.org");
  });

  test("with nothing to see show where they lead", () => {
    assert.equal(read("[](https://example.org)"), "<a https://example.org/>https://example.org/</a>");
    assert.equal(read("[\u200b](https://example.org)"), "<a https://example.org/>https://example.org/</a>");
  });

  test("that seem to lead elsewhere say where they lead", () => {
    for (const [text, href, place] of [
      ["example.org", "https://evil.example/", "evil.example"],
      ["https://example.org/login", "https://evil.example/", "evil.example"],
      ["https://example.org@evil.example", "https://evil.example/", ""],
      ["sign in at example.org", "https://evil.example:8080/", "evil.example:8080"],
      ["exa\u200bmple.org", "https://evil.example/", "evil.example"],
      ["ｅｘａｍｐｌｅ．ｏｒｇ", "https://evil.example/", "evil.example"],
      ["www.example.org", "https://example.org/a", ""],
      ["EXAMPLE.org/a", "https://www.example.org/a", ""],
      ["bücher.example", "https://xn--bcher-kva.example/", ""],
      ["the docs", "https://evil.example/", ""],
      ["version 1.2.3", "https://evil.example/", ""],
      ["ada@example.org", "mailto:eve@evil.example", "eve@evil.example"],
      ["ada@example.org", "mailto:ada@example.org", ""],
      ["write to me", "mailto:ada@example.org", ""],
    ]) assert.equal(realPlace(text, href), place, `${text} ${href}`);
    assert.equal(read("[example.org](https://evil.example/x)"), "<a https://evil.example/x>example.org <span>(evil.example)</span></a>");
  });
});

test("a message in one line has no signs", () => {
  assert.equal(markdown.words("# A *b*\n\n- [x] **c** `d`\n- [e](https://f.example)\n\n> g\n\n```js\nh(i)\n```\n\na | b\n--|--\n1 | 2"), "A b c d e g h(i) a b 1 2");
  assert.equal(markdown.words("plain\n words"), "plain words");
});

test("code that is long, or has a very long word, is not painted", () => {
  const watched = [];
  globalThis.IntersectionObserver.prototype.observe = (code) => watched.push(code.textContent.length);
  // The first is watched: it will be painted when it is seen.
  shown(`\`\`\`java\n${"a$ ".repeat(1000)}\n\`\`\``);
  shown(`\`\`\`java\n${"$".repeat(100)}\n\`\`\``);
  shown(`\`\`\`java\n${"a ".repeat(2600)}\n\`\`\``);
  assert.deepEqual(watched, [2999]);
});
