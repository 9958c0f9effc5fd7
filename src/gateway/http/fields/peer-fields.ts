import type { GuardedConnection } from "../../../guard/connection/guarded-connection.ts";
import type { Peer } from "../../../guard/connection/peer.ts";
import { encodeName, encodeNames } from "../../../trust/naming/encode-name.ts";
import { type IpNetwork, isInNetwork } from "../../../trust/network/ip-network.ts";
import type { ForwardedForm } from "../../config/config.ts";
import { isProxied } from "../../proxy-protocol/proxied-address.ts";
import { FieldList } from "./field-list.ts";
import { ForwardedFields } from "./forwarded-fields.ts";
import type { ToldOfPeer } from "./request-fields.ts";

/** Groups are looked up again after so long though nobody told of a change: by then the store may be out of reach. */
const LOOK_AGAIN_MS = 1000;

export interface PeerFieldsOptions {
  /** Whose word on other clients is kept. */
  readonly proxies: readonly IpNetwork[];
  readonly forms: readonly ForwardedForm[];
  /** Another number whenever trust may have changed. */
  readonly revision: () => number;
}

/** What the upstream is told of one connection. Only the groups of its peer may change. */
export class PeerFields implements ToldOfPeer {
  readonly isProxied: boolean;
  readonly #peer: Peer | undefined;
  readonly #revision: () => number;
  readonly #forwarded: ForwardedFields;
  /** Who it is, but for its groups. */
  readonly #who: readonly string[];
  #fields = new FieldList();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #revisionThen = 0;

  constructor(connection: GuardedConnection, { proxies, forms, revision }: PeerFieldsOptions) {
    const { remoteAddress: from } = connection.socket;
    // A proxy that says in a PROXY header whose connection it is passes on every byte, and strips nothing.
    const isOwn = !isProxied(connection.transport);
    this.isProxied = isOwn && proxies.some((network) => isInNetwork(network, from));
    this.#peer = connection.peer;
    this.#revision = revision;
    this.#forwarded = new ForwardedFields(forms, connection.remoteAddress);
    this.#who = this.#peer === undefined ? [] : toFields(this.#peer);
  }

  get fields(): FieldList {
    if (this.#peer === undefined) return this.#fields;
    const now = performance.now();
    const revision = this.#revision();
    if (revision !== this.#revisionThen || now - this.#lookedAt > LOOK_AGAIN_MS) {
      this.#lookedAt = now;
      this.#revisionThen = revision;
      this.#fields = new FieldList([...this.#who, "Handclasp-Groups", encodeNames(this.#peer.groups)]);
    }
    return this.#fields;
  }

  forwarded(host: string): FieldList {
    return this.#forwarded.to(host);
  }
}

function toFields(peer: Peer): readonly string[] {
  return [
    "Client-Cert",
    // RFC 9440 §2.1: the DER as a byte sequence (RFC 8941 §3.3.5).
    `:${Buffer.from(peer.certificate.der).toString("base64")}:`,
    "Handclasp-Peer",
    encodeName(peer.name),
    "Handclasp-Key",
    peer.pin,
  ];
}
