/** Signs that the first screens do without; the others stand in index.html. */

import { find } from '../dom.js';

const SVG = 'http://www.w3.org/2000/svg';

/** Their outlines, on a field of 24 by 24. @type {Record<string, string>} */
const OUTLINES = {
  leave: 'M13.5 4H7a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h6.5M10.5 12h10M16.5 8l4 4-4 4',
  link: 'M10 13.5a4 4 0 0 0 5.7.3l3.3-3.3a4 4 0 0 0-5.7-5.7l-1.3 1.3M14 10.5a4 4 0 0 0-5.7-.3L5 13.5a4 4 0 0 0 5.7 5.7l1.3-1.3',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c.6-4 3.6-6 7.5-6s6.9 2 7.5 6',
  keys: 'M5 6h14a2.5 2.5 0 0 1 2.5 2.5v7A2.5 2.5 0 0 1 19 18H5a2.5 2.5 0 0 1-2.5-2.5v-7A2.5 2.5 0 0 1 5 6zM6.5 10h.01M10.2 10h.01M13.9 10h.01M17.5 10h.01M8 14h8',
  add: 'M10 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM3 20c.5-3.6 3.3-5.5 7-5.5 1.3 0 2.5.2 3.5.7M18 14v7M14.5 17.5h7',
  archive: 'M4 8.5h16v10a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5zM3 4h18v4.5H3zM10 12.5h4',
  copy: 'M9 9h10.5v10.5H9zM5.5 15H4.5V4.5H15v1',
  edit: 'M4.5 19.5l.8-4L16.5 4.300a1.8 1.8 0 0 1 2.5 0l.7.7a1.8 1.8 0 0 1 0 2.5L8.5 18.700zM14.5 6.300l3.2 3.2',
  'mark-bold': 'M7.5 5h5a3.4 3.4 0 0 1 0 6.800h-5zM7.5 11.800h6a3.600 3.600 0 0 1 0 7.200h-6z',
  'mark-italic': 'M10.5 5h6M7.5 19h6M13.5 5l-3 14',
  'mark-strike': 'M4 12h16M16.5 8c-.4-2-2.100-3-4.400-3-2.500 0-4.400 1.300-4.400 3.300 0 1.500 1 2.500 2.800 3.100M7.300 15.500c.4 2.200 2.200 3.500 4.900 3.500 2.700 0 4.600-1.300 4.600-3.500 0-.6-.1-1.100-.4-1.500',
  'mark-code': 'M8.500 7.500 4 12l4.500 4.500M15.500 7.500 20 12l-4.500 4.500',
  'mark-link': 'M10 13.5a4 4 0 0 0 5.700.3l3.300-3.300a4 4 0 0 0-5.700-5.700l-1.300 1.300M14 10.5a4 4 0 0 0-5.700-.3L5 13.500a4 4 0 0 0 5.700 5.700l1.300-1.300',
  'mark-list': 'M9.500 6.500h10M9.500 12h10M9.500 17.500h10M4.500 6.500h.01M4.500 12h.01M4.500 17.500h.01',
  'mark-numbers': 'M10.500 6.500h9.500M10.500 12h9.500M10.500 17.500h9.500M4 5.200l1.300-.7v4.300M3.800 14.900c.2-.8.8-1.100 1.400-1.100.7 0 1.300.5 1.300 1.200 0 .9-1.100 1.700-2.600 3.200h2.700',
  'mark-quote': 'M5 5.500v13M9.500 7.500h10M9.500 12h10M9.500 16.500h6.500',
  flag: 'M5.5 21V4M5.5 4.5h12l-2.5 4 2.5 4h-12',
  gear: 'M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM12 2.800v3M12 18.200v3M2.8 12h3M18.2 12h3M5.5 5.5l2.1 2.100M16.4 16.400l2.1 2.100M5.5 18.5l2.1-2.100M16.4 7.600l2.1-2.1',
  reply: 'M10 5.5 4 11.500l6 6M4.5 11.500h9a6 6 0 0 1 6 6v1.500',
  shield: 'M12 3l7.5 2.5v6c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5v-6z',
  unread: 'M19.5 11.5V17a2.5 2.5 0 0 1-2.5 2.500H7A2.5 2.500 0 0 1 4.5 17V7A2.5 2.500 0 0 1 7 4.5h5.5M18 8.500a2.5 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z',
  talk: 'M5.5 4.5h13a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H11l-4.5 3.5v-3.5h-1a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2z',
};

/** Puts them beside the others, once. */
export function addIcons() {
  const sprite = find('.sprite');
  for (const [name, outline] of Object.entries(OUTLINES)) {
    if (document.getElementById(`i-${name}`)) continue;
    const symbol = document.createElementNS(SVG, 'symbol');
    symbol.id = `i-${name}`;
    symbol.setAttribute('viewBox', '0 0 24 24');
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', outline);
    symbol.append(path);
    sprite.append(symbol);
  }
}
