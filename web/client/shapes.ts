import type { EventJson } from "../../src/operator/listed-event.ts";
import type { KeyJson } from "../../src/operator/listed-key.ts";
import type { ShownKey } from "../../src/operator/shown-key.ts";
import type { Remedy } from "../../src/remedy.ts";

export type { EventJson, KeyJson, Remedy, ShownKey };

export type Scope = "read" | "approve" | "manage" | "admin";

export interface Session {
  readonly operator: OperatorName | null;
  /** Why the certificate that was shown lets nobody in. */
  readonly refusal: {
    readonly reason: string;
    readonly keyId: string | null;
    readonly peer: string | null;
  } | null;
  readonly signIn: readonly ("certificate" | "bearer" | "link")[];
  readonly commands: readonly string[];
}

export interface OperatorName {
  readonly name: string | null;
  readonly scope: Scope;
  readonly via: "certificate" | "link" | "bearer";
  readonly keyId: string | null;
}

/** RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code?: string;
  readonly hint?: string;
  readonly remedies?: readonly Remedy[];
  /** Which field of the body is meant: RFC 6901. */
  readonly pointer?: string;
  readonly conflictsWith?: string;
  /** As it is by now, where an act was refused since the key is not what was looked at. */
  readonly key?: KeyJson | null;
}

export interface Health {
  readonly store?: { readonly url: string; readonly bytes: number | null } | null;
  readonly status: "healthy" | "degraded";
  readonly version: string;
  readonly process?: string;
  readonly head: { readonly sequence: number; readonly hash: string };
  readonly verified?: number | null;
  readonly keys: Readonly<Record<KeyJson["state"], number>>;
  readonly problems: readonly { readonly problem: string; readonly remedies: readonly Remedy[] }[];
}

export interface FirstUseWindow {
  readonly open: boolean;
  /** What is left of it, by the server's clock, as it answered. */
  readonly leftMs: number;
  readonly openedAt: string | null;
  readonly until: string | null;
  readonly max: number | null;
  readonly from: string | null;
  readonly taken: number;
  readonly event: number | null;
  readonly came: readonly KeyJson[];
}

export interface KeyRow extends KeyJson {
  readonly groups: readonly string[];
  readonly connections: number;
}

export interface KeyDetail extends ShownKey {
  readonly groups: readonly string[];
  readonly connections: number;
  /** Who has the claimed name. */
  readonly holder?: KeyJson | null;
  readonly address?: string | null;
  readonly listener?: string | null;
  readonly tries?: number;
  readonly lastTry?: string | null;
  /** What the QR code says; null when no server was started on the store. */
  readonly code?: string | null;
  readonly seenByOperator?: string | null;
}

export interface KeyList {
  readonly items: readonly KeyRow[];
  readonly next: string | null;
  readonly suggestions?: readonly Suggestion[];
}

export type Suggestion = string;

export interface WaitingKey extends KeyJson {
  readonly claim: string | null;
  /** The key that has the claimed name. */
  readonly holder: KeyJson | null;
  readonly address: string | null;
  readonly listener: string | null;
  readonly tries: number;
  readonly lastTry: string | null;
}

export interface WaitingNetwork {
  readonly kind: "network";
  readonly network: string;
  readonly count: number;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly sample: readonly WaitingKey[];
  readonly digest: string;
}

export type WaitingItem = { readonly kind: "key"; readonly key: WaitingKey } | WaitingNetwork;

export interface Waiting {
  readonly counts: {
    readonly waiting: number;
    readonly conflicts: number;
    readonly refusedToday: number;
    readonly rateLimitedToday: number;
    readonly networks: number;
  };
  readonly items: readonly WaitingItem[];
  readonly next: string | null;
  readonly window: FirstUseWindow | null;
}

/** What an act came to. */
export interface Acted {
  readonly keys: readonly KeyJson[];
  /** Live connections of those keys, at that moment. */
  readonly ended: number;
  readonly event: number | null;
  readonly undo: { readonly path: string; readonly etag: string } | null;
  readonly command: string;
  readonly curl: string;
}

export interface Challenge {
  readonly id: string;
  /** Twelve, those to be filled in null. */
  readonly words: readonly (string | null)[];
}

export type How = "scan" | "words" | "key-id";

export interface Compared {
  readonly equal: boolean;
  readonly how: How;
  /** What is another one, where a code tells. */
  readonly differs: "key" | "server" | null;
}
