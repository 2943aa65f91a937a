import assert from "node:assert/strict";
import { test } from "node:test";

import { Http } from "../../../web/static/exam/http.js";

const answer = (status, body = {}, headers = {}) => new Response(status === 204 ? null : JSON.stringify(body), { status, headers });

function client(handler) {
  const asked = [];
  const session = { value: { access: "a1", refresh: "r1" }, get() { return this.value; }, set(value) { this.value = value; } };
  const http = new Http({
    session,
    fetch: async (url, options) => {
      asked.push(`${options.method} ${url} ${options.headers.Authorization || "-"}`);
      return handler(url, options);
    },
  });
  return { asked, http, session };
}

test("an access token that has ended is renewed once, however many requests meet it", async () => {
  const { asked, http, session } = client(async (url, { headers }) => {
    if (url.endsWith("auth/refresh/")) return answer(200, { access: "a2", refresh: "r2" });
    return headers.Authorization === "Bearer a2" ? answer(200, { ok: true }) : answer(401);
  });
  const answers = await Promise.all([1, 2, 3].map((number) => http.call("GET", `things/${number}/`)));
  assert.deepEqual(answers, [{ ok: true }, { ok: true }, { ok: true }]);
  assert.equal(asked.filter((line) => line.includes("auth/refresh/")).length, 1);
  assert.deepEqual(session.get(), { access: "a2", refresh: "r2" });
});

test("a refresh token that is refused ends the session here", async () => {
  const { http, session } = client(async () => answer(401, { code: "not_signed_in", detail: "Sign in." }));
  await assert.rejects(http.call("GET", "things/"), (problem) => problem.status === 401 && problem.code === "not_signed_in");
  assert.equal(session.get(), null);
});

test("what another tab has renewed meanwhile is kept", async () => {
  const { http, session } = client(async (url) => {
    if (url.endsWith("auth/refresh/")) session.set({ access: "a9", refresh: "r9" });
    return answer(401);
  });
  await assert.rejects(http.call("GET", "things/"));
  assert.deepEqual(session.get(), { access: "a9", refresh: "r9" });
});

test("no connection, a proxy's page and a busy server are told apart", async () => {
  const cut = client(async () => { throw new TypeError("Failed to fetch"); });
  await assert.rejects(cut.http.call("GET", "x/"), { status: 0, message: "No connection." });
  const proxy = client(async () => new Response("<html>Bad gateway</html>", { status: 502 }));
  await assert.rejects(proxy.http.call("GET", "x/"), { status: 502 });
  const busy = client(async () => answer(503, { code: "unavailable" }, { "Retry-After": "7" }));
  await assert.rejects(busy.http.call("GET", "x/"), { status: 503, code: "unavailable", retryAfter: 7 });
});
