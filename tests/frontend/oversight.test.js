import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ApiError } from "../../frontend/js/api.js";
import { OversightApi } from "../../frontend/js/oversight.js";

/** An API that gives these answers one after the other; errors are thrown. */
function answering(...answers) {
  const asked = [];
  return {
    asked,
    call(method, path, options) {
      asked.push([method, path, options?.body ?? options?.query ?? null]);
      const answer = answers.shift();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ body: answer, headers: new Headers() });
    },
  };
}

const NOTHING = new ApiError("not_found", "There is no such thing, or it is not yours to see.", { status: 404 });

describe("running the server", () => {
  test("asks again when the login had ended: the server had answered as if there were nothing", async () => {
    const api = answering(NOTHING, { username: "ada" }, [{ id: 1 }]);
    assert.deepEqual(await new OversightApi(api).rooms({ limit: 50 }), [{ id: 1 }]);
    assert.deepEqual(api.asked.map(([method, path]) => `${method} ${path}`), [
      "GET /api/admin/rooms", "GET /api/users/me", "GET /api/admin/rooms",
    ]);
  });

  test("tells in the server's words what is not there", async () => {
    const api = answering(NOTHING, { username: "ada" }, new ApiError("not_found", "There is nobody called x.", { status: 404 }));
    const term = { seconds: null, reason: "" };
    await assert.rejects(new OversightApi(api).banFromServer("x", term), { code: "said", detail: "There is nobody called x." });
    assert.deepEqual(api.asked.at(-1), ["POST", "/api/admin/bans", { username: "x", ...term }]);
  });

  test("does not ask again for what was refused", async () => {
    const api = answering(new ApiError("not_allowed", "This is the last administrator.", { status: 403 }));
    await assert.rejects(new OversightApi(api).changeUser("ada", { role: "member" }), { detail: "This is the last administrator." });
    assert.equal(api.asked.length, 1);
  });

  test("leaves all other refusals as they are", async () => {
    const refusal = new ApiError("network", "");
    const api = answering(refusal);
    await assert.rejects(new OversightApi(api).policy(), (cause) => cause === refusal);
  });

  test("puts names into addresses so that they stay one part of it", async () => {
    const api = answering({}, null);
    const oversight = new OversightApi(api);
    await oversight.changeUser("a/b?c", { disabled: true });
    await oversight.lift(7, "bans", "x y/z");
    assert.deepEqual(api.asked.map(([, path]) => path), ["/api/admin/users/a%2Fb%3Fc", "/api/chat/rooms/7/bans/x%20y%2Fz"]);
  });
});
