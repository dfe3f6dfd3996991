// Correctness first: the recommended rules, promises that must not be forgotten, the order of the
// front end's imports, JSDoc on what is exported, and none of the ways by which text becomes HTML.
import js from "@eslint/js";
import jsdoc from "eslint-plugin-jsdoc";
import globals from "globals";
import typescript from "typescript-eslint";

import { layers } from "./scripts/eslint-layers.mjs";

const HTML_FROM_TEXT = ["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe", "srcdoc"];

export default [
  {
    ignores: [
      ".venv/**",
      "data/**",
      "dist/**",
      "frontend/vendor/**",
      "htmlcov/**",
      "test-results/**",
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    rules: {
      "array-callback-return": "error",
      complexity: ["error", { max: 20, variant: "modified" }],
      curly: ["error", "multi-line"],
      "default-case-last": "error",
      eqeqeq: "error",
      "max-lines": ["error", 400],
      "no-alert": "error",
      "no-console": "error",
      "no-constructor-return": "error",
      // What people type is cleaned of control characters.
      "no-control-regex": "off",
      "no-else-return": "error",
      "no-eval": "error",
      "no-implicit-coercion": ["error", { boolean: false }],
      "no-implied-eval": "error",
      "no-lonely-if": "error",
      "no-loop-func": "error",
      "no-new-func": "error",
      "no-param-reassign": "error",
      "no-return-assign": "error",
      "no-self-compare": "error",
      "no-sequences": "error",
      "no-throw-literal": "error",
      "no-unmodified-loop-condition": "error",
      "no-unneeded-ternary": "error",
      "no-unreachable-loop": "error",
      "no-unused-vars": ["error", { args: "after-used", varsIgnorePattern: "^_" }],
      "no-useless-concat": "error",
      "no-useless-rename": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-arrow-callback": "error",
      "prefer-const": "error",
      "prefer-promise-reject-errors": "error",
      "prefer-rest-params": "error",
      "prefer-spread": "error",
      "unicode-bom": "error",
    },
  },
  {
    files: ["frontend/**/*.js"],
    languageOptions: {
      globals: globals.browser,
      parser: typescript.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: {
      jsdoc,
      parlour: { rules: { layers } },
      typescript: typescript.plugin,
    },
    settings: { jsdoc: { mode: "typescript" } },
    rules: {
      "jsdoc/check-alignment": "error",
      "jsdoc/check-param-names": "error",
      "jsdoc/check-tag-names": ["error", { typed: false }],
      "jsdoc/require-jsdoc": ["error", { publicOnly: true }],
      "jsdoc/require-param-type": "error",
      "jsdoc/require-returns-check": "error",
      "no-restricted-globals": [
        "error",
        { name: "event", message: "Take the event as a parameter." },
        { name: "name", message: "This is window.name." },
      ],
      "no-restricted-properties": [
        "error",
        ...HTML_FROM_TEXT.map((property) => ({
          property,
          message: "Text becomes nodes through el() and textContent.",
        })),
        { object: "document", property: "write" },
        { object: "document", property: "writeln" },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "ExportDefaultDeclaration",
          message: "Exports have names.",
        },
        {
          selector: "NewExpression[callee.name='DOMParser']",
          message: "Text becomes nodes through el() and textContent.",
        },
      ],
      "parlour/layers": "error",
      "typescript/await-thenable": "error",
      "typescript/no-floating-promises": "error",
      "typescript/no-for-in-array": "error",
      "typescript/no-misused-promises": "error",
      "typescript/return-await": ["error", "error-handling-correctness-only"],
      "typescript/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: [
      "benchmarks/peers/*.mjs",
      "eslint.config.js",
      "scripts/**/*.mjs",
      "tests/frontend/**/*.js",
    ],
    languageOptions: { globals: globals.node },
    rules: { complexity: "off", "no-console": "off" },
  },
];
