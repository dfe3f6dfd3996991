/**
 * Copies the front end's libraries from node_modules into frontend/vendor, and checks every byte of them.
 *
 *   node scripts/vendor.mjs           copy from node_modules, then check
 *   node scripts/vendor.mjs --check   check only; needs no node_modules
 *
 * frontend/vendor/vendor.json names each package, its version, its licence, and per file the path in the package
 * (`from`), the path in frontend/vendor (`to`) and the SHA-256. A file that differs, is missing or is not named there
 * ends the script with status 1.
 */

import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VENDOR = join(ROOT, "frontend", "vendor");

/** Ours among the vendored files: the list, and what tells the type checker where the types are. */
const OWN = /^vendor\.json$|\.d\.ts$/;

/**
 * @param {string} file
 * @returns {Promise<string>}
 */
async function sha256(file) {
  return createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
}

/**
 * @param {{name: string, version: string, files: {from: string, to: string}[]}} library
 */
async function copy({ name, version, files }) {
  const source = join(ROOT, "node_modules", name);
  const found = JSON.parse(await readFile(join(source, "package.json"), "utf8")).version;
  if (found !== version) throw new Error(`node_modules has ${name} ${found}, vendor.json wants ${version}`);
  for (const { from, to } of files) {
    await mkdir(dirname(join(VENDOR, to)), { recursive: true });
    await copyFile(join(source, from), join(VENDOR, to));
  }
}

/**
 * @param {{files: {to: string, sha256: string}[]}[]} libraries
 * @returns {Promise<string[]>} what is wrong, in words
 */
async function check(libraries) {
  const faults = [];
  const named = new Set();
  for (const { to, sha256: expected } of libraries.flatMap(({ files }) => files)) {
    named.add(to);
    try {
      const found = await sha256(join(VENDOR, to));
      if (found !== expected) faults.push(`${to}: SHA-256 is ${found}, vendor.json says ${expected}`);
    } catch (cause) {
      faults.push(`${to}: ${cause.message}`);
    }
  }
  for (const entry of await readdir(VENDOR, { recursive: true, withFileTypes: true })) {
    const path = relative(VENDOR, join(entry.parentPath, entry.name));
    if (entry.isFile() && !named.has(path) && !OWN.test(path)) faults.push(`${path}: not in vendor.json`);
  }
  return faults;
}

const libraries = JSON.parse(await readFile(join(VENDOR, "vendor.json"), "utf8"));
if (!process.argv.includes("--check")) {
  for (const library of libraries) await copy(library);
}
const faults = await check(libraries);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else console.log(`${libraries.length} vendored as vendor.json says`);
