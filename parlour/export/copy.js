/* global document, window, location, setTimeout, clearTimeout, HTMLInputElement */
// The one script of a reading copy: it looks through the portions of messages that lie beside it,
// one after the other, and moves between pages by keys. It runs from a disk, where nothing can be
// fetched: so each portion is a script that hands its messages over.
'use strict';

const MOST = 200;
const SHOWN = 240;
const byId = (id) => document.getElementById(id);
/** What texts are compared by: small letters without their marks. */
const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

let names = {};
// Which portion is waited for, and what is done with each of its messages.
let asked = 0;
let take = () => {};

window.rooms = (given) => { names = given; };
window.found = (number, messages) => {
  // What an earlier search has asked for comes late.
  if (number !== asked) return;
  asked = 0;
  messages.forEach((message) => take(message));
};

function load(number) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `read/s${number}.js`;
    script.onload = () => { script.remove(); resolve(); };
    script.onerror = () => { script.remove(); reject(new Error(script.src)); };
    document.head.append(script);
  });
}

function snippet(text, words) {
  const small = folded(text);
  // Folding may have changed how long it is; then the beginning is shown.
  const at = small.length === text.length ? Math.max(0, small.indexOf(words[0]) - 60) : 0;
  const part = `${at > 0 ? '... ' : ''}${text.slice(at, at + SHOWN)}${text.length > at + SHOWN ? ' ...' : ''}`;
  const nodes = [];
  const place = folded(part).length === part.length ? folded(part).indexOf(words[0]) : -1;
  if (place < 0) return [part];
  const mark = document.createElement('mark');
  mark.textContent = part.slice(place, place + words[0].length);
  nodes.push(part.slice(0, place), mark, part.slice(place + words[0].length));
  return nodes;
}

function item([room, page, id, at, who, text], words) {
  const row = document.createElement('li');
  const link = document.createElement('a');
  link.href = `read/r${room}-${page}.html#m${id}`;
  link.textContent = `${names[room] ?? room}, ${who}, ${at}`;
  row.append(link, document.createElement('br'), ...snippet(text, words));
  return row;
}

let run = 0;

async function search(typed) {
  const own = ++run;
  const parts = Number(document.body.dataset.parts);
  const words = folded(typed).split(/\s+/).filter(Boolean);
  const results = byId('results');
  results.replaceChildren();
  results.hidden = words.length === 0;
  byId('state').textContent = '';
  if (words.length === 0) return;
  let count = 0;
  take = (message) => {
    const text = folded(`${message[4]} ${message[5]}`);
    if (count < MOST && words.every((word) => text.includes(word))) {
      results.append(item(message, words));
      count += 1;
    }
  };
  for (let number = 1; number <= parts; number += 1) {
    if (count === MOST) break;
    byId('state').textContent = `Looking, ${Math.floor((100 * (number - 1)) / parts)} % ...`;
    asked = number;
    try {
      // One after the other: so only one portion is in memory.
      await load(number);
    } catch {
      byId('state').textContent = 'A part of this copy is missing: unpack all of it.';
      return;
    }
    if (own !== run) return;
  }
  const several = count === 1 ? '1 message' : `${count} messages`;
  byId('state').textContent = count === MOST ? `The first ${MOST}; say more to find others.` : `${several} found.`;
}

const form = byId('search');
if (form) {
  form.hidden = false;
  let wait = 0;
  const input = byId('words');
  input.addEventListener('input', () => {
    clearTimeout(wait);
    wait = setTimeout(() => search(input.value), 200);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    clearTimeout(wait);
    search(input.value);
  });
  if (location.hash === '#search') input.focus();
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return;
  const to = { n: document.querySelector('[rel="next"]'), p: document.querySelector('[rel="prev"]') }[event.key];
  if (to) {
    location.href = to.href;
  } else if (event.key === '/') {
    event.preventDefault();
    if (form) byId('words').focus();
    else location.href = `${byId('home').href}#search`;
  }
});
