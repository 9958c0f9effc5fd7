import { createHash } from "node:crypto";
import type { Duplex, Readable } from "node:stream";
import type { IsAwaited } from "../../upstream/upstream.ts";
import type { FieldList } from "../fields/field-list.ts";
import type { UpstreamFailure } from "./http-upstream.ts";

/** A request that asks for another protocol, as the upstream is to get it. */
export interface UpgradeRequest {
  readonly method: string;
  readonly path: string;
  /** Host first. */
  readonly fields: FieldList;
  readonly protocol: string;
  /** All of it. */
  readonly body: Uint8Array;
  readonly isAwaited: IsAwaited;
}

/** What the upstream made of it. */
export interface UpgradeListener {
  switched(fields: FieldList, socket: Duplex, head: Buffer): void;
  /** It answered like any other request. */
  declined(answer: DeclinedUpgrade): void;
  failed(failure: UpstreamFailure): void;
}

/** An answer without another protocol. */
export interface DeclinedUpgrade {
  readonly status: number;
  readonly message: string;
  readonly fields: FieldList;
  readonly body: Readable & { readonly rawTrailers?: string[] };
}

/** Asks an upstream for another protocol, and tells as HTTP/1.1 would. Returns how to give up. */
export interface Upgrader {
  ask(upgrade: UpgradeRequest, listener: UpgradeListener): () => void;
}

/** What a server says to the key of a WebSocket. RFC 6455 §4.2.2 */
export function acceptOf(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}
