import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as v from "valibot";
import type { Route } from "../../src/admin/call/route.ts";
import { type Scope, SCOPES } from "../../src/trust/records/scope.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { OpenAdmin, SERVER } from "./support/open-admin.ts";
import { bearers, fill, type Sample, sampleOf, type Sampled, strangeBearer } from "./support/samples.ts";

type Headers = Readonly<Record<string, string>>;

interface Asked {
  readonly sample?: Partial<Sample>;
  readonly headers?: Headers;
  readonly method?: string;
  /** As it is, instead of a body in JSON. */
  readonly raw?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: globalThis.Headers;
  readonly text: string;
  readonly code: string | undefined;
  readonly pointer: string | undefined;
}

/** The API with somebody in it, asked by whoever. */
class Scene implements AsyncDisposable {
  readonly api: OpenAdmin;
  readonly about: Sampled;
  readonly bearers: Readonly<Record<Scope, string>>;

  private constructor(api: OpenAdmin, about: Sampled, tokens: Readonly<Record<Scope, string>>) {
    this.api = api;
    this.about = about;
    this.bearers = tokens;
  }

  static async open(): Promise<Scene> {
    const api = await OpenAdmin.open();
    const about = await fill(api.store);
    return new Scene(api, about, await bearers(api.store));
  }

  get routes(): readonly Route[] {
    return this.api.admin.routes;
  }

  /** A good request for the route, but for what is said otherwise. */
  async ask(route: Route, { sample, headers = {}, method = route.method, raw }: Asked = {}): Promise<Answer> {
    const { path, body, query, of } = { ...sampleOf(route, this.about), ...sample };
    const version = of === undefined ? undefined : this.api.store.key(of)?.version;
    const text = raw ?? (body === undefined || method === "GET" ? undefined : JSON.stringify(body));
    const controller = new AbortController();
    const response = await fetch(`${this.api.origin}${path}${toQuery(query)}`, {
      method,
      signal: controller.signal,
      headers: {
        ...(text !== undefined && { "content-type": "application/json" }),
        ...(version !== undefined && { "if-match": `"${version}"` }),
        ...headers,
      },
      ...(text !== undefined && { body: text }),
    });
    const isStream = response.headers.get("content-type") === "text/event-stream";
    const answered = isStream ? "" : await response.text();
    if (isStream) controller.abort();
    const isProblem = response.headers.get("content-type") === "application/problem+json";
    const problem = isProblem ? (JSON.parse(answered) as { code?: string; pointer?: string }) : {};
    return {
      status: response.status,
      headers: response.headers,
      text: answered,
      code: problem.code,
      pointer: problem.pointer,
    };
  }

  /** Whether anything of trust became another since. */
  state(): unknown {
    const { store } = this.api;
    const { pin, undone, token } = this.about;
    return [store.head(), store.key(pin), store.key(undone), store.token(token)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]();
  }
}

function toQuery(query: Sample["query"]): string {
  return query === undefined ? "" : `?${new URLSearchParams(query).toString()}`;
}

const name = ({ method, path }: Route): string => `${method} ${path}`;
const isForOperators = ({ scope }: Route): boolean => scope !== "anybody";
const enough = ({ scope }: Route): Scope => (scope === "anybody" ? "read" : scope);

