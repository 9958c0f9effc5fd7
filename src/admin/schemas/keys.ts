import * as v from "valibot";
import type { KeyJson } from "../../operator/listed-key.ts";
import type { Page } from "../../trust/port/page.ts";
import type { ShownKey } from "../../operator/shown-key.ts";
import type { WaitingKey } from "../../operator/waiting-key.ts";
import { TRUST_EVENT_TYPES } from "../../trust/records/events.ts";
import { momentQuery, type PageQuery, pageQuery } from "./page-query.ts";

/** A page of keys. */
export interface KeysJson extends Page<KeyRow> {
  /** How what is being typed could go on. */
  readonly suggestions: readonly string[];
}

/** A key on a list of the page. */
export interface KeyRow extends KeyJson {
  readonly groups: readonly string[];
  /** How many of its connections are open. */
  readonly connections: number;
}

/** A key with all that is known of it. */
export interface KeyDetail
  extends ShownKey, Pick<WaitingKey, "claim" | "holder" | "address" | "listener" | "tries" | "lastTry"> {
  readonly groups: readonly string[];
  readonly connections: number;
  /** What its client shows to be scanned; null when no server was started on the store. */
  readonly code: string | null;
  /** When an operator looked at it last, before now. */
  readonly seenByOperator: string | null;
}

export interface KeysQuery extends PageQuery {
  readonly q?: string;
  readonly state?: KeyJson["state"];
  readonly source?: KeyJson["source"];
  readonly group?: string;
  /** Milliseconds since the epoch; in a request ISO 8601. */
  readonly seenBefore?: number;
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

const WAITING = {
  claim: text,
  holder: v.nullable(v.strictObject(KEY)),
  address: text,
  listener: text,
  tries: v.number(),
  lastTry: text,
};

const EVENT = v.looseObject({ sequence: v.number(), type: v.picklist(TRUST_EVENT_TYPES) });

export const keysJson: v.GenericSchema = v.strictObject({
  items: v.array(v.strictObject(ROW)),
  next: text,
  suggestions: v.array(v.string()),
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
  ...WAITING,
  code: text,
  seenByOperator: text,
});

export const keyJson: v.GenericSchema = v.strictObject(KEY);

/** A key that waits, beside who has its name. */
export const waitingKeyJson: v.GenericSchema = v.strictObject({
  ...KEY,
  ...WAITING,
  phrase: text,
});

export const keysQuery: v.GenericSchema<unknown, KeysQuery> = pageQuery({
  q: v.exactOptional(v.pipe(v.string(), v.maxLength(500))),
  state: v.exactOptional(v.picklist(STATES)),
  source: v.exactOptional(v.picklist(["first-use", "approved", "token", "rotation", "ca", "import"])),
  group: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(500))),
  seenBefore: momentQuery,
});

export const approveBody: v.GenericSchema<ApproveBody> = v.strictObject({
  name: v.exactOptional(v.pipe(v.string(), v.maxLength(500))),
  onConflict: v.exactOptional(v.picklist(["fail", "replace", "add"])),
  expires: v.exactOptional(v.nullable(v.pipe(v.string(), v.isoTimestamp()))),
});
