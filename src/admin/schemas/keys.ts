import * as v from "valibot";
import type { KeyJson } from "../../operator/listed-key.ts";
import type { ShownKey } from "../../operator/shown-key.ts";
import { TRUST_EVENT_TYPES } from "../../trust/records/events.ts";

/** A page of keys. */
export interface KeysJson {
  readonly items: readonly KeyRow[];
  readonly next: string | null;
}

/** A key on a list of the page. */
export interface KeyRow extends KeyJson {
  readonly groups: readonly string[];
  /** How many of its connections are open. */
  readonly connections: number;
}

/** A key with all that is known of it. */
export interface KeyDetail extends ShownKey {
  readonly groups: readonly string[];
  readonly connections: number;
}

export interface KeysQuery {
  readonly q?: string;
  readonly state?: KeyJson["state"];
  readonly cursor?: string;
  readonly limit?: number;
}

export interface ApproveBody {
  readonly name?: string;
  readonly onConflict?: "fail" | "replace" | "add";
  /** ISO 8601; null for never. */
  readonly expires?: string | null;
}

const text = v.nullable(v.string());
const STATES = ["pending", "trusted", "revoked", "ignored", "retired"] as const;

const KEY = {
  peer: text,
  state: v.picklist(STATES),
  reason: text,
  keyId: v.string(),
  pin: v.string(),
  fingerprint: v.string(),
  subject: text,
  firstSeen: text,
  lastSeen: text,
  expires: text,
  source: v.string(),
  conflictsWith: text,
  version: v.number(),
  note: text,
};

const ROW = { ...KEY, groups: v.array(v.string()), connections: v.number() };

const EVENT = v.looseObject({ sequence: v.number(), type: v.picklist(TRUST_EVENT_TYPES) });

export const keysJson: v.GenericSchema = v.strictObject({
  items: v.array(v.strictObject(ROW)),
  next: text,
});

export const keyDetail: v.GenericSchema = v.strictObject({
  ...ROW,
  claimedName: text,
  newName: text,
  staleSeen: v.boolean(),
  phrase: text,
  serverKeyId: text,
  certificates: v.array(v.looseObject({ fingerprint: v.string() })),
  refusals: v.array(v.looseObject({ reason: v.string() })),
  events: v.array(EVENT),
});

export const keyJson: v.GenericSchema = v.strictObject(KEY);

export const keysQuery: v.GenericSchema<KeysQuery> = v.strictObject({
  q: v.exactOptional(v.pipe(v.string(), v.maxLength(500))),
  state: v.exactOptional(v.picklist(STATES)),
  cursor: v.exactOptional(v.pipe(v.string(), v.maxLength(1000))),
  limit: v.exactOptional(
    v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.transform(Number), v.minValue(1), v.maxValue(500)),
  ),
}) as unknown as v.GenericSchema<KeysQuery>;

export const approveBody: v.GenericSchema<ApproveBody> = v.strictObject({
  name: v.exactOptional(v.pipe(v.string(), v.maxLength(500))),
  onConflict: v.exactOptional(v.picklist(["fail", "replace", "add"])),
  expires: v.exactOptional(v.nullable(v.pipe(v.string(), v.isoTimestamp()))),
});
