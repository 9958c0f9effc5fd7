import type { Admitted } from "../../admission/outcome.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { PeerGroups } from "../../trust/peer-groups.ts";
import {
  type CertificateDescription,
  describeCertificate,
  toPem,
} from "../../x509/certificate-description.ts";
import type { CertificateFacts, KeyPin } from "../../x509/certificate-facts.ts";
import type { BoundHandshake } from "./handshake.ts";

/** How a peer was met on this connection. */
export interface Meeting {
  /** The name the trust store binds to the key. */
  readonly name: string;
  readonly facts: CertificateFacts;
  readonly groups: PeerGroups;
  /** This connection was the first of its key, which nobody that we know endorsed. */
  readonly firstUse: boolean;
  /** The key is known, the certificate is new. */
  readonly renewed: boolean;
  /** This connection was the first of its key, which took the place of the peer's former one. */
  readonly rotated: boolean;
  readonly connection: string;
  readonly tlsVersion: string;
  readonly resumed: boolean;
}

/** A peer as JSON has it. */
export interface PeerJson {
  readonly name: string;
  readonly pin: KeyPin;
  readonly keyId: string;
  readonly fingerprint: string;
  readonly groups: readonly string[];
  readonly firstUse: boolean;
  readonly renewed: boolean;
  readonly rotated: boolean;
  readonly connection: string;
  readonly tlsVersion: string;
  readonly resumed: boolean;
}

/** Who is on the other side of a connection, as judged when it was made; only its groups may change after that. */
export class Peer {
  /** The name the trust store binds to the key: never what the certificate claims. */
  readonly name: string;
  readonly pin: KeyPin;
  readonly firstUse: boolean;
  readonly renewed: boolean;
  /** This connection was the first of its key, which took the place of the peer's former one. */
  readonly rotated: boolean;
  /** The connection's id, as lists and refusals have it. */
  readonly connection: string;
  /** `TLSv1.3` or `TLSv1.2`. */
  readonly tlsVersion: string;
  readonly resumed: boolean;
  readonly #facts: CertificateFacts;
  readonly #groups: PeerGroups;
  #certificate: PeerCertificate | undefined;

  constructor(meeting: Meeting) {
    this.name = meeting.name;
    this.pin = meeting.facts.pin;
    this.firstUse = meeting.firstUse;
    this.renewed = meeting.renewed;
    this.rotated = meeting.rotated;
    this.connection = meeting.connection;
    this.tlsVersion = meeting.tlsVersion;
    this.resumed = meeting.resumed;
    this.#facts = meeting.facts;
    this.#groups = meeting.groups;
    Object.freeze(this);
  }

  /**
   * The groups that its key's peer is in at this moment, as they were named. Empty when the key is trusted no more, and when
   * the store cannot tell or is closed: groups may grant, and must not be what forbids.
   */
  get groups(): readonly string[] {
    return this.#groups.groupsOf(this.pin);
  }

  /** Whether it is in a group at this moment, however the group's name is written; false where `groups` is empty. */
  isMember(group: string): boolean {
    return this.#groups.isMember(this.pin, group);
  }

  /** What was shown; only its key is proven. */
  get certificate(): PeerCertificate {
    return (this.#certificate ??= new PeerCertificate(this.#facts));
  }

  /** The pin for people. */
  get keyId(): string {
    return toKeyId(this.pin);
  }

  /** SHA-256 of the certificate, 64 lower-case hex digits. */
  get fingerprint(): string {
    return this.#facts.fingerprint;
  }

  /** The confirmation value that binds an access token to this certificate. RFC 8705 §3.1. */
  get "x5t#S256"(): string {
    return Buffer.from(this.fingerprint, "hex").toString("base64url");
  }

  /** All but the certificate. */
  toJSON(): PeerJson {
    const { name, pin, keyId, fingerprint, groups } = this;
    const { firstUse, renewed, rotated, connection, tlsVersion, resumed } = this;
    const how = { firstUse, renewed, rotated, connection, tlsVersion, resumed };
    return { name, pin, keyId, fingerprint, groups, ...how };
  }
}

/** What the peer's certificate says of itself. The peer wrote all of it; only the key is proven. */
export class PeerCertificate {
  readonly facts: CertificateFacts;
  #description: CertificateDescription | undefined;

  constructor(facts: CertificateFacts) {
    this.facts = facts;
    Object.freeze(this);
  }

  get der(): Uint8Array {
    return this.facts.der;
  }

  /** RFC 7468. */
  get pem(): string {
    return toPem(this.facts.der);
  }

  /** Subject, SANs, serial number; read when first asked for, and safe to print. */
  get description(): CertificateDescription {
    return (this.#description ??= describeCertificate(this.facts.der));
  }

  get notBefore(): Date {
    return new Date(this.facts.notBefore);
  }

  get notAfter(): Date {
    return new Date(this.facts.notAfter);
  }
}

/** Whom a verdict lets in. */
export function toPeer(handshake: BoundHandshake, admitted: Admitted, groups: PeerGroups): Peer {
  const { peer: name, firstUse, renewed, rotated } = admitted.verdict;
  return new Peer({
    name,
    facts: admitted.certificate,
    groups,
    firstUse,
    renewed,
    rotated,
    connection: handshake.id,
    tlsVersion: handshake.socket.getProtocol() ?? "unknown",
    resumed: handshake.resumed,
  });
}
