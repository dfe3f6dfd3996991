/** Markdown over a document of jsdom, and the same nodes as a short notation. */

import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><html lang=en><body></body></html>");
const { document } = window;
globalThis.document = document;
globalThis.DocumentFragment = window.DocumentFragment;
// Nothing comes into view here.
globalThis.IntersectionObserver = class {
  observe() {}
};

const { createMarkdown, realPlace } = await import("../../../frontend/js/views/markdown.js");
const marked = await import("../../../frontend/vendor/marked/marked.esm.js");

export const markdown = createMarkdown(marked);
export { realPlace };

/** The nodes of a text in an element; null where it is shown as it is. */
export function shown(text) {
  const nodes = markdown.nodes(text, { tabindex: -1 });
  if (nodes === null) return null;
  const body = document.createElement("div");
  body.append(nodes);
  return body;
}

/** What an element holds: tags without attributes, but for those that say where a link leads or what a box is. */
export function notation(node) {
  return [...node.childNodes].map((child) => {
    if (child.nodeType === 3) return child.data;
    const tag = child.localName;
    if (tag === "button") return "";
    const more = tag === "a" ? ` ${child.getAttribute("href")}` : child.checked ? " checked" : "";
    const numbers = ["start", "value"].filter((name) => tag !== "input" && child.hasAttribute(name)).map((name) => ` ${name}=${child.getAttribute(name)}`);
    return `<${tag}${more}${numbers.join("")}>${tag === "input" || tag === "hr" ? "" : `${notation(child)}</${tag}>`}`;
  }).join("");
}

/** The notation of a text. */
export const read = (text) => notation(shown(text));
