import * as v from "valibot";
import type { ConnectionJson } from "../../operator/listed-connection.ts";
import type { EventJson } from "../../operator/listed-event.ts";
import type { MemberJson } from "../../operator/listed-member.ts";
import type { RefusalJson } from "../../operator/listed-refusal.ts";
import { REFUSAL_REASONS } from "../../trust/judging/alerts.ts";
import type { Page } from "../../trust/port/page.ts";
import { TRUST_EVENT_TYPES, type TrustEventType } from "../../trust/records/events.ts";
import type { RecordedReason } from "../../trust/records/sighting.ts";
import { momentQuery, pageOf, type PageQuery, pageQuery } from "./page-query.ts";

export type ConnectionsJson = Page<ConnectionJson>;
export type RefusalsJson = Page<RefusalJson>;
export type EventsJson = Page<EventJson>;
export type MembersJson = Page<MemberJson>;

export interface ConnectionsQuery extends PageQuery {
  readonly q?: string;
}

/** Milliseconds since the epoch. */
interface TimesQuery extends PageQuery {
  readonly since?: number;
  readonly until?: number;
}

export interface RefusalsQuery extends TimesQuery {
  readonly q?: string;
  /** A key, or whoever is or was called so. */
  readonly key?: string;
  readonly reason?: RecordedReason;
  readonly listener?: string;
  /** An address or a network. */
  readonly network?: string;
}

export interface EventsQuery extends TimesQuery {
  readonly q?: string;
  /** A key, or all keys of a peer. */
  readonly key?: string;
  readonly type?: TrustEventType;
  readonly newestFirst?: boolean;
}

export interface MembersQuery extends PageQuery {
  readonly q?: string;
  readonly group?: string;
}

const text = v.nullable(v.string());
const search = v.exactOptional(v.pipe(v.string(), v.maxLength(500)));
const REASONS: readonly RecordedReason[] = [...REFUSAL_REASONS, "path-not-allowed"];

export const connectionsQuery: v.GenericSchema<unknown, ConnectionsQuery> = pageQuery({ q: search });

export const connectionsJson: v.GenericSchema = pageOf(
  v.strictObject({
    connection: v.string(),
    process: v.string(),
    run: v.string(),
    peer: v.string(),
    keyId: v.string(),
    pin: v.string(),
    remoteAddress: text,
    since: text,
    listener: text,
    machine: text,
  }),
);

export const refusalsQuery: v.GenericSchema<unknown, RefusalsQuery> = pageQuery({
  q: search,
  key: search,
  reason: v.exactOptional(v.picklist(REASONS)),
  listener: search,
  network: search,
  since: momentQuery,
  until: momentQuery,
});

const REFUSAL = {
  peer: text,
  pin: text,
  keyId: text,
  reason: v.picklist(REASONS),
  detail: text,
  address: text,
  listener: text,
  connection: v.string(),
  firstAt: text,
  lastAt: text,
  count: v.number(),
  machine: text,
};

export const refusalsJson: v.GenericSchema = pageOf(v.strictObject(REFUSAL));

/** A refusal and why it was. */
export const explainedJson: v.GenericSchema = v.strictObject({
  refusal: v.strictObject({ ...REFUSAL, alert: text, conflictsWith: text }),
  explanation: v.looseObject({}),
});

export const eventsQuery: v.GenericSchema<unknown, EventsQuery> = pageQuery({
  q: search,
  key: search,
  type: v.exactOptional(v.picklist(TRUST_EVENT_TYPES)),
  since: momentQuery,
  until: momentQuery,
  newestFirst: v.exactOptional(
    v.pipe(
      v.picklist(["true", "false"]),
      v.transform((given) => given === "true"),
    ),
  ),
});

export const eventsJson: v.GenericSchema = pageOf(
  v.strictObject({
    sequence: v.number(),
    at: text,
    type: v.nullable(v.picklist(TRUST_EVENT_TYPES)),
    actor: v.nullable(v.looseObject({ user: text, process: v.string() })),
    pin: text,
    peer: text,
    before: text,
    after: text,
    details: v.nullable(v.record(v.string(), v.unknown())),
    hash: v.string(),
  }),
);

export const membersQuery: v.GenericSchema<unknown, MembersQuery> = pageQuery({ q: search, group: search });

export const membersJson: v.GenericSchema = pageOf(
  v.strictObject({ group: v.string(), peer: v.string(), addedAt: text }),
);

export interface GroupBody {
  readonly group: string;
  /** A key, or a peer with all its keys. */
  readonly key: string;
}

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(500));

export const groupBody: v.GenericSchema<GroupBody> = v.strictObject({ group: name, key: name });
