// Takes the addresses of donation pages out of npm's lock files, which carry none at all.

import { readFileSync, writeFileSync } from 'node:fs';

for (const path of process.argv.slice(2)) {
  const lock = JSON.parse(readFileSync(path, 'utf8'));
  for (const entry of Object.values(lock.packages)) delete entry.funding;
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
}
