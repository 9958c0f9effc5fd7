import type { Route } from "../../../src/admin/call/route.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { createApiToken } from "../../../src/trust/naming/api-token.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import type { Scope } from "../../../src/trust/records/scope.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { arrive } from "../../operator/support/waiting-room.ts";
import { SERVER } from "./open-admin.ts";

/** What routes are asked about. */
export interface Sampled {
  readonly pin: KeyPin;
  readonly keyId: string;
  /** Of the event that `undo` takes. */
  readonly undone: KeyPin;
  readonly sequence: number;
  readonly token: string;
  readonly apiToken: string;
  readonly connection: string;
}

/** A request that a route answers well. */
export interface Sample {
  readonly path: string;
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string>>;
  /** Whose version it looked at. */
  readonly of?: KeyPin;
}

const FAR = Date.UTC(2100, 0, 1);

/** Somebody who waits, somebody who was decided about, tokens, a refusal, a connection. */
export async function fill(store: TrustStore): Promise<Sampled> {
  const about = { address: "gw:1", host: "gw", port: 1, pin: SERVER };
  await store.putSetting("server", JSON.stringify(about));
  const operator = new Operator(store, { user: "root", process: "test 1", now: Date.now });
  const pin = await arrive(store, { claims: "anna", expires: FAR });
  const undone = await arrive(store, { claims: "ben", expires: FAR });
  let sequence = 0;
  await operator.approve(undone, { onEvent: (event) => (sequence = event) });
  await operator.addToGroup("crew", undone);
  await operator.openFirstUse(600_000, { max: 3 });
  const token = await operator.createToken({ peer: "dora", servers: ["gw:1"], serverPin: SERVER });
  const api = await operator.createApiToken({
    name: "spare",
    scope: "read",
    expires: Date.now() + 3_600_000,
  });
  const connection = "c-refused";
  const at = Date.now();
  const refusal = {
    pin,
    reason: "pending",
    detail: null,
    problem: null,
    fingerprint: null,
    peer: "anna",
  } as const;
  await store.record({
    seen: [{ pin: undone, at }],
    refusals: [
      { ...refusal, address: "192.0.2.9", listener: "front", connection, firstAt: at, lastAt: at, count: 3 },
    ],
    opened: [
      { id: "c-open", pin: undone, peer: "ben", remoteAddress: "192.0.2.8", listener: null, since: at },
    ],
    closed: [],
  });
  return { pin, keyId: toKeyId(pin), undone, sequence, token: token.id, apiToken: api.id, connection };
}

/** An API token of each scope, as `Authorization` has it. */
export async function bearers(store: TrustStore): Promise<Readonly<Record<Scope, string>>> {
  const operator = new Operator(store, { user: "root", process: "test 1", now: Date.now });
  const made = async (scope: Scope): Promise<string> => {
    const expires = Date.now() + 3_600_000;
    const { token } = await operator.createApiToken({ name: `script of ${scope}`, scope, expires });
    return `Bearer ${token}`;
  };
  return {
    read: await made("read"),
    approve: await made("approve"),
    manage: await made("manage"),
    admin: await made("admin"),
  };
}

/** An API token that the store does not know. */
export function strangeBearer(): string {
  return `Bearer ${createApiToken().text}`;
}

/** A good request for each route, by its method and path; a route without one fails every test. */
export function sampleOf({ method, path }: Route, about: Sampled): Sample {
  const { keyId, pin } = about;
  const samples: Readonly<Record<string, Omit<Sample, "path">>> = {
    "GET /v1/session": {},
    "POST /v1/session": { body: { link: "x".repeat(43) } },
    "DELETE /v1/session": { body: {} },
    "GET /v1/health": {},
    "GET /v1/nodes": {},
    "GET /v1/openapi.json": {},
    "GET /v1/waiting": { query: { limit: "2" } },
    "GET /v1/window": {},
    "PUT /v1/window": { body: { forMs: 600_000, max: 12, from: "192.0.2.0/24" } },
    "DELETE /v1/window": { body: {} },
    "GET /v1/keys": { query: { q: "ann", state: "pending", limit: "2" } },
    "GET /v1/keys/{keyId}": {},
    "POST /v1/keys/{keyId}/approve": { body: { name: "anna", onConflict: "fail", expires: null }, of: pin },
    "POST /v1/keys/{keyId}/ignore": { body: {}, of: pin },
    "POST /v1/keys/{keyId}/revoke": { body: {}, of: pin },
    "POST /v1/keys/{keyId}/set-aside": { body: {}, of: about.undone },
    "POST /v1/keys/{keyId}/forget": { body: {}, of: pin },
    "POST /v1/keys/{keyId}/rename": { body: { peer: "benedikt" }, of: about.undone },
    "POST /v1/keys/{keyId}/note": { body: { text: "calls on Monday" } },
    "GET /v1/keys/{keyId}/comparison": {},
    "POST /v1/keys/{keyId}/compare": { body: { keyId } },
    "POST /v1/selections": { body: { q: "state:pending", act: "ignore" } },
    "POST /v1/selections/{selection}/apply": { body: { act: "ignore", count: 1 } },
    "POST /v1/commands": { body: { act: "revoke", key: keyId } },
    "GET /v1/groups": { query: { group: "lab" } },
    "POST /v1/groups/add": { body: { group: "lab", key: "ben" } },
    "POST /v1/groups/remove": { body: { group: "crew", key: "ben" } },
    "GET /v1/tokens": { query: { limit: "1" } },
    "POST /v1/tokens": {
      body: { peer: "emil", forMs: 60_000, from: "192.0.2.0/24", replace: false, groups: ["lab"] },
    },
    "POST /v1/tokens/{id}/cancel": { body: {} },
    "GET /v1/connections": { query: { q: "ben" } },
    "GET /v1/refusals": { query: { reason: "pending", key: keyId, network: "192.0.2.0/24" } },
    "GET /v1/refusals/{connection}": {},
    "GET /v1/events": { query: { newestFirst: "true", type: "approved", since: "2020-01-01" } },
    "POST /v1/events/{sequence}/undo": { body: {}, of: about.undone },
    "GET /v1/audit/head": {},
    "POST /v1/audit/verify": { body: {} },
    "GET /v1/audit/compare": { query: { from: "0" } },
    "GET /v1/audit/events.jsonl": {},
    "GET /v1/api-tokens": {},
    "POST /v1/api-tokens": { body: { name: "ci", scope: "read", expires: "90d" } },
    "POST /v1/api-tokens/{id}/cancel": { body: {} },
    "GET /v1/operators": {},
    "GET /v1/stream": {},
  };
  const sample = samples[`${method} ${path}`];
  if (sample === undefined) throw new Error(`no sample for ${method} ${path}`);
  return { ...sample, path: pathWith(path, about, sample.of) };
}

function pathWith(path: string, about: Sampled, of: KeyPin | undefined): string {
  const id = path.startsWith("/v1/api-tokens") ? about.apiToken : about.token;
  return path
    .replace("{keyId}", toKeyId(of ?? about.pin))
    .replace("{id}", id)
    .replace("{sequence}", String(about.sequence))
    .replace("{connection}", about.connection);
}
