import type { TLSSocket } from "node:tls";
import type { ShownEndorsement, ShownJoinProof, Showing } from "../../trust/records/showing.ts";
import { type CertificateFacts, type KeyPin, readCertificate } from "../../x509/certificate-facts.ts";
import { readEndorsement } from "../../x509/endorsement.ts";
import { type JoinProof, readJoinProof, verifyJoinProof } from "../../x509/join-proof.ts";
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

/** What trust judges. All but the certificate is looked up when it is asked for, which a known client never needs. */
export class GuardShowing implements Showing {
  readonly certificate: CertificateFacts;
  readonly caSigned: boolean;
  readonly #handshake: Handshake;
  readonly #socket: TLSSocket;

  constructor(certificate: CertificateFacts, caSigned: boolean, { handshake, socket }: Encounter) {
    this.certificate = certificate;
    this.caSigned = caSigned;
    this.#handshake = handshake;
    this.#socket = socket;
  }

  get resumed(): boolean {
    return this.#socket.isSessionReused();
  }

  get remoteAddress(): string | undefined {
    return this.#handshake.remoteAddress;
  }

  get listener(): string | null {
    return this.#handshake.listener;
  }

  get joinProof(): ShownJoinProof | undefined {
    const proof = readJoinProof(this.certificate);
    return proof && new GuardJoinProof(proof, this.certificate.spki, this.#socket);
  }

  get endorsement(): readonly ShownEndorsement[] {
    return readEndorsement(this.certificate);
  }
}

class GuardJoinProof implements ShownJoinProof {
  readonly tokenId: string;
  readonly #proof: JoinProof;
  readonly #spki: Uint8Array;
  readonly #socket: TLSSocket;

  constructor(proof: JoinProof, spki: Uint8Array, socket: TLSSocket) {
    this.tokenId = Buffer.from(proof.tokenId).toString("hex");
    this.#proof = proof;
    this.#spki = spki;
    this.#socket = socket;
  }

  isSignedBy(publicKey: Uint8Array): boolean {
    return serverPins(this.#socket).some((pin) => this.isSignedFor(publicKey, pin));
  }

  isSignedFor(publicKey: Uint8Array, serverPin: KeyPin): boolean {
    return verifyJoinProof(this.#proof, { publicKey, serverPin, spki: this.#spki });
  }
}

/** The key that we showed on this connection, and those it replaced: a token may be older than a rotation of ours. */
function serverPins(socket: TLSSocket): readonly KeyPin[] {
  const own = socket.getX509Certificate()?.raw;
  if (own === undefined) return [];
  const facts = readCertificate(own);
  return [facts.pin, ...readEndorsement(facts).map(({ oldPin }) => oldPin)];
}
