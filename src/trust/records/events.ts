import { inOrder, toCanonicalText } from "./canonical-text.ts";
import { hashAfter } from "./hash-after.ts";
import type { KeyPin, KeyState } from "./key-record.ts";

/** What can happen to trust. */
export const TRUST_EVENT_TYPES = [
  "met",
  "approved",
  "imported",
  "name-approved",
  "renamed",
  "revoked",
  "ignored",
  "set-aside",
  "undone",
  "noted",
  "retired",
  "forgotten",
  "stale-key-seen",
  "joined",
  "rotated",
  "token-created",
  "token-cancelled",
  "api-token-created",
  "api-token-cancelled",
  "token-refused",
  "endorsement-refused",
  "group-added",
  "group-removed",
  "first-use-opened",
  "first-use-closed",
  "branch-left",
  "put-back",
  "restored",
] as const;

export type TrustEventType = (typeof TRUST_EVENT_TYPES)[number];

/** Who did it: an operator at a command line, or a server that met a client. */
export interface Actor {
  readonly user: string | null;
  /** What ran, and its process id: `serve 4711`. */
  readonly process: string;
  /** Where a client came from; null for operators on this machine. */
  readonly address: string | null;
  /** The listener of a gateway that it came to; null for operators, and at servers that have no name for it. */
  readonly listener: string | null;
  /** How an operator came; none for servers, and in events of former versions. */
  readonly via?: OperatorWay;
  /** The operator's own key, as a key id, where the operator came with one. */
  readonly keyId?: string;
  /** What the machine is called where it was done; absent at stores of one machine. */
  readonly machine?: string;
}

/** By which way an operator acts: a command line, or, over HTTP, a client certificate, a one-use link or a bearer token. */
export type OperatorWay = "cli" | "certificate" | "link" | "bearer";

/** A change of trust before it has its place in the chain. */
export interface EventDraft {
  readonly type: TrustEventType;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly actor: Actor;
  readonly pin: KeyPin | null;
  readonly peer: string | null;
  readonly before: KeyState | null;
  readonly after: KeyState | null;
  /** More facts by name: the former name, the key that replaces this one. */
  readonly details: Readonly<Record<string, string | null>>;
}

/** An event as it stands in the chain. */
export interface TrustEvent extends Omit<EventDraft, "at"> {
  /** 1 for the first. */
  readonly sequence: number;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

/** The end of the chain: the last sequence number and its hash. */
export interface ChainHead {
  readonly sequence: number;
  /** 64 lower-case hex digits. */
  readonly hash: string;
}

export interface SealedEvent extends ChainHead {
  /** The event in RFC 8785 form: exactly the bytes that were hashed. */
  readonly json: string;
}

/** What the first event follows. */
export const CHAIN_START: ChainHead = { sequence: 0, hash: "0".repeat(64) };

/** Gives an event its place after `head`: SHA-256(previous hash ‖ RFC 8785 JSON). */
export function sealEvent(head: ChainHead, draft: EventDraft): SealedEvent {
  const sequence = head.sequence + 1;
  // Names in the order of RFC 8785.
  const event = {
    actor: inOrder({ ...draft.actor }),
    after: draft.after,
    at: new Date(draft.at).toISOString(),
    before: draft.before,
    details: inOrder(draft.details),
    peer: draft.peer,
    pin: draft.pin,
    sequence,
    type: draft.type,
  } satisfies Readonly<Record<keyof TrustEvent, unknown>>;
  const json = toCanonicalText(event);
  return { sequence, json, hash: hashAfter(head.hash, json) };
}

/** What is wrong with a chain, or nothing. */
export interface ChainReport {
  readonly head: ChainHead;
  /** The first event that does not fit; null when all do. */
  readonly broken: { readonly sequence: number; readonly problem: string } | null;
}

/** Recomputes the chain, from where it is known to hold. It cannot show a tail that was cut off; a head noted elsewhere can. */
export function verifyChain(events: Iterable<SealedEvent>, from: ChainHead = CHAIN_START): ChainReport {
  let head = from;
  for (const { sequence, json, hash } of events) {
    const broken = (problem: string): ChainReport => ({ head, broken: { sequence, problem } });
    if (sequence !== head.sequence + 1) return broken(`follows event ${head.sequence}: events are missing`);
    if (hash !== hashAfter(head.hash, json)) return broken("its hash does not match what it says");
    if (parseEvent(json)?.sequence !== sequence) return broken("it carries another sequence number");
    head = { sequence, hash };
  }
  return { head, broken: null };
}

/** The event in a row of the chain; undefined when the row is not an event. */
export function parseEvent(json: string): TrustEvent | undefined {
  try {
    return JSON.parse(json) as TrustEvent;
  } catch {
    return undefined;
  }
}