/** Asks each route, and looks that nothing changed and nothing of anybody is said to whoever may not know. */
async function refusesAll(
  scene: Scene,
  routes: readonly Route[],
  ask: (route: Route) => Promise<Answer>,
  check: (answer: Answer, route: Route) => void,
): Promise<void> {
  const before = scene.state();
  for (const route of routes) {
    const answer = await ask(route);
    check(answer, route);
    assert.deepEqual(scene.state(), before, name(route));
  }
}

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
      else assert.ok(status === 200 || status === 201, `${name(route)}: ${status} ${text}`);
      assert.equal(answered.get("cache-control"), "no-store");
      assert.match(answered.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
      assert.equal(answered.get("cross-origin-resource-policy"), "same-origin");
      assert.equal(answered.get("access-control-allow-origin"), null);
      if (status > 201 || route.answer === undefined) continue;
      const result = v.safeParse(route.answer, JSON.parse(text));
      assert.ok(result.success, `${name(route)}: ${JSON.stringify(result.issues?.slice(0, 2))} ${text}`);
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
        assert.deepEqual([answer.status, answer.code], [401, "not-signed-in"], name(route));
        assert.doesNotMatch(answer.text, /anna|ben|dora/);
      },
    );
    const cancelled = await api.admin.routes.find(({ path }) => path === "/v1/api-tokens/{id}/cancel");
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
          assert.deepEqual([answer.status, answer.code], [401, "credentials-ended"], name(route));
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
          assert.deepEqual([answer.status, answer.code], [403, "scope"], `${scope}: ${name(route)}`);
          assert.doesNotMatch(answer.text, /anna|ben|dora/);
        },
      );
      // What is wrong with a request is said to who may send it.
      const allowed = scene.routes.filter((route) => isForOperators(route) && !forbidden.includes(route));
      for (const route of allowed) {
        const sample = { query: { surplus: "1" } };
        const { status } = await scene.ask(route, { sample, headers: { authorization } });
        assert.equal(status, 422, `${scope}: ${name(route)}`);
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
      assert.match(answer, /^HTTP\/1\.1 421 /, name(route));
      const absolute = `${route.method} http://evil.example${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`;
      assert.match(
        await rawRequest(hostname, Number(port), absolute),
        /^HTTP\/1\.1 4(?:21|00) /,
        name(route),
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

  it("is 422 for fields and parameters that it does not have, twice or of another type", async () => {
    await using scene = await Scene.open();
    const headers = { authorization: scene.bearers.admin };
    const routes = scene.routes.filter(isForOperators);
    const asks = (sample: (of: Sample) => Partial<Sample>) => (route: Route) =>
      scene.ask(route, { headers, sample: sample(sampleOf(route, scene.about)) });
    const is422 = (answer: Answer, route: Route): void =>
      assert.equal(answer.status, 422, `${name(route)}: ${answer.text}`);
    await refusesAll(
      scene,
      routes,
      asks(() => ({ query: { surplus: "1" } })),
      is422,
    );
    const withBody = routes.filter(({ body }) => body !== undefined);
    for (const surplus of ["surplus", "__proto__", "constructor"]) {
      const more = (body: unknown): unknown =>
        JSON.parse(`{"${surplus}":1,${JSON.stringify(body).slice(1)}`.replace(",}", "}"));
      await refusesAll(
        scene,
        withBody,
        (route) => {
          const { body } = sampleOf(route, scene.about);
          return scene.ask(route, { headers, raw: JSON.stringify(more(body)) });
        },
        is422,
      );
    }
    for (const raw of ["[]", "null", "1", '"text"', "true", "{", '{"a"', "\u0000", "[".repeat(20_000)]) {
      await refusesAll(scene, withBody, (route) => scene.ask(route, { headers, raw }), is422);
    }
    for (const wrong of [null, 1, "x", [], {}, true]) {
      await refusesAll(
        scene,
        withBody.filter((route) => Object.keys(sampleOf(route, scene.about).body ?? {}).length > 0),
        (route) => {
          const [field = ""] = Object.keys(sampleOf(route, scene.about).body ?? {});
          const body = { ...(sampleOf(route, scene.about).body as object), [field]: wrong };
          if (typeof wrong === "string") return scene.ask(route, { headers, raw: '{"' });
          return scene.ask(route, { headers, sample: { body } });
        },
        is422,
      );
    }
    const lists = routes.filter(({ query }) => query !== undefined);
    for (const limit of ["0", "501", "-1", "1e2", "ten", ""]) {
      await refusesAll(
        scene,
        lists,
        asks(() => ({ query: { limit } })),
        is422,
      );
    }
    await refusesAll(
      scene,
      lists,
      asks(() => ({ query: { cursor: "not a cursor" } })),
      is422,
    );
  });

  it("is 413 for a body of 1 MB, 415 for what is no JSON, 405 for other methods", async () => {
    await using scene = await Scene.open();
    const headers = { authorization: scene.bearers.admin };
    const withBody = scene.routes.filter(({ body, scope }) => body !== undefined && scope !== "anybody");
    const raw = JSON.stringify({ text: "x".repeat(1_000_000) });
    await refusesAll(
      scene,
      withBody,
      (route) => scene.ask(route, { headers, raw }),
      ({ status }, route) => assert.equal(status, 413, name(route)),
    );
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]) {
      const typed = { ...headers, "content-type": type };
      await refusesAll(
        scene,
        withBody,
        (route) => scene.ask(route, { headers: typed }),
        ({ status }, route) => assert.equal(status, 415, `${name(route)} ${type}`),
      );
    }
    await refusesAll(
      scene,
      scene.routes,
      (route) => scene.ask(route, { headers, method: "PATCH" }),
      (answer, route) => {
        assert.equal(answer.status, 405, name(route));
        assert.match(answer.headers.get("allow") ?? "", /GET|POST|PUT|DELETE/);
      },
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
      keyId.toLowerCase().replace(/^./, "1"),
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
          : kinds[own];
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
      assert.equal(unseen.status, 428, name(route));
      for (const version of ['"1"', '"999999"', "*", 'W/"1"', "garbage"]) {
        const answer = await scene.ask(route, { headers: { ...headers, "if-match": version } });
        assert.equal(answer.status, 412, `${name(route)} ${version}: ${answer.text}`);
        const { key } = JSON.parse(answer.text) as { key: { version: number; pin: string } };
        assert.ok(key.version > 0, name(route));
      }
      assert.deepEqual(scene.state(), before, name(route));
    }
  });

  it("takes no name that cannot be shown, or could be taken for a key", async () => {
    await using scene = await Scene.open();
    const headers = { authorization: scene.bearers.admin };
    const hostile = [
      "",
      " ",
      "a\u0000b",
      "a\u202eb",
      "a\u200bb",
      "x".repeat(256),
      "\ud800",
      "a\nb",
      toKeyId(SERVER),
      SERVER,
    ];
    const fields: Readonly<Record<string, string>> = {
      "/v1/keys/{keyId}/approve": "name",
      "/v1/keys/{keyId}/rename": "peer",
      "/v1/tokens": "peer",
      "/v1/groups/add": "group",
      "/v1/api-tokens": "name",
    };
    for (const route of scene.routes.filter(({ method, path }) => method === "POST" && path in fields)) {
      const before = scene.state();
      for (const bad of hostile) {
        const body = { ...(sampleOf(route, scene.about).body as object), [fields[route.path] ?? ""]: bad };
        const { status, text } = await scene.ask(route, { headers, sample: { body } });
        assert.equal(status, 422, `${name(route)} ${JSON.stringify(bad).slice(0, 40)}: ${text}`);
      }
      assert.deepEqual(scene.state(), before, name(route));
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
