import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FRONTEND = join(ROOT, "frontend");
/** The page is one file with everything that runs before its first screen; more would make strangers wait for it. */
const EAGER_AT_MOST = 16;

const scripts = readdirSync(FRONTEND, { recursive: true })
  .filter((path) => path.endsWith(".js") && !path.startsWith("vendor"))
  .map((path) => join(FRONTEND, path));

/** A file without its comments. */
const codeOf = (file) => readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(?<![:\\])\/\/.*/g, "");

/** The modules that a file names after `import ... from`, `export ... from` or in `import()`; JSDoc names do not load. */
function importsOf(file, pattern) {
  const code = codeOf(file);
  return [...code.matchAll(pattern)].map(([, path]) => join(dirname(file), path));
}
const STATIC = /^\s*(?:import|export)\b[^'"();]*?from\s+['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]/g;

/** Everything that the browser loads because of a file, before that file runs. */
function closure(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const path of importsOf(file, STATIC)) closure(path, seen);
  return seen;
}

test("every module that is imported is there", () => {
  for (const file of scripts) {
    for (const path of [...importsOf(file, STATIC), ...importsOf(file, DYNAMIC)]) {
      assert.ok(existsSync(path), `${relative(ROOT, file)} imports ${relative(ROOT, path)}`);
    }
  }
});

test("app.js imports little before it runs; all else is imported on demand", () => {
  const eager = [...closure(join(FRONTEND, "app.js"))].map((path) => relative(FRONTEND, path)).sort();
  assert.ok(eager.length <= EAGER_AT_MOST, `${eager.length}: ${eager.join(" ")}`);
  assert.deepEqual(eager.filter((path) => path.startsWith("js/views/")), []);
});

test("every module is loaded with the page or on demand; those that are not are scripts of their own, or shapes", () => {
  const reached = new Set();
  const queue = [join(FRONTEND, "app.js")];
  for (const file of queue) {
    if (reached.has(file)) continue;
    reached.add(file);
    queue.push(...importsOf(file, STATIC), ...importsOf(file, DYNAMIC));
  }
  const others = scripts.filter((file) => !reached.has(file)).map((path) => relative(FRONTEND, path)).sort();
  assert.deepEqual(others, ["docs.js", "js/early.js", "js/types.js"]);
});

test("only what runs in node without a page is imported by the state and the network", () => {
  for (const file of ["js/state.js", "js/socket.js", "js/api.js", "js/outbox.js"]) {
    for (const path of closure(join(FRONTEND, file))) {
      for (const word of [/(?<!globalThis\.)\bdocument\b/, /\bwindow\.(?!js)/, /\blocalStorage\b/]) {
        assert.ok(!word.test(codeOf(path)), `${relative(FRONTEND, path)} uses ${word.source}`);
      }
    }
  }
});

test("state is changed nowhere but in the modules of applyEvent", () => {
  for (const file of scripts) {
    const path = relative(FRONTEND, file);
    if (path === "js/state.js" || path.startsWith("js/state/")) continue;
    const code = codeOf(file);
    assert.doesNotMatch(code, /(?<![\w.])state\.\w+\s*(?:=(?![=>])|\+=|-=|\+\+|--)/, path);
    assert.doesNotMatch(code, /(?<![\w.])state\.\w+\.(?:push|pop|shift|unshift|splice|sort|reverse|fill)\(/, path);
  }
});

test("the vendored libraries are those that vendor.json names, to the byte", () => {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, "scripts", "vendor.mjs"), "--check"], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
});
