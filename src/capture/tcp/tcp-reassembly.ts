import type { Moment, TcpEvent } from "./connection.ts";
import { formatIpAddress } from "../network/ip-address.ts";
import type { AddressPair } from "../network/ip-packet.ts";
import { TcpConnection } from "./tcp-connection.ts";
import type { TcpSegment } from "./tcp-segment.ts";

/** How much memory a capture may take, whatever is in it. */
export interface ReassemblyLimits {
  /** Remembered at a time; beyond it those without recent packets are closed as "evicted". */
  readonly connections: number;
  /** Held back per direction while earlier bytes are missing; beyond it they are reported as a gap. */
  readonly heldBytesPerDirection: number;
  /** Held back by all connections together. */
  readonly heldBytes: number;
}

/** About 200 MB in the worst case. */
const REASSEMBLY_LIMITS: ReassemblyLimits = {
  connections: 65_536,
  heldBytesPerDirection: 1024 * 1024,
  heldBytes: 64 * 1024 * 1024,
};

/** How long what was under way when a RST came may still arrive: packets of the capture, and milliseconds. */
const LINGER_PACKETS = 20_000;
const LINGER_MS = 3_000;
/** Connections that linger at a time. */
const MOST_LINGERING = 1_024;

interface Tracked {
  readonly key: string;
  readonly connection: TcpConnection;
  /** Whether the first packet came from the end that stands first in the key. */
  readonly firstIsLower: boolean;
  /** A second packet came since the last look; so a flood of SYNs ends itself first. */
  isRecent: boolean;
  held: number;
  resetAt: Moment | undefined;
}

/** Sorts TCP segments into connections and their bytes into order. Memory is bounded, time linear. */
export class TcpReassembly {
  readonly #onEvent: (event: TcpEvent) => void;
  readonly #limits: ReassemblyLimits;
  readonly #connections = new Map<string, Tracked>();
  /** Those that hold bytes back, the longest holding first. */
  readonly #holding = new Set<Tracked>();
  /** Those that were reset, the first one first. */
  readonly #lingering = new Set<Tracked>();
  #held = 0;
  #count = 0;

  constructor(onEvent: (event: TcpEvent) => void, limits: Partial<ReassemblyLimits> = {}) {
    this.#onEvent = onEvent;
    this.#limits = { ...REASSEMBLY_LIMITS, ...limits };
  }

  segment(path: AddressPair, segment: TcpSegment, when: Moment): void {
    const isLower = comesFromLower(path, segment);
    const key = isLower ? keyOf(path, segment) : reverseKeyOf(path, segment);
    const found = this.#find(key, isLower, segment);
    if (found !== undefined) found.isRecent = true;
    const tracked = found ?? this.#begin(key, isLower, path, segment);
    tracked.connection.segment(isLower === tracked.firstIsLower ? 0 : 1, segment, when);
    this.#account(tracked);
    if (tracked.connection.isReset && tracked.resetAt === undefined) {
      tracked.resetAt = when;
      this.#lingering.add(tracked);
    }
    if (this.#lingering.size > 0) this.#endLingering(when);
    while (this.#held > this.#limits.heldBytes && this.#holding.size > 0) this.#relieve();
  }

  /** The capture ends: every connection that is open gives what it holds and closes. */
  end(): void {
    for (const { connection } of this.#connections.values()) connection.close("end-of-capture");
    this.#connections.clear();
    this.#holding.clear();
    this.#lingering.clear();
    this.#held = 0;
  }

  #find(key: string, isLower: boolean, segment: TcpSegment): Tracked | undefined {
    const tracked = this.#connections.get(key);
    if (tracked === undefined) return undefined;
    if (tracked.connection.accepts(isLower === tracked.firstIsLower ? 0 : 1, segment)) return tracked;
    tracked.connection.close("replaced");
    this.#forget(tracked);
    return undefined;
  }

  #begin(key: string, isLower: boolean, path: AddressPair, segment: TcpSegment): Tracked {
    if (this.#connections.size >= this.#limits.connections) this.#evict();
    this.#count += 1;
    const { data, addressesAt, addressBytes } = path;
    const between = addressesAt + addressBytes;
    const source = data.subarray(addressesAt, between);
    const destination = data.subarray(between, between + addressBytes);
    const connection = new TcpConnection({
      id: this.#count,
      ends: [
        { address: formatIpAddress(source), port: segment.sourcePort },
        { address: formatIpAddress(destination), port: segment.destinationPort },
      ],
      heldLimit: this.#limits.heldBytesPerDirection,
      onEvent: this.#onEvent,
    });
    const tracked: Tracked = {
      key,
      connection,
      firstIsLower: isLower,
      isRecent: false,
      held: 0,
      resetAt: undefined,
    };
    this.#connections.set(key, tracked);
    return tracked;
  }

  /** Second chance: whoever had a packet since the last look goes to the end of the line once. */
  #evict(): void {
    for (const tracked of this.#connections.values()) {
      if (tracked.isRecent && !tracked.connection.isClosed) {
        tracked.isRecent = false;
        this.#connections.delete(tracked.key);
        this.#connections.set(tracked.key, tracked);
        continue;
      }
      tracked.connection.close("evicted");
      this.#forget(tracked);
      return;
    }
  }

  #forget(tracked: Tracked): void {
    this.#connections.delete(tracked.key);
    this.#lingering.delete(tracked);
    this.#account(tracked);
  }

