import type { TLSSocket } from "node:tls";
import { isHandclaspError } from "../errors.ts";
import type { Sighting } from "../trust/sighting.ts";
import type { Refuse, RefusalReason } from "../trust/verdict.ts";
import { readCertificate } from "../x509/certificate-facts.ts";
import type { Handshake } from "./handshake.ts";
import type { GuardSettings } from "./options.ts";

/** A client at the end of its handshake, before the application knows of it. */
export interface Encounter {
  readonly handshake: Handshake;
  readonly socket: TLSSocket;
  /** Unique among all processes that share a trust store. */
  readonly connection: string;
  readonly remoteAddress: string | undefined;
  /** DER of certificate 0, the only one whose key is proven (RFC 8446 §4.4.3); undefined when there is none. */
  readonly certificate: Uint8Array | undefined;
}

export function createEncounter(handshake: Handshake, socket: TLSSocket, settings: GuardSettings): Encounter {
  const { remoteAddressOf } = settings;
  return {
    handshake,
    socket,
    connection: handshake.id,
    remoteAddress:
      remoteAddressOf === undefined ? socket.remoteAddress : remoteAddressOf(handshake.transport),
    // A third of getPeerCertificate().raw: nothing else of the certificate is decoded.
    certificate: socket.getPeerX509Certificate()?.raw,
  };
}

/** The certificate in the form that trust judges. Throws what `readCertificate` throws. */
export function toSighting(encounter: Encounter, certificate: Uint8Array, settings: GuardSettings): Sighting {
  return {
    certificate: readCertificate(certificate),
    // Means something only with a certificate at hand: without one OpenSSL has called it verified, too.
    caSigned: settings.trustCa !== "none" && encounter.socket.authorized,
    remoteAddress: encounter.remoteAddress,
  };
}

/** A refusal that needs no trust store. */
export function refuseFor(reason: RefusalReason): Refuse {
  return { decision: "refuse", reason, pin: null, peer: null, conflictsWith: null };
}

/** Why a certificate that could not be read is refused; undefined when it is our own fault. */
export function reasonOfUnreadable(error: unknown): RefusalReason | undefined {
  if (isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED")) return "malformed-certificate";
  if (isHandclaspError(error, "ERR_HANDCLASP_KEY_UNSUPPORTED")) return "unsupported-key";
  return undefined;
}
