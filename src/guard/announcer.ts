import type { Server, TLSSocket } from "node:tls";
import type { Refused } from "../admission/outcome.ts";
import { HandclaspError } from "../errors.ts";
import type { AlertName } from "../tls/code-points/alert.ts";
import {
  type AdmittedMessage,
  CHANNELS,
  type ErrorMessage,
  type RefusedMessage,
  type RevokedMessage,
} from "./channels.ts";
import type { GuardedConnection } from "./connection/guarded-connection.ts";
import type { Handshake } from "./connection/handshake.ts";
import type { Peer } from "./connection/peer.ts";
import { socketAddress } from "./connection/remote-address.ts";

/** Tells whoever subscribed what happens at one server; makes no message that nobody reads. */
export class Announcer {
  readonly #server: Server;
  readonly #listener: string | null;

  constructor(server: Server, listener: string | null) {
    this.#server = server;
    this.#listener = listener;
  }

  admitted(connection: GuardedConnection, peer: Peer): void {
    const channel = CHANNELS[peer.firstUse ? "met" : peer.rotated ? "rotated" : "recognised"];
    if (!channel.hasSubscribers) return;
    const { id, remoteAddress } = connection;
    channel.publish({
      server: this.#server,
      connection: id,
      remoteAddress,
      listener: this.#listener,
      peer,
    } satisfies AdmittedMessage);
  }

  refused(handshake: Handshake, { verdict: refuse, certificate }: Refused, alert: AlertName | null): void {
    if (!CHANNELS.refused.hasSubscribers) return;
    CHANNELS.refused.publish({
      server: this.#server,
      connection: handshake.id,
      remoteAddress: handshake.remoteAddress,
      listener: this.#listener,
      reason: refuse.reason,
      detail: refuse.concern?.problem ?? null,
      problem: refuse.problem ?? null,
      alert,
      pin: refuse.pin,
      peer: refuse.peer,
      conflictsWith: refuse.conflictsWith,
      certificate,
    } satisfies RefusedMessage);
  }

  cut(connection: GuardedConnection, reason: RevokedMessage["reason"]): void {
    if (!CHANNELS.revoked.hasSubscribers || connection.peer === undefined) return;
    CHANNELS.revoked.publish({
      server: this.#server,
      connection: connection.id,
      remoteAddress: connection.remoteAddress,
      listener: this.#listener,
      reason,
      peer: connection.peer,
    } satisfies RevokedMessage);
  }

  /** A handshake ended that no connection is known for: it was cut. */
  lost(socket: TLSSocket): void {
    if (!CHANNELS.error.hasSubscribers) return;
    CHANNELS.error.publish({
      server: this.#server,
      connection: "unknown",
      remoteAddress: socketAddress(socket),
      listener: this.#listener,
      error: new HandclaspError(
        "ERR_HANDCLASP_REFUSED",
        "a handshake belongs to no connection that was accepted",
      ),
    } satisfies ErrorMessage);
  }

  failed(error: unknown, handshake: Handshake): void {
    if (!CHANNELS.error.hasSubscribers) return;
    CHANNELS.error.publish({
      server: this.#server,
      connection: handshake.id,
      remoteAddress: handshake.remoteAddress,
      listener: this.#listener,
      error,
    } satisfies ErrorMessage);
  }
}
