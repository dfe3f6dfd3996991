/** What a browser says of itself, in a few words. */

/** The first that is found counts: most browsers also claim to be others. @type {[RegExp, string][]} */
const BROWSERS = [
  [/\bEdgA?(?:iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
];

/** @type {[RegExp, string][]} */
const SYSTEMS = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
];

/**
 * @param {string} userAgent
 * @returns {{browser: string, system: string}} '' for what is not known; a program that is no browser has its own name
 */
export function deviceOf(userAgent) {
  const first = (/** @type {[RegExp, string][]} */ table) => table.find(([sign]) => sign.test(userAgent))?.[1] ?? '';
  const browser = first(BROWSERS) || (/^([\w.-]{1,30})\/[\w.]/.exec(userAgent)?.[1] ?? '');
  return { browser: browser === 'Mozilla' ? '' : browser, system: first(SYSTEMS) };
}
