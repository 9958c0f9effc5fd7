import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Route } from "../../src/admin/call/route.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { SERVER } from "./support/open-admin.ts";
import { type Answer, isForOperators, refusesAll, routeName, Scene } from "./support/route-scene.ts";
import { type Sample, sampleOf } from "./support/samples.ts";

const is422 = (answer: Answer, route: Route): void =>
  assert.equal(answer.status, 422, `${routeName(route)}: ${answer.text}`);

describe("what a request brings to any route", () => {
  it("is told what is wrong with it by names of the API, and where to read what can be", async () => {
    await using scene = await Scene.open();
    const headers = { authorization: scene.bearers.admin };
    const said = async (path: string, body?: unknown): Promise<unknown> => {
      const route = scene.routes.find(
        ({ path: known, method }) => known === path && (method === "GET") === (body === undefined),
      );
      assert.ok(route);
      const sample = body === undefined ? { query: { stat: "x" } } : { body };
      const { text } = await scene.ask(route, { headers, sample });
      const { detail, pointer, hint } = JSON.parse(text) as Record<string, string>;
      assert.match(hint ?? "", /openapi/);
      return [detail, pointer];
    };
    assert.deepEqual(await said("/v1/keys"), ["there is no such parameter", "/stat"]);
    assert.deepEqual(await said("/v1/tokens", {}), ["this field is missing", "/peer"]);
    const together = "its fields are none that go together here";
    assert.deepEqual(await said("/v1/selections", { act: "ignore", filter: {} }), [together, ""]);
  });

  it("is 422 for fields and parameters that it does not have, twice or of another type", async () => {
    await using scene = await Scene.open();
    const headers = { authorization: scene.bearers.admin };
    const routes = scene.routes.filter(isForOperators);
    const asks = (sample: (of: Sample) => Partial<Sample>) => (route: Route) =>
      scene.ask(route, { headers, sample: sample(sampleOf(route, scene.about)) });
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
      ({ status }, route) => assert.equal(status, 413, routeName(route)),
    );
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]) {
      const typed = { ...headers, "content-type": type };
      await refusesAll(
        scene,
        withBody,
        (route) => scene.ask(route, { headers: typed }),
        ({ status }, route) => assert.equal(status, 415, `${routeName(route)} ${type}`),
      );
    }
    await refusesAll(
      scene,
      scene.routes,
      (route) => scene.ask(route, { headers, method: "PATCH" }),
      (answer, route) => {
        assert.equal(answer.status, 405, routeName(route));
        assert.match(answer.headers.get("allow") ?? "", /GET|POST|PUT|DELETE/);
      },
    );
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
        assert.equal(status, 422, `${routeName(route)} ${JSON.stringify(bad).slice(0, 40)}: ${text}`);
      }
      assert.deepEqual(scene.state(), before, routeName(route));
    }
  });
});
