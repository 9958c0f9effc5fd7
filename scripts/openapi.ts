import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toJsonSchema, toJsonSchemaDefs } from "@valibot/to-json-schema";
import type { GenericSchema, StrictObjectSchema } from "valibot";
import { createAdmin } from "../src/admin/admin.ts";
import { PROBLEM_TITLES } from "../src/admin/call/problem.ts";
import type { Route } from "../src/admin/call/route.ts";
import * as acts from "../src/admin/schemas/acts.ts";
import * as health from "../src/admin/schemas/health.ts";
import * as keys from "../src/admin/schemas/keys.ts";
import * as lists from "../src/admin/schemas/lists.ts";
import * as operatorActs from "../src/admin/schemas/operator-act.ts";
import * as selections from "../src/admin/schemas/selections.ts";
import * as session from "../src/admin/schemas/session.ts";
import * as tokens from "../src/admin/schemas/tokens.ts";
import * as waiting from "../src/admin/schemas/waiting.ts";
import * as windows from "../src/admin/schemas/window.ts";
import { openStoreAt } from "../src/store/open-store.ts";
import { StoreUrl } from "../src/trust/port/store-url.ts";

const FILE = join(import.meta.dirname, "../src/admin/schemas/openapi.json");
const PROBLEM = "Problem";

type Json = { readonly [key: string]: unknown };
type Entries = StrictObjectSchema<Record<string, GenericSchema>, undefined>["entries"];

/** Those that several routes have, or that have a name anyhow. Queries are parameters, not objects. */
const NAMED: ReadonlyMap<GenericSchema, string> = new Map(
  [acts, health, keys, lists, operatorActs, selections, session, tokens, waiting, windows].flatMap((file) =>
    Object.entries(file as Readonly<Record<string, unknown>>).flatMap(([name, value]) =>
      isSchema(value) && !name.endsWith("Query")
        ? [[value, name[0]?.toUpperCase() + name.slice(1)] as const]
        : [],
    ),
  ),
);

const DEFINITIONS = Object.fromEntries(Array.from(NAMED, ([schema, name]) => [name, schema]));

const CONFIG = {
  target: "draft-2020-12",
  typeMode: "input",
  errorMode: "ignore",
  definitions: DEFINITIONS,
  overrideRef: ({ referenceId }: { readonly referenceId: string }) => refTo(referenceId),
} as const;

/** The API as OpenAPI 3.1.1 has it, made of its routes and their schemas. */
export function openApi(routes: readonly Route[]): Json {
  const paths = Map.groupBy(routes, ({ path }) => path);
  return {
    openapi: "3.1.1",
    info: {
      title: "handclasp",
      summary: "What operators do to a trust store",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      version: "1",
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { certificate: [] }],
    paths: Object.fromEntries(
      Array.from(paths, ([path, all]) => [
        path,
        Object.fromEntries(all.map((route) => [route.method.toLowerCase(), operation(route)])),
      ]),
    ),
    components: {
      schemas: { ...toJsonSchemaDefs(DEFINITIONS, CONFIG), [PROBLEM]: problemSchema() },
      responses: problemResponses(),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "An API token, hca1.…" },
        certificate: { type: "mutualTLS", description: "Of a peer in a group of operators" },
      },
    },
  };
}

/** Routes whose body names a key, or that need one to be in some state. */
const MORE: Readonly<Record<string, readonly number[]>> = {
  "/v1/groups/add": [404],
  "/v1/groups/remove": [404],
  "/v1/keys/{keyId}/comparison": [409],
  "/v1/keys/{keyId}/compare": [412, 429],
};

/** Statuses that are a route's own; `COMMON_STATUSES` are those of most. */
export function statusesOf(route: Route): readonly number[] {
  const { method, path, scope, find, isVersioned } = route;
  const creates =
    ["/v1/tokens", "/v1/api-tokens", "/v1/session", "/v1/selections"].includes(path) && method === "POST";
  const reads =
    method === "GET" || path.startsWith("/v1/audit") || ["/v1/commands", "/v1/selections"].includes(path);
  return [
    creates ? 201 : 200,
    ...(find === undefined ? [] : [404]),
    ...(isVersioned ? [412, 428] : []),
    ...(reads || path === "/v1/session" || scope === "anybody" ? [] : [409]),
    ...(MORE[path] ?? []),
  ].toSorted((one, other) => one - other);
}

/** Of routes for operators; of those with a body; of all. */
export const COMMON_STATUSES: {
  readonly operators: readonly number[];
  readonly body: readonly number[];
  readonly all: readonly number[];
} = { operators: [401, 403], body: [413, 415], all: [421, 422, 503] };

function allStatusesOf(route: Route): readonly number[] {
  const { operators, body, all } = COMMON_STATUSES;
  const isGuarded = route.scope !== "anybody" || route.method !== "GET";
  return [
    ...statusesOf(route),
    ...(isGuarded ? operators : []),
    ...(route.body === undefined ? [] : body),
    ...all,
  ].toSorted((one, other) => one - other);
}

