import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { hue } from "../../frontend/js/format.js";
import { checkDisplayName, checkNewPassword, checkNewUsername, checkPassword, checkUsername } from "../../frontend/js/views/account/checks.js";
import { deviceOf } from "../../frontend/js/views/account/device.js";
import { HUES } from "../../frontend/js/views/account/hues.js";
import { ago, timeIn } from "../../frontend/js/views/account/times.js";

describe("what is entered", () => {
  test("a new username is counted as the server counts it", () => {
    const check = checkNewUsername(50);
    assert.deepEqual(["", "  ", "a", " a ", "ab", "👋🏽", "x".repeat(50), "x".repeat(51)].map(check),
      ["username_empty", "username_empty", "username_short", "username_short", null, null, null, "name_too_long"]);
    assert.deepEqual([checkUsername(" "), checkUsername("a")], ["username_empty", null]);
  });

  test("a new password has its length in characters, blanks among them", () => {
    const check = checkNewPassword(8);
    assert.deepEqual(["", "short", "       ", "        ", "👋".repeat(8), "x".repeat(128), "x".repeat(129)].map(check),
      ["password_empty", "password_short", "password_short", null, null, null, "too_long"]);
    assert.deepEqual([checkPassword(""), checkPassword("x")], ["password_empty", null]);
  });

  test("a display name may be missing, but not long", () => {
    assert.deepEqual(["", "Ada", "x".repeat(51)].map(checkDisplayName), [null, null, "too_long"]);
  });
});

describe("a session's device", () => {
  const SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15";
  for (const [agent, browser, system] of [
    ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox", "Linux"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36", "Chrome", "Windows"],
    ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge", "Windows"],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) ${SAFARI}`, "Safari", "macOS"],
    [`Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) ${SAFARI}`, "Safari", "iPhone"],
    ["Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", "Chrome", "Android"],
    ["curl/8.5.0", "curl", ""],
    ["Mozilla/5.0", "", ""],
    ["", "", ""],
  ]) {
    test(`is ${browser || "unknown"} on ${system || "anything"}: ${agent.slice(0, 40)}`, () => {
      assert.deepEqual(deviceOf(agent), { browser, system });
    });
  }
});

describe("times", () => {
  const now = Date.parse("2026-05-03T12:00:00Z");
  test("how long ago something was, in the unit that says it best", () => {
    const said = ["2026-05-03T12:00:30Z", "2026-05-03T11:59:00Z", "2026-05-03T11:30:00Z", "2026-05-03T09:00:00Z", "2026-04-30T12:00:00Z"];
    assert.deepEqual(said.map((time) => ago(time, now)), ["now", "now", "30 minutes ago", "3 hours ago", "3 days ago"]);
  });

  test("the time where somebody is, and none where nobody knows the zone", () => {
    const at = new Date("2026-05-03T12:00:00Z");
    assert.match(timeIn("Asia/Tokyo", at), /9:00|21:00/);
    assert.deepEqual([timeIn(null, at), timeIn("Moon/Base", at)], ["", ""]);
  });
});

/**
 * The luminance of oklch(50% 0.12 h), which all avatars have, as WCAG reckons it.
 * Source: CSS Color 4, section "Sample code for color conversions", and WCAG 2.2, "relative luminance".
 */
function luminance(degrees) {
  const [a, b] = [Math.cos, Math.sin].map((part) => 0.12 * part((degrees * Math.PI) / 180));
  const [l, m, s] = [0.3963377774 * a + 0.2158037573 * b, -0.1055613458 * a - 0.0638541728 * b, -0.0894841775 * a - 1.291485548 * b]
    .map((part) => (0.5 + part) ** 3);
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((part) => Math.min(1, Math.max(0, part)));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

test("white initials can be read on every colour that one may choose or has by one's name", () => {
  assert.equal(new Set(HUES.map((colour) => colour.hue)).size, 12);
  const hues = [...HUES.map((colour) => colour.hue), ...Array.from({ length: 360 }, (_, degrees) => degrees), hue("ada")];
  for (const degrees of hues) {
    assert.ok(Number.isInteger(degrees) && degrees >= 0 && degrees < 360, `${degrees}`);
    assert.ok(1.05 / (luminance(degrees) + 0.05) >= 4.5, `${degrees}`);
  }
});
