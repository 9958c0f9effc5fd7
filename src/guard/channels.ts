import { type Channel, channel } from "node:diagnostics_channel";
import type { Server } from "node:tls";
import type { AlertName } from "../tls/code-points/alert.ts";
import type { RefusalDetail, RefusalReason } from "../trust/records/verdict.ts";
import type { KeyPin } from "../x509/certificate-facts.ts";
import type { CutReason } from "../trust/happenings/cut-reason.ts";
import type { HappeningConnection } from "../trust/happenings/connection-happening.ts";
import type { HappeningOf, HappeningType } from "../trust/happenings/happening.ts";
import type { Happenings } from "../trust/happenings/happenings.ts";
import { Peer } from "./connection/peer.ts";

/** What every message says. */
export interface ConnectionMessage {
  readonly server: Server;
  /** The connection's id, as lists and refusals have it. */
  readonly connection: string;
  readonly remoteAddress: string | undefined;
  /** What `guard()` was told that the server is called; in a gateway the name of its listener. */
  readonly listener: string | null;
}

/**
 * On `handclasp:met` for the first connection of a key, on `handclasp:rotated` if the peer's former key endorsed it, on
 * `handclasp:recognised` for every later one.
 */
export interface AdmittedMessage extends ConnectionMessage {
  readonly peer: Peer;
}

/** On `handclasp:refused`. */
export interface RefusedMessage extends ConnectionMessage {
  readonly reason: RefusalReason;
  /** Which rule about tokens or endorsements it was; null for other reasons. */
  readonly detail: RefusalDetail | null;
  /** What was wrong in words: which field of a certificate cannot be read, why the store could not be asked. */
  readonly problem: string | null;
  /** What the client was told; null when nothing could be sent and the connection just ended. */
  readonly alert: AlertName | null;
  readonly pin: KeyPin | null;
  /** The bound name, else the claimed one. Safe to print. */
  readonly peer: string | null;
  readonly conflictsWith: KeyPin | null;
  /** DER of what the client showed; undefined when it showed nothing. */
  readonly certificate: Uint8Array | undefined;
}

/** On `handclasp:revoked`, for every connection of a peer that was cut. */
export interface RevokedMessage extends ConnectionMessage {
  readonly reason: CutReason;
  readonly peer: Peer;
}

/** On `handclasp:error`: something unexpected; the connection was refused or ended. */
export interface ErrorMessage extends ConnectionMessage {
  readonly error: unknown;
}

/** A `diagnostics_channel` by what is published on it. */
export const CHANNELS: {
  readonly met: Channel;
  readonly rotated: Channel;
  readonly recognised: Channel;
  readonly refused: Channel;
  readonly revoked: Channel;
  readonly error: Channel;
} = {
  met: channel("handclasp:met"),
  rotated: channel("handclasp:rotated"),
  recognised: channel("handclasp:recognised"),
  refused: channel("handclasp:refused"),
  revoked: channel("handclasp:revoked"),
  error: channel("handclasp:error"),
};

/** The messages by the channel's name, for whoever subscribes. */
export interface ChannelMessages {
  readonly "handclasp:met": AdmittedMessage;
  readonly "handclasp:rotated": AdmittedMessage;
  readonly "handclasp:recognised": AdmittedMessage;
  readonly "handclasp:refused": RefusedMessage;
  readonly "handclasp:revoked": RevokedMessage;
  readonly "handclasp:error": ErrorMessage;
}

/** Publishes what the guard of a server tells; nothing is made for a channel that nobody listens to. */
export function publishOnChannels(happenings: Happenings, server: Server): void {
  const about = ({ id, remoteAddress, listener }: HappeningConnection): ConnectionMessage => {
    return { server, connection: id, remoteAddress, listener };
  };
  /** `toMessage` gives undefined for what the channel does not carry: clients without a certificate. */
  const carry = <Type extends HappeningType>(
    type: Type,
    on: Channel,
    toMessage: (happening: HappeningOf<Type>) => ConnectionMessage | undefined,
  ): void => {
    const isAwake = (): boolean => on.hasSubscribers;
    const publish = (happening: HappeningOf<Type>): void => {
      const message = on.hasSubscribers ? toMessage(happening) : undefined;
      if (message !== undefined) on.publish(message);
    };
    happenings.subscribe([type], publish, isAwake);
  };
  for (const type of ["met", "rotated", "recognised"] as const) {
    carry(type, CHANNELS[type], ({ connection, peer }): AdmittedMessage | undefined =>
      peer instanceof Peer ? { ...about(connection), peer } : undefined,
    );
  }
  carry("refused", CHANNELS.refused, (refused): RefusedMessage => {
    const { reason, detail, problem, alert, pin, peer, conflictsWith, certificate } = refused;
    const client = { pin, peer, conflictsWith, certificate };
    return { ...about(refused.connection), reason, detail, problem, alert, ...client };
  });
  carry("cut", CHANNELS.revoked, ({ connection, reason, peer }): RevokedMessage | undefined =>
    peer instanceof Peer ? { ...about(connection), reason, peer } : undefined,
  );
  carry("failed", CHANNELS.error, ({ connection, error }): ErrorMessage | undefined =>
    connection === undefined ? undefined : { ...about(connection), error },
  );
}
