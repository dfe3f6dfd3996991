import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";

import { Api, ApiError } from "../../frontend/js/api.js";

/** A real HTTP server that answers as each test says. */
let server;
let base;
let requests = [];
let answer = () => {};

before(async () => {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    requests.push({ method: request.method, url: request.url, headers: request.headers, body });
    answer(response, request);
  });
  await new Promise((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  base = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const json = (status, body, headers = {}) => (response) => {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(body === undefined ? "" : JSON.stringify(body));
};

function apiThat(answers, options = {}) {
  requests = [];
  answer = answers;
  return new Api({ base, ...options });
}

async function failureOf(promise) {
  const failure = await promise.then(() => null, (cause) => cause);
  assert.ok(failure instanceof ApiError, `${failure}`);
  return failure;
}

describe("calls", () => {
  test("each has the path, query and body of the protocol", async () => {
    const api = apiThat(json(200, [], { "Parlour-Version": "3", "Parlour-Epoch": "e1" }));
    await api.listRooms();
    await api.createRoom({ name: "général" });
    await api.listMessages(7);
    await api.listMessages(7, { limit: 50, before: 9 });
    await api.postMessage({ room_id: 7, username: "a&b", content: "hi", client_id: "c1" });
    assert.deepEqual(requests.map(({ method, url, body }) => `${method} ${url} ${body}`), [
      "GET /api/chat/rooms ",
      'POST /api/chat/rooms {"name":"général"}',
      "GET /api/chat/rooms/7/messages ",
      "GET /api/chat/rooms/7/messages?limit=50&before=9 ",
      'POST /api/chat/rooms/7/messages?username=a%26b {"content":"hi","client_id":"c1"}',
    ]);
    assert.equal(requests[1].headers["content-type"], "application/json");
    assert.equal(requests[0].headers["content-type"], undefined);
  });

  test("a page of history says where the room stood", async () => {
    const api = apiThat(json(200, [{ id: 1 }], { "Parlour-Version": "12", "Parlour-Epoch": "e1" }));
    assert.deepEqual(await api.listMessages(7), { messages: [{ id: 1 }], version: 12, epoch: "e1" });
  });

  test("a deletion has no body in either direction and names who does it", async () => {
    const api = apiThat(json(204));
    assert.equal(await api.deleteRoom(7, "alice"), undefined);
    await api.deleteRoom(7, null);
    assert.deepEqual(requests.map(({ method, url }) => `${method} ${url}`),
      ["DELETE /api/chat/rooms/7?username=alice", "DELETE /api/chat/rooms/7"]);
  });
});

describe("failures", () => {
  test("a refusal keeps the server's code, words, field and status", async () => {
    const api = apiThat(json(422, { code: "too_long", detail: "name: too long", field: "name" }));
    const failure = await failureOf(api.createRoom("x"));
    assert.deepEqual([failure.code, failure.detail, failure.field, failure.status], ["too_long", "name: too long", "name", 422]);
  });

  test("the time to wait is read from the body and from the header", async () => {
    const told = await failureOf(apiThat(json(429, { code: "rate_limited", detail: "", retry_after_ms: 1500 })).createRoom({ name: "x" }));
    assert.equal(told.retryAfterMs, 1500);
    const header = await failureOf(apiThat(json(503, { code: "busy", detail: "" }, { "Retry-After": "7" })).listRooms());
    assert.equal(header.retryAfterMs, 7000);
  });

  for (const [status, code] of [[502, "network"], [500, "network"], [429, "rate_limited"], [413, "too_large"], [418, "internal"]]) {
    test(`a ${status} that is not Parlour's own is \`${code}\``, async () => {
      const failure = await failureOf(apiThat((response) => {
        response.writeHead(status, { "Content-Type": "text/html" });
        response.end("<h1>gateway</h1>");
      }).listRooms());
      assert.deepEqual([failure.code, failure.status, failure.detail], [code, status, ""]);
    });
  }

  test("no server is `network`", async () => {
    const failure = await failureOf(new Api({ base: "http://127.0.0.1:1" }).listRooms());
    assert.deepEqual([failure.code, failure.status], ["network", 0]);
  });

  test("an answer that is broken off, or is no JSON, is `network`", async () => {
    const torn = apiThat((response) => {
      response.writeHead(200, { "Content-Length": "100" });
      response.write("[");
      response.destroy();
    });
    assert.equal((await failureOf(torn.listRooms())).code, "network");
    const html = apiThat((response) => response.end("<html>"));
    assert.equal((await failureOf(html.listRooms())).code, "network");
  });

  test("no answer within the time is `network`", async () => {
    const api = apiThat(() => {}, { timeoutMs: 20 });
    assert.equal((await failureOf(api.listRooms())).code, "network");
  });

  test("a call that its caller forgets rejects with the caller's reason", async () => {
    const leaving = new AbortController();
    const reason = new Error("left the room");
    const api = apiThat(() => leaving.abort(reason));
    await assert.rejects(api.listMessages(7, {}, leaving.signal), reason);
    await assert.rejects(api.listMessages(7, {}, leaving.signal), reason);
    assert.equal(requests.length, 1);
  });
});

describe("what was too much at once", () => {
  /** Refuses so many times, then answers. */
  const afterSome = (times, wait) => {
    let left = times;
    return (response) => (left-- > 0 ? json(429, { code: "rate_limited", detail: "", retry_after_ms: wait }) : json(200, []))(response);
  };

  test("is asked for again once the server's time is over, where it is only read", async () => {
    const begun = Date.now();
    assert.deepEqual(await apiThat(afterSome(2, 60)).listRooms(), []);
    assert.equal(requests.length, 3);
    assert.ok(Date.now() - begun >= 120);
  });

  test("is not asked for without end, nor where that takes too long", async () => {
    assert.equal((await failureOf(apiThat(afterSome(99, 1)).listRooms())).code, "rate_limited");
    assert.equal(requests.length, 4);
    const late = await failureOf(apiThat(afterSome(1, 60_000)).listRooms());
    assert.deepEqual([late.code, late.retryAfterMs, requests.length], ["rate_limited", 60_000, 1]);
  });

  test("is told to whoever changes something, at once", async () => {
    const refused = await failureOf(apiThat(afterSome(1, 5)).createRoom({ name: "x" }));
    assert.deepEqual([refused.code, requests.length], ["rate_limited", 1]);
  });

  test("is forgotten with its caller", async () => {
    const leaving = new AbortController();
    const reason = new Error("left the room");
    const answers = afterSome(1, 60);
    const api = apiThat((response) => {
      answers(response);
      setTimeout(() => leaving.abort(reason), 20);
    });
    await assert.rejects(api.listMessages(7, {}, leaving.signal), reason);
    assert.equal(requests.length, 1);
  });
});

describe("a login that has to be kept", () => {
  test("is waited for, and not by what needs none", async () => {
    const order = [];
    const keeper = { ready: () => Promise.resolve().then(() => order.push("ready")), renew: () => Promise.resolve(true) };
    const api = apiThat((response) => {
      order.push("asked");
      json(200, [])(response);
    }, { keeper });
    await api.listRooms();
    await api.call("POST", "/api/auth/refresh", { isBare: true });
    assert.deepEqual(order, ["ready", "asked", "asked"]);
  });

  test("is renewed when the server does not know it, and the call goes out once more", async () => {
    let renewals = 0;
    const keeper = { ready: () => null, renew: () => Promise.resolve((renewals += 1) > 0) };
    const refusals = [json(401, { code: "not_signed_in", detail: "Sign in." }), json(200, [])];
    const api = apiThat((response) => refusals[requests.length - 1](response), { keeper });
    assert.deepEqual(await api.listRooms(), []);
    assert.deepEqual([renewals, requests.length], [1, 2]);
  });

  test("that cannot be renewed is the end of it, as is any other refusal", async () => {
    const keeper = { ready: () => null, renew: () => Promise.resolve(false) };
    const ended = apiThat(json(401, { code: "not_signed_in", detail: "" }), { keeper });
    assert.equal((await failureOf(ended.listRooms())).code, "not_signed_in");
    assert.equal(requests.length, 1);
    const other = apiThat(json(401, { code: "wrong_credentials", detail: "" }), { keeper: { ...keeper, renew: () => Promise.resolve(true) } });
    assert.equal((await failureOf(other.listRooms())).code, "wrong_credentials");
    assert.equal(requests.length, 1);
  });

  test("an account's messages and deletions carry its name: the server refuses another than the login's", async () => {
    const api = apiThat(json(201, {}));
    await api.postMessage({ room_id: 7, username: "ada", content: "hi", client_id: "c1" });
    await api.deleteRoom(7, "ada");
    assert.deepEqual(requests.map(({ url }) => url), [
      "/api/chat/rooms/7/messages?username=ada", "/api/chat/rooms/7?username=ada",
    ]);
  });
});
