import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as v from "valibot";
import type { Route } from "../../src/admin/call/route.ts";
import { type Scope, SCOPES } from "../../src/trust/records/scope.ts";
import { OpenAdmin } from "./support/open-admin.ts";
import { isForOperators, refusesAll, routeName, Scene } from "./support/route-scene.ts";
import { sampleOf, strangeBearer } from "./support/samples.ts";

const enough = ({ scope }: Route): Scope => (scope === "anybody" ? "read" : scope);

describe("every route of the API", () => {
  it("answers a good request as its schema says, and lets nobody keep, frame or read it elsewhere", async () => {
    for (const { method, path } of (await routesOf()).filter((route) => route.method !== "DELETE")) {
      await using scene = await Scene.open();
      const route = scene.routes.find((each) => each.method === method && each.path === path);
      assert.ok(route);
      const headers = isForOperators(route)
        ? { authorization: scene.bearers.admin }
        : { origin: scene.api.origin };
      const { status, headers: answered, text } = await scene.ask(route, { headers });
      if (path === "/v1/session" && method === "POST") assert.equal(status, 401);
      else assert.ok(status === 200 || status === 201, `${routeName(route)}: ${status} ${text}`);
      assert.equal(answered.get("cache-control"), "no-store");
      assert.match(answered.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
      assert.equal(answered.get("cross-origin-resource-policy"), "same-origin");
      assert.equal(answered.get("access-control-allow-origin"), null);
      if (status > 201 || route.answer === undefined) continue;
      const result = v.safeParse(route.answer, JSON.parse(text));
      assert.ok(result.success, `${routeName(route)}: ${JSON.stringify(result.issues?.slice(0, 2))} ${text}`);
    }
  });

  it("is 401 for nobody, and for tokens that are unknown, expired, cancelled or none at all", async () => {
    await using scene = await Scene.open();
    const { api, about, bearers: tokens } = scene;
    const routes = scene.routes.filter(isForOperators);
    await refusesAll(
      scene,
      routes,
      (route) => scene.ask(route),
      (answer, route) => {
        assert.deepEqual([answer.status, answer.code], [401, "not-signed-in"], routeName(route));
        assert.doesNotMatch(answer.text, /anna|ben|dora/);
      },
    );
    const cancelled = api.admin.routes.find(({ path }) => path === "/v1/api-tokens/{id}/cancel");
    assert.ok(cancelled);
    const operatorsOwn = tokens.approve;
    const { items } = await api.store.listApiTokens({ search: "script of approve" });
    const sample = { path: `/v1/api-tokens/${items[0]?.id}/cancel`, body: {} };
    assert.equal(
      (await scene.ask(cancelled, { sample, headers: { authorization: tokens.admin } })).status,
      200,
    );
    const { authorization: session = "" } = await api.signIn();
    const bad = [
      strangeBearer(),
      operatorsOwn,
      "Bearer hca1.short",
      "Basic b3BlcmF0b3I6",
      session.toLowerCase(),
    ];
    for (const authorization of bad) {
      await refusesAll(
        scene,
        routes,
        (route) => scene.ask(route, { headers: { authorization } }),
        (answer, route) => {
          assert.deepEqual([answer.status, answer.code], [401, "credentials-ended"], routeName(route));
        },
      );
    }
    api.clock.now += 4_000_000;
    await refusesAll(
      scene,
      routes,
      (route) => scene.ask(route, { headers: { authorization: tokens.admin } }),
      (answer) => assert.equal(answer.status, 401),
    );
    assert.equal(api.store.key(about.pin)?.state, "pending");
  });

  it("is 403 for who has a lesser scope, and for nobody else", async () => {
    await using scene = await Scene.open();
    for (const scope of SCOPES) {
      const authorization = scene.bearers[scope];
      const forbidden = scene.routes.filter((route) => SCOPES.indexOf(enough(route)) > SCOPES.indexOf(scope));
      await refusesAll(
        scene,
        forbidden,
        (route) => scene.ask(route, { headers: { authorization } }),
        (answer, route) => {
          assert.deepEqual([answer.status, answer.code], [403, "scope"], `${scope}: ${routeName(route)}`);
          assert.doesNotMatch(answer.text, /anna|ben|dora/);
        },
      );
      // What is wrong with a request is said to who may send it.
      const allowed = scene.routes.filter((route) => isForOperators(route) && !forbidden.includes(route));
      for (const route of allowed) {
        const sample = { query: { surplus: "1" } };
        const { status } = await scene.ask(route, { sample, headers: { authorization } });
        assert.equal(status, 422, `${scope}: ${routeName(route)}`);
      }
    }
  });

  it("is 421 under another name, before anything else is looked at", async () => {
    await using scene = await Scene.open();
    const { hostname, port } = new URL(scene.api.origin);
    for (const route of scene.routes) {
      const { path } = sampleOf(route, scene.about);
      const head = `${route.method} ${path} HTTP/1.1\r\nHost: evil.example:${port}\r\nAuthorization: ${scene.bearers.admin}\r\n`;
      const answer = await rawRequest(hostname, Number(port), `${head}Connection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 421 /, routeName(route));
      const absolute = `${route.method} http://evil.example${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`;
      assert.match(
        await rawRequest(hostname, Number(port), absolute),
        /^HTTP\/1\.1 4(?:21|00) /,
        routeName(route),
      );
    }
    assert.match(
      await rawRequest(
        hostname,
        Number(port),
        "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
      ),
      /^HTTP\/1\.1 421 /,
    );
  });

  it("is 404 for ids of another kind", async () => {
    await using scene = await Scene.open();
    const { pin, keyId, token, apiToken, connection, sequence } = scene.about;
    const headers = { authorization: scene.bearers.admin };
    const kinds = {
      keyId: [keyId],
      id: [token, apiToken],
      sequence: [String(sequence)],
      connection: [connection],
    };
    const all = [
      ...Object.values(kinds).flat(),
      pin,
      "anna",
      keyId.slice(0, 15),
      // Not by what is forgiven, as 1 for I.
      keyId.toLowerCase().replace(/^./, (first) => (first === "a" ? "c" : "a")),
      "0",
      "..%2f..",
      "%00",
      "a".repeat(3000),
    ];
    for (const route of scene.routes.filter(({ path }) => path.includes("{"))) {
      const before = scene.state();
      const own = (route.path.match(/\{(\w+)\}/)?.[1] ?? "") as keyof typeof kinds;
      const rightful = route.path.startsWith("/v1/api-tokens")
        ? [apiToken]
        : route.path.startsWith("/v1/tokens")
          ? [token]
          : (kinds[own] ?? []);
      for (const other of all.filter((each) => !rightful.includes(each))) {
        const path = route.path.replace(/\{\w+\}/, encodeURIComponent(other).replaceAll("%25", "%"));
        const { status, text } = await scene.ask(route, { headers, sample: { path } });
        assert.equal(status, 404, `${route.path} ${other.slice(0, 60)}: ${text}`);
      }
      assert.deepEqual(scene.state(), before);
    }
  });

  it("wants to know what was looked at: 428 without, 412 for what was before, with what is now", async () => {
    await using scene = await Scene.open();
    const headers = { authorization: scene.bearers.admin };
    const careful = ["approve", "ignore", "revoke", "set-aside", "forget", "rename", "undo"];
    const routes = scene.routes.filter(({ path }) => careful.includes(path.split("/").at(-1) ?? ""));
    assert.equal(routes.length, careful.length);
    for (const route of routes) {
      const before = scene.state();
      const { of: _, ...sample } = sampleOf(route, scene.about);
      const unseen = await fetch(scene.api.origin + sample.path, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(sample.body),
      });
      assert.equal(unseen.status, 428, routeName(route));
      for (const version of ['"1"', '"999999"', "*", 'W/"1"', "garbage"]) {
        const answer = await scene.ask(route, { headers: { ...headers, "if-match": version } });
        assert.equal(answer.status, 412, `${routeName(route)} ${version}: ${answer.text}`);
        const { key } = JSON.parse(answer.text) as { key: { version: number; pin: string } };
        assert.ok(key.version > 0, routeName(route));
      }
      assert.deepEqual(scene.state(), before, routeName(route));
    }
  });
});

async function routesOf(): Promise<readonly Route[]> {
  await using api = await OpenAdmin.open();
  return api.admin.routes;
}

/** What no client of ours would send. */
async function rawRequest(host: string, port: number, text: string): Promise<string> {
  const { connect } = await import("node:net");
  const socket = connect(port, host);
  socket.end(text);
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("latin1");
}
