import { BoundedMap } from "../../bounded-map.ts";
import type { Fragment, IpPacket } from "./ip-packet.ts";

const UNIT = 8;
const DATAGRAM_BYTES = 65_536;
/** Each takes up to 72 kB while it is incomplete. */
const DATAGRAM_LIMIT = 64;

interface Datagram {
  readonly bytes: Uint8Array;
  /** A flag for each 8 bytes that came: the earliest copy wins. */
  readonly present: Uint8Array;
  units: number;
  /** Known from the last fragment on. */
  length: number | undefined;
}

/**
 * Puts fragmented IP payloads together (RFC 791 §3.2, RFC 8200 §4.5). At most 64 are under way; the oldest
 * is given up for a new one and counted in `lost`.
 */
export class IpFragments {
  readonly #datagrams = new BoundedMap<string, Datagram>(DATAGRAM_LIMIT);
  #lost = 0;

  /** Datagrams that never became whole, those under way included, and fragments that had no place. */
  get lost(): number {
    return this.#lost + this.#datagrams.size;
  }

  /** The whole packet when this fragment completes it. */
  add(packet: IpPacket, fragment: Fragment): IpPacket | undefined {
    const payload = packet.data.subarray(packet.payloadAt, packet.payloadEnd);
    const end = fragment.offset + payload.length;
    if (packet.missing > 0 || end > DATAGRAM_BYTES || (fragment.more && payload.length % UNIT !== 0)) {
      this.#lost += 1;
      return undefined;
    }
    const key = keyOf(packet, fragment);
    const datagram = this.#datagrams.get(key) ?? this.#begin(key);
    if (!fragment.more) datagram.length ??= end;
    place(datagram, payload, fragment.offset);
    if (datagram.length === undefined || datagram.units < Math.ceil(datagram.length / UNIT)) return undefined;
    this.#datagrams.delete(key);
    return join(packet, datagram.bytes.subarray(0, datagram.length));
  }

  #begin(key: string): Datagram {
    if (this.#datagrams.isFull) this.#lost += 1;
    const bytes = new Uint8Array(DATAGRAM_BYTES);
    const datagram = { bytes, present: new Uint8Array(DATAGRAM_BYTES / UNIT), units: 0, length: undefined };
    this.#datagrams.set(key, datagram);
    return datagram;
  }
}

/** The addresses, and the whole payload right behind them. */
function join(packet: IpPacket, payload: Uint8Array): IpPacket {
  const { data, addressesAt, addressBytes } = packet;
  const addresses = data.subarray(addressesAt, addressesAt + 2 * addressBytes);
  const payloadAt = addresses.length;
  return {
    ...packet,
    data: Buffer.concat([addresses, payload]),
    addressesAt: 0,
    payloadAt,
    payloadEnd: payloadAt + payload.length,
    fragment: undefined,
  };
}

function place(datagram: Datagram, payload: Uint8Array, offset: number): void {
  for (let at = 0; at < payload.length; at += UNIT) {
    const unit = (offset + at) / UNIT;
    if (datagram.present[unit] === 1) continue;
    datagram.present[unit] = 1;
    datagram.units += 1;
    datagram.bytes.set(payload.subarray(at, at + UNIT), offset + at);
  }
}

function keyOf({ data, addressesAt, addressBytes, protocol }: IpPacket, { id }: Fragment): string {
  const addresses = data.subarray(addressesAt, addressesAt + 2 * addressBytes);
  return `${addresses.join(".")} ${protocol} ${id}`;
}
