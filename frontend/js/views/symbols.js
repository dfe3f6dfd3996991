/** Signs that are loaded with what shows them, beside those of the page itself. */

const SVG = 'http://www.w3.org/2000/svg';

/** @param {Record<string, string>} outlines the path of each, by name; one that is there already is left alone */
export function addSymbols(outlines) {
  const sprite = document.querySelector('.sprite');
  for (const [name, outline] of Object.entries(outlines)) {
    if (document.getElementById(`i-${name}`)) continue;
    const symbol = document.createElementNS(SVG, 'symbol');
    symbol.id = `i-${name}`;
    symbol.setAttribute('viewBox', '0 0 24 24');
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', outline);
    symbol.append(path);
    sprite?.append(symbol);
  }
}
