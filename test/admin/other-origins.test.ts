import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Route } from "../../src/admin/call/route.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { OpenAdmin } from "./support/open-admin.ts";
import { OpenGuarded } from "./support/open-guarded.ts";
import { fill, sampleOf, type Sampled } from "./support/samples.ts";

type Headers = Readonly<Record<string, string>>;

const routes = await (async (): Promise<readonly Route[]> => {
  await using api = await OpenAdmin.open();
  return api.admin.routes;
})();
const isSafe = ({ method }: Route): boolean => method === "GET";

/** What browsers say of where a request was sent from. */
const ELSEWHERE: readonly Headers[] = [
  { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
  { origin: "https://evil.example" },
  { origin: "null", "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
];

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers: Headers;
}

function requestFor(api: OpenGuarded, route: Route, about: Sampled, headers: Headers): Request {
  const { path, body, of, query } = sampleOf(route, about);
  const version = of === undefined ? {} : { "if-match": `"${api.store.key(of)?.version}"` };
  const search = query === undefined ? "" : `?${new URLSearchParams(query).toString()}`;
  const sent = { ...version, ...headers };
  return { method: route.method, path: path + search, headers: sent, ...(!isSafe(route) && { body }) };
}

describe("a page elsewhere, with the operator's own certificate along", () => {
  it("has nothing done and reads nothing, by whichever route", async () => {
    await using api = await OpenGuarded.open();
    const about = await fill(api.store);
    const anna = await api.enlist("olga", "operators");
    const before = [api.store.head(), api.store.key(about.pin), api.store.key(about.undone)];
    for (const route of routes.filter(({ method, path }) => !(method === "GET" && path === "/v1/session"))) {
      for (const from of isSafe(route) ? ELSEWHERE : [...ELSEWHERE, {}]) {
        const { status, body } = await api.ask(requestFor(api, route, about, from).path, {
          ...requestFor(api, route, about, from),
          identity: anna,
        });
        const what = `${route.method} ${route.path} ${JSON.stringify(from)}`;
        assert.deepEqual([status, body["code"]], [403, "other-origin"], what);
      }
    }
    assert.deepEqual([api.store.head(), api.store.key(about.pin), api.store.key(about.undone)], before);
    const preflight = await api.ask("/v1/keys", {
      identity: anna,
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    });
    assert.equal(preflight.status, 403);
    assert.equal(preflight.headers["access-control-allow-origin"], undefined);
  });

  it("has no more with a session's cookie, and our own page has what it asks for", async () => {
    await using api = await OpenGuarded.open();
    const about = await fill(api.store);
    const { token } = await api.operator.createApiToken({
      name: "ci",
      scope: "admin",
      expires: Date.now() + 1e6,
    });
    const signedIn = await api.ask("/v1/session", {
      method: "POST",
      body: { bearer: token },
      headers: { origin: api.origin, "sec-fetch-site": "same-origin" },
    });
    const cookie = signedIn.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    const path = `/v1/keys/${toKeyId(about.pin)}/note`;
    for (const from of [...ELSEWHERE, {}]) {
      const answer = await api.ask(path, {
        method: "POST",
        body: { text: "x" },
        headers: { cookie, ...from },
      });
      assert.equal(answer.status, 403);
    }
    for (const from of [{ origin: api.origin }, { origin: api.origin, "sec-fetch-site": "same-origin" }]) {
      const answer = await api.ask(path, {
        method: "POST",
        body: { text: "x" },
        headers: { cookie, ...from },
      });
      assert.equal(answer.status, 200);
    }
  });

  it("signs nobody in as somebody else", async () => {
    await using api = await OpenGuarded.open();
    const { token } = await api.operator.createApiToken({
      name: "ci",
      scope: "admin",
      expires: Date.now() + 1e6,
    });
    for (const headers of [...ELSEWHERE, {}]) {
      const { status } = await api.ask("/v1/session", { method: "POST", body: { bearer: token }, headers });
      assert.equal(status, 403);
    }
  });
});

describe("a bearer", () => {
  it("is asked for no origin, and has the certificate and the cookie beside it not looked at", async () => {
    await using api = await OpenGuarded.open();
    const { pin } = await fill(api.store);
    const admin = await api.enlist("olga", "operators");
    const { token } = await api.operator.createApiToken({
      name: "ci",
      scope: "read",
      expires: Date.now() + 1e6,
    });
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await api.ask("/v1/keys", { identity: admin, headers })).status, 200);
    const path = `/v1/keys/${toKeyId(pin)}/note`;
    const noted = await api.ask(path, { identity: admin, method: "POST", body: { text: "x" }, headers });
    assert.deepEqual([noted.status, noted.body["code"]], [403, "scope"]);
    const bad = { authorization: "Bearer nothing" };
    assert.equal((await api.ask("/v1/keys", { identity: admin, headers: bad })).status, 401);
  });
});