function operation(route: Route): Json {
  const { path, method, summary, scope, body, isVersioned } = route;
  return {
    operationId: operationId(route),
    summary,
    ...(scope === "anybody" ? { security: [] } : { "x-scope": scope }),
    parameters: [
      ...Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => ({
        name,
        in: "path",
        required: true,
        schema: { type: "string" },
      })),
      ...queryParameters(route),
      ...(isVersioned
        ? [
            {
              name: "If-Match",
              in: "header",
              description: "The version that was looked at, in quotes",
              schema: { type: "string" },
            },
          ]
        : []),
      ...(path === "/v1/stream"
        ? [
            {
              name: "Last-Event-ID",
              in: "header",
              description: "The last change that was heard",
              schema: { type: "string" },
            },
          ]
        : []),
    ],
    ...(body !== undefined && {
      requestBody: {
        required: method !== "DELETE",
        content: { "application/json": { schema: schemaOf(body) } },
      },
    }),
    responses: Object.fromEntries(
      allStatusesOf(route).map((status) => [String(status), response(route, status)]),
    ),
  };
}

function operationId({ method, path }: Route): string {
  const words = path.replace("/v1/", "").replaceAll(/[{}]/g, "").split(/[/.-]/);
  return [method.toLowerCase(), ...words.map((word) => word[0]?.toUpperCase() + word.slice(1))].join("");
}

function queryParameters({ query }: Route): readonly Json[] {
  if (query === undefined) return [];
  const { entries } = query as unknown as { readonly entries: Entries };
  return Object.entries(entries).map(([name, schema]) => ({
    name,
    in: "query",
    required: schema.type !== "exact_optional",
    schema: schemaOf(schema),
  }));
}

const OTHER_TYPES: Readonly<Record<string, string>> = {
  "/v1/audit/events.jsonl": "application/jsonl",
  "/v1/stream": "text/event-stream",
};

function response({ path, answer, isVersioned, method }: Route, status: number): Json {
  if (status >= 400) return { $ref: `#/components/responses/${PROBLEM}${status}` };
  const type = OTHER_TYPES[path] ?? "application/json";
  const schema =
    answer === undefined ? { type: type === "application/json" ? "object" : "string" } : schemaOf(answer);
  const hasVersion = method === "GET" && path === "/v1/keys/{keyId}" && !isVersioned;
  const headers = { ETag: { description: "Its version", schema: { type: "string" } } };
  return { description: "Done", ...(hasVersion && { headers }), content: { [type]: { schema } } };
}

function schemaOf(schema: GenericSchema): Json {
  const name = NAMED.get(schema);
  if (name !== undefined) return { $ref: refTo(name) };
  const { $schema: _, $defs: __, ...json } = toJsonSchema(schema, CONFIG) as Json;
  return json;
}

function problemResponses(): Json {
  const content = { "application/problem+json": { schema: { $ref: refTo(PROBLEM) } } };
  return Object.fromEntries(
    Object.entries(PROBLEM_TITLES).map(([status, description]) => [
      `${PROBLEM}${status}`,
      { description, content },
    ]),
  );
}

function problemSchema(): Json {
  const text = { type: "string" };
  return {
    type: "object",
    description: "RFC 9457",
    properties: {
      type: text,
      title: text,
      status: { type: "integer" },
      code: { ...text, description: "A stable word" },
      detail: text,
      hint: text,
      remedies: { type: "array", items: { type: "object" } },
      pointer: { ...text, description: "RFC 6901" },
      conflictsWith: { type: "array", items: text, description: "Key ids" },
      key: { anyOf: [{ $ref: refTo("KeyJson") }, { type: "null" }], description: "As it is now" },
      needs: { ...text, description: "A scope" },
    },
    required: ["type", "title", "status", "code"],
  };
}

function refTo(name: string): string {
  return `#/components/schemas/${name}`;
}

function isSchema(value: unknown): value is GenericSchema {
  return typeof value === "object" && value !== null && Reflect.get(value, "kind") === "schema";
}

/** All routes, of a server that listens nowhere. */
export async function allRoutes(): Promise<readonly Route[]> {
  await using store = openStoreAt(StoreUrl.memory, { process: "openapi 1" });
  const { routes } = createAdmin({
    store,
    hosts: [],
    transport: "tls",
    identify: () => null,
    page: new Map(),
    user: null,
    now: Date.now,
    monotonic: () => performance.now(),
    pause: () => Promise.resolve(),
    rest: () => Promise.resolve(),
    process: "openapi 1",
    version: "",
    commandOf: ({ act }) => act,
    commandsForNobody: [],
    joinCommandOf: (token) => token,
    meantServer: () => {
      throw new Error("nobody is invited here");
    },
  });
  return routes;
}

/** As it stands in the file. */
export function toText(document: Json): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

if (import.meta.main) writeFileSync(FILE, toText(openApi(await allRoutes())), { mode: 0o644 });
