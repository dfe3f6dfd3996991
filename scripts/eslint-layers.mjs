/**
 * An ESLint rule that keeps the front end's layers: each module of frontend/js imports only from
 * those named beside it here, and a module that stands in no row is refused.
 */

import path from "node:path";

/** What each module (a file, or a folder with all its files) may import besides itself. */
const MAY_IMPORT = {
  app: [
    "views",
    "history",
    "state",
    "socket",
    "outbox",
    "accounts",
    "places",
    "oversight",
    "rights",
    "api",
    "dom",
    "format",
    "strings",
    "types",
  ],
  views: ["dom", "format", "rights", "strings", "types"],
  history: ["state", "api", "format", "types"],
  state: ["format", "types"],
  socket: ["api", "format", "types"],
  outbox: ["api", "format", "types"],
  accounts: ["api", "types"],
  places: ["api", "types"],
  oversight: ["api", "types"],
  rights: ["types"],
  api: ["format", "types"],
  dom: ["format", "types"],
  format: ["strings", "types"],
  strings: ["types"],
  types: [],
  // Classic scripts that stand alone: the theme before the first paint, the page of /docs.
  early: [],
  docs: [],
};

/**
 * @param {string} file path inside frontend/
 * @returns {string} the module it belongs to: `frontend/js/views/login.js` is of `views`
 */
function moduleOf(file) {
  const [first, second = ""] = file.split("/");
  return path.parse(first === "js" ? second : first).name;
}

/** @type {import("eslint").Rule.RuleModule} */
export const layers = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      unknown: "{{module}} has no row in scripts/eslint-layers.mjs: say what it may import.",
      forbidden: "{{from}} must not import {{to}} (scripts/eslint-layers.mjs).",
      outside: "The page imports only its own files, by relative path.",
    },
  },
  create(context) {
    const root = path.join(context.cwd, "frontend");
    const from = moduleOf(path.relative(root, context.filename));
    const allowed = MAY_IMPORT[from];

    /** @param {import("estree").Node & {source?: import("estree").Node | null}} node */
    function check({ source }) {
      if (source?.type !== "Literal") return;
      const target = String(source.value);
      if (!target.startsWith(".")) {
        context.report({ node: source, messageId: "outside" });
        return;
      }
      const file = path.relative(root, path.resolve(path.dirname(context.filename), target));
      const to = moduleOf(file);
      if (allowed && to !== from && to !== "vendor" && !allowed.includes(to)) {
        context.report({ node: source, messageId: "forbidden", data: { from, to } });
      }
    }

    return {
      Program(node) {
        if (!allowed) context.report({ node, messageId: "unknown", data: { module: from } });
      },
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};
