import type { TLSSocket } from "node:tls";
import { isHandclaspError } from "../errors.ts";
import type { Sighting } from "../trust/sighting.ts";
import type { Refuse, RefusalReason } from "../trust/verdict.ts";
import type { CertificateFacts } from "../x509/certificate-facts.ts";
import type { Handshake } from "./handshake.ts";

/** A client at the end of its handshake, before the application knows of it. */
export interface Encounter {
  readonly handshake: Handshake;
  readonly socket: TLSSocket;
  /** DER of certificate 0, the only one whose key is proven (RFC 8446 §4.4.3); undefined when there is none. */
  readonly certificate: Buffer | undefined;
}

export function toEncounter(handshake: Handshake, socket: TLSSocket): Encounter {
  // `getPeerCertificate().raw` takes seven times as long: it decodes all the rest.
  return { handshake, socket, certificate: socket.getPeerX509Certificate()?.raw };
}

/** What trust judges. The address is looked up when it is asked for, which a known client never needs. */
export class GuardSighting implements Sighting {
  readonly certificate: CertificateFacts;
  readonly caSigned: boolean;
  readonly #handshake: Handshake;

  constructor(certificate: CertificateFacts, caSigned: boolean, handshake: Handshake) {
    this.certificate = certificate;
    this.caSigned = caSigned;
    this.#handshake = handshake;
  }

  get remoteAddress(): string | undefined {
    return this.#handshake.remoteAddress;
  }
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