  #endLingering(now: Moment): void {
    for (const tracked of this.#lingering) {
      const isOver = this.#lingering.size > MOST_LINGERING || isLongAgo(tracked.resetAt ?? now, now);
      if (!isOver) return;
      tracked.connection.close("reset");
      this.#lingering.delete(tracked);
      this.#account(tracked);
    }
  }

  #account(tracked: Tracked): void {
    const held = tracked.connection.heldBytes;
    this.#held += held - tracked.held;
    if (held === 0) this.#holding.delete(tracked);
    else if (tracked.held === 0) this.#holding.add(tracked);
    tracked.held = held;
  }

  #relieve(): void {
    const [longest] = this.#holding;
    if (longest === undefined) return;
    longest.connection.giveUpHoles();
    this.#account(longest);
  }
}

function isLongAgo(then: Moment, now: Moment): boolean {
  if (now.packet - then.packet > LINGER_PACKETS) return true;
  return then.timeMs !== undefined && now.timeMs !== undefined && now.timeMs - then.timeMs > LINGER_MS;
}

/** One order for both directions of a connection: by address, then by port. */
function comesFromLower(
  { data, addressesAt, addressBytes }: AddressPair,
  { sourcePort, destinationPort }: TcpSegment,
): boolean {
  for (let at = addressesAt; at < addressesAt + addressBytes; at++) {
    const difference = (data[at] ?? 0) - (data[at + addressBytes] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return sourcePort <= destinationPort;
}

/** Addresses and ports, 16 bits a character, the sender first: cheap to make and to compare. */
function keyOf(
  { data, addressesAt, addressBytes }: AddressPair,
  { sourcePort, destinationPort }: TcpSegment,
): string {
  const source = addressText(data, addressesAt, addressBytes);
  const destination = addressText(data, addressesAt + addressBytes, addressBytes);
  return source + destination + String.fromCharCode(sourcePort, destinationPort);
}

/** The same key for what goes the other way. */
function reverseKeyOf(
  { data, addressesAt, addressBytes }: AddressPair,
  { sourcePort, destinationPort }: TcpSegment,
): string {
  const source = addressText(data, addressesAt, addressBytes);
  const destination = addressText(data, addressesAt + addressBytes, addressBytes);
  return destination + source + String.fromCharCode(destinationPort, sourcePort);
}

function addressText(data: Uint8Array, at: number, length: 4 | 16): string {
  let text = "";
  for (let index = at; index < at + length; index += 4)
    text += String.fromCharCode(uint16(data, index), uint16(data, index + 2));
  return text;
}

function uint16(data: Uint8Array, at: number): number {
  return ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
}
