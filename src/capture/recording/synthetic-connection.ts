import type { Endpoint } from "../tcp/connection.ts";
import { otherThan, type Sender } from "../../tls/records/sender.ts";
import { parseIpAddress } from "../network/ip-address.ts";
import { encodeTcpFrame, MAX_FRAME_PAYLOAD, TCP_FLAG, type FrameEnd } from "./tcp-frame.ts";

const NOTHING = new Uint8Array(0);
const IPV4_UNKNOWN = Uint8Array.of(0, 0, 0, 0);

interface Half {
  readonly end: FrameEnd;
  next: number;
}

/**
 * Ethernet frames as they could have been on the wire for bytes that a live connection sent and received:
 * every frame acknowledges all that the other side sent before it. RFC 9293 §3.5 and §3.6.
 */
export class SyntheticConnection {
  readonly #halves: Readonly<Record<Sender, Half>>;

  constructor(client: Endpoint, server: Endpoint) {
    const [clientAddress, serverAddress] = sameFamily(client.address, server.address);
    this.#halves = {
      client: { end: { address: clientAddress, port: client.port }, next: 0 },
      server: { end: { address: serverAddress, port: server.port }, next: 0 },
    };
  }

  /** SYN, SYN-ACK, ACK. */
  open(): readonly Uint8Array[] {
    return [
      this.#frame("client", TCP_FLAG.syn, NOTHING),
      this.#frame("server", TCP_FLAG.syn | TCP_FLAG.ack, NOTHING),
      this.#frame("client", TCP_FLAG.ack, NOTHING),
    ];
  }

  /** As many segments as the bytes need. */
  data(sender: Sender, bytes: Uint8Array): readonly Uint8Array[] {
    const frames: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += MAX_FRAME_PAYLOAD) {
      const payload = bytes.subarray(at, at + MAX_FRAME_PAYLOAD);
      frames.push(this.#frame(sender, TCP_FLAG.push | TCP_FLAG.ack, payload));
    }
    return frames;
  }

  /** FIN: this side sends nothing more. */
  finish(sender: Sender): readonly Uint8Array[] {
    return [this.#frame(sender, TCP_FLAG.fin | TCP_FLAG.ack, NOTHING)];
  }

  /** RST, from this side. */
  reset(sender: Sender): readonly Uint8Array[] {
    return [this.#frame(sender, TCP_FLAG.reset | TCP_FLAG.ack, NOTHING)];
  }

  #frame(sender: Sender, flags: number, payload: Uint8Array): Uint8Array {
    const from = this.#halves[sender];
    const to = this.#halves[otherThan(sender)];
    const frame = encodeTcpFrame({
      from: from.end,
      to: to.end,
      fromClient: sender === "client",
      sequence: from.next,
      acknowledgment: flags & TCP_FLAG.ack ? to.next : 0,
      flags,
      payload,
    });
    const counted = flags & (TCP_FLAG.syn | TCP_FLAG.fin) ? 1 : 0;
    from.next = (from.next + counted + payload.length) >>> 0;
    return frame;
  }
}

/** An address that cannot be read (a Unix socket has none) is 0.0.0.0; of two families both become IPv6. */
function sameFamily(client: string, server: string): readonly [Uint8Array, Uint8Array] {
  const one = parseIpAddress(client) ?? IPV4_UNKNOWN;
  const two = parseIpAddress(server) ?? IPV4_UNKNOWN;
  return one.length === two.length ? [one, two] : [toIpv6(one), toIpv6(two)];
}

/** IPv4-mapped: RFC 4291 §2.5.5.2. */
function toIpv6(address: Uint8Array): Uint8Array {
  if (address.length === 16) return address;
  const mapped = new Uint8Array(16);
  mapped.set([0xff, 0xff, ...address], 10);
  return mapped;
}
