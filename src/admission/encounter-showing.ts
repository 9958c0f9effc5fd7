import type { ShownEndorsement, ShownJoinProof, Showing } from "../trust/records/showing.ts";
import type { CertificateFacts, KeyPin } from "../x509/certificate-facts.ts";
import { readEndorsement } from "../x509/endorsement.ts";
import { type JoinProof, readJoinProof, verifyJoinProof } from "../x509/join-proof.ts";
import type { Encounter } from "./encounter.ts";

/** What trust judges. All but the certificate is looked up when it is asked for, which a known client never needs. */
export class EncounterShowing implements Showing {
  readonly certificate: CertificateFacts;
  readonly #encounter: Encounter;

  constructor(certificate: CertificateFacts, encounter: Encounter) {
    this.certificate = certificate;
    this.#encounter = encounter;
  }

  get caSigned(): boolean {
    return this.#encounter.caSigned;
  }

  get resumed(): boolean {
    return this.#encounter.resumed;
  }

  get remoteAddress(): string | undefined {
    return this.#encounter.remoteAddress;
  }

  get listener(): string | null {
    return this.#encounter.listener;
  }

  get joinProof(): ShownJoinProof | undefined {
    const proof = readJoinProof(this.certificate);
    return proof && new EncounterJoinProof(proof, this.certificate.spki, this.#encounter);
  }

  get endorsement(): readonly ShownEndorsement[] {
    return readEndorsement(this.certificate);
  }
}

class EncounterJoinProof implements ShownJoinProof {
  readonly tokenId: string;
  readonly #proof: JoinProof;
  readonly #spki: Uint8Array;
  readonly #encounter: Encounter;

  constructor(proof: JoinProof, spki: Uint8Array, encounter: Encounter) {
    this.tokenId = Buffer.from(proof.tokenId).toString("hex");
    this.#proof = proof;
    this.#spki = spki;
    this.#encounter = encounter;
  }

  isSignedBy(publicKey: Uint8Array): boolean {
    return this.#encounter.ownPins.some((pin) => this.isSignedFor(publicKey, pin));
  }

  isSignedFor(publicKey: Uint8Array, serverPin: KeyPin): boolean {
    return verifyJoinProof(this.#proof, { publicKey, serverPin, spki: this.#spki });
  }
}
