/**
 * Once something stands beside an anchor, WebKit (2.50, as in Safari 26) tells scripts of a window that has become
 * another one, but goes on with the rules for the one before: a phone that is turned kept its layout, and a system that
 * went dark its light. A style sheet more or less lets it look again.
 */

/** Those of `css/`. */
const QUERIES = [
  ...[360, 480, 600, 768, 1024, 1280].map((width) => `(width >= ${width}px)`),
  ...['(height < 600px)', '(prefers-color-scheme: dark)', '(prefers-reduced-motion: reduce)', '(pointer: coarse)', '(forced-colors: active)'],
];
let isOn = false;

/** For as long as the page is there. */
export function restyle() {
  if (isOn || !/^Apple/.test(navigator.vendor)) return;
  isOn = true;
  for (const query of QUERIES) {
    matchMedia(query).addEventListener('change', () => (document.adoptedStyleSheets = [new CSSStyleSheet()]));
  }
}
