import { isIP } from "node:net";
import type { GuardedConnection } from "../../../guard/connection/guarded-connection.ts";
import type { Peer } from "../../../guard/connection/peer.ts";
import { isProxied } from "../../proxy-protocol/proxied-address.ts";
import { FieldList } from "./field-list.ts";
import type { ToldOfPeer } from "./request-fields.ts";
import { encodeName } from "../../../trust/naming/encode-name.ts";
import { type IpNetwork, isInNetwork } from "../../../trust/network/ip-network.ts";

/** What the upstream is told of one connection, made once. */
export class PeerFields implements ToldOfPeer {
  readonly isProxied: boolean;
  readonly fields: FieldList;
  readonly #for: string;
  #host = "";
  #forwarded = "";

  constructor(connection: GuardedConnection, proxies: readonly IpNetwork[]) {
    const { remoteAddress: from } = connection.socket;
    // A proxy that says in a PROXY header whose connection it is passes on every byte, and strips nothing.
    const isOwn = !isProxied(connection.transport);
    this.isProxied = isOwn && proxies.some((network) => isInNetwork(network, from));
    this.fields = connection.peer === undefined ? new FieldList() : toPeerFields(connection.peer);
    this.#for = toNode(connection.remoteAddress);
  }

  forwarded(host: string): string {
    if (host !== this.#host) {
      this.#host = host;
      this.#forwarded = `for=${this.#for};proto=https;host=${/^[\w.-]+$/.test(host) ? host : `"${host}"`}`;
    }
    return this.#forwarded;
  }
}

function toPeerFields(peer: Peer): FieldList {
  return new FieldList([
    "Client-Cert",
    // RFC 9440 §2.1: the DER as a byte sequence (RFC 8941 §3.3.5).
    `:${Buffer.from(peer.certificate.der).toString("base64")}:`,
    "Handclasp-Peer",
    encodeName(peer.name),
    "Handclasp-Key",
    peer.pin,
  ]);
}

/** RFC 7239 §6: an IPv6 address stands in brackets, and those in quotes. */
function toNode(address: string | undefined): string {
  const plain = address?.replace(/%.*$/, "");
  if (plain === undefined || isIP(plain) === 0) return "unknown";
  return isIP(plain) === 6 ? `"[${plain}]"` : plain;
}
