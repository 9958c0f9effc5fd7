import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { socketAddress } from "../../guard/connection/remote-address.ts";
import { plainAddress } from "../../trust/network/ip-network.ts";

/** The two ends of a TCP connection, as the first one that accepted it saw them. */
export interface Endpoints {
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly destinationAddress: string;
  readonly destinationPort: number;
}

/**
 * What a proxy in front of us said of its client; `unix` when that was on its own machine, `unknown` when it did not say:
 * then the ends of its own connection are all there is (§2.1).
 */
export type ProxiedFrom = Endpoints | "unix" | "unknown";

const PROXIED = new WeakMap<Duplex, ProxiedFrom>();

/** Remembers where a connection that a proxy passed on came from. */
export function rememberProxied(transport: Duplex, from: ProxiedFrom): void {
  PROXIED.set(transport, typeof from === "string" ? from : toPlain(from));
}

/** Whether a proxy that we believe passed a connection on for a client, wherever that is. */
export function isProxied(transport: Duplex): boolean {
  return PROXIED.has(transport);
}

/**
 * Where a connection came from, through whatever proxies we believe; undefined for a Unix socket, and when the proxy does
 * not say: its own address would stand for whoever is behind it, where addresses count.
 */
export function proxiedAddress(transport: Duplex): string | undefined {
  const from = PROXIED.get(transport);
  if (from === undefined) return socketAddress(transport);
  return typeof from === "string" ? undefined : from.sourceAddress;
}

/** Both ends of a connection; undefined for a Unix socket, and once it is closed. */
export function endpointsOf(transport: Duplex): Endpoints | undefined {
  const from = PROXIED.get(transport);
  if (from === "unix") return undefined;
  if (typeof from === "object") return from;
  if (!(transport instanceof Socket)) return undefined;
  const { remoteAddress, remotePort, localAddress, localPort } = transport;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  if (localAddress === undefined || localPort === undefined) return undefined;
  return toPlain({
    sourceAddress: remoteAddress,
    sourcePort: remotePort,
    destinationAddress: localAddress,
    destinationPort: localPort,
  });
}

function toPlain({ sourceAddress, destinationAddress, ...ports }: Endpoints): Endpoints {
  const addresses = {
    sourceAddress: plainAddress(sourceAddress),
    destinationAddress: plainAddress(destinationAddress),
  };
  return { ...addresses, ...ports };
}
