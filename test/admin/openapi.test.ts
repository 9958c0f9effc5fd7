import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { allRoutes, COMMON_STATUSES, openApi, statusesOf } from "../../scripts/openapi.ts";

type Json = { readonly [key: string]: unknown };

const ROOT = resolve(import.meta.dirname, "../..");
const DOCUMENT = JSON.parse(readFileSync(resolve(ROOT, "src/admin/schemas/openapi.json"), "utf8")) as Json;
const METHODS = ["get", "put", "post", "delete"];

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Json }[];
  readonly requestBody?: { readonly content: Json };
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly $ref?: string }>>;
}

const PATHS = DOCUMENT["paths"] as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
const OPERATIONS = Object.entries(PATHS).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

/** All that refers to something else in it. */
function refsIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "$ref" && typeof inner === "string" ? [inner] : refsIn(inner),
  );
}

function resolveRef(ref: string): unknown {
  const steps = ref.replace(/^#\//, "").split("/");
  return steps.reduce<unknown>((value, step) => (value as Json | undefined)?.[step], DOCUMENT);
}

describe("openapi.json", () => {
  it("is what the routes and their schemas say: node scripts/openapi.ts writes it", async () => {
    assert.deepEqual(DOCUMENT, JSON.parse(JSON.stringify(openApi(await allRoutes()))));
  });

  it("is OpenAPI 3.1: whole, with every reference leading somewhere and every operation called something else", () => {
    assert.match(String(DOCUMENT["openapi"]), /^3\.1\.\d+$/);
    const info = DOCUMENT["info"] as Json;
    assert.ok(typeof info["title"] === "string" && typeof info["version"] === "string");
    for (const ref of refsIn(DOCUMENT)) assert.notEqual(resolveRef(ref), undefined, ref);
    const ids = OPERATIONS.map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
    for (const { path, method, operation } of OPERATIONS) {
      const what = `${method} ${path}`;
      assert.ok(path.startsWith("/v1/") && METHODS.includes(method), what);
      const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name);
      const named = operation.parameters.filter((each) => each.in === "path").map(({ name }) => name);
      assert.deepEqual(named, inPath, what);
      for (const parameter of operation.parameters) assert.equal(typeof parameter.schema, "object", what);
      assert.ok(
        Object.keys(operation.responses).some((status) => status.startsWith("2")),
        what,
      );
      for (const [status, answer] of Object.entries(operation.responses)) {
        assert.match(status, /^[2-5]\d\d$/, what);
        assert.ok(answer.$ref ?? answer.description, what);
      }
    }
  });

  it("has no key of JSON Schema that belongs to another version, and no schema that says nothing of a body", () => {
    const text = JSON.stringify(DOCUMENT);
    for (const old of ['"nullable"', '"definitions"', '"$schema"', '"$defs"'])
      assert.ok(!text.includes(old), old);
    for (const { path, method, operation } of OPERATIONS) {
      const { content } = operation.requestBody ?? { content: {} };
      for (const each of Object.values(content)) {
        assert.notDeepEqual((each as { schema: Json }).schema, {}, `${method} ${path}`);
      }
    }
  });
});

describe("docs/reference/api.md", () => {
  const page = readFileSync(resolve(ROOT, "docs/reference/api.md"), "utf8");

  it("says which statuses most routes have", () => {
    const said = Array.from(page.matchAll(/^\| (\d{3}) \|/gm), ([, status]) => Number(status));
    const own = OPERATIONS.flatMap(({ operation }) => Object.keys(operation.responses).map(Number));
    assert.deepEqual(
      said,
      [...new Set([...own, 405])].filter((status) => status >= 400).toSorted((a, b) => a - b),
    );
    for (const status of Object.values(COMMON_STATUSES).flat()) assert.ok(said.includes(status));
  });

  it("has every route, with the scope that it needs and its statuses, and no other", async () => {
    const rows = Array.from(
      page.matchAll(/^\| `([A-Z]+ \/v1[^`]*)` \| (\w+) \| .* \| ([\d, ]+) \|$/gm),
      ([, route, scope, statuses]) => ({ route, scope, statuses }),
    );
    const routes = (await allRoutes()).map((route) => ({
      route: `${route.method} ${route.path}`,
      scope: route.scope,
      statuses: statusesOf(route).join(", "),
    }));
    assert.deepEqual(
      rows.toSorted((one, other) => String(one.route).localeCompare(String(other.route))),
      routes.toSorted((one, other) => one.route.localeCompare(other.route)),
    );
  });
});
