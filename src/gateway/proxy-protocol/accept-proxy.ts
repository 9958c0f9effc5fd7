import type { Socket } from "node:net";
import { HandclaspError, toError } from "../../errors.ts";
import { Deadlines } from "../../guard/arrivals/deadlines.ts";
import { socketAddress } from "../../guard/connection/remote-address.ts";
import { type IpNetwork, isInNetwork, parseIpNetwork } from "../../trust/network/ip-network.ts";
import { readProxyHeader } from "./read-proxy-header.ts";
import { rememberProxied } from "./proxied-address.ts";

interface AcceptProxyOptions {
  /** Networks of proxies, in CIDR notation. */
  readonly from: readonly string[];
  /** From connecting to the end of the header. */
  readonly timeoutMs: number;
  /** How many headers are waited for at once; one more drops the oldest. */
  readonly most: number;
  /** Told of a connection that ended for its header, or for the lack of one. */
  readonly onRefused: (error: Error, proxy: string | undefined) => void;
}

/** Reads PROXY headers of the proxies it was told of, and of nobody else. */
export class AcceptProxy {
  readonly #networks: readonly IpNetwork[];
  readonly #waiting: Deadlines;
  readonly #onRefused: AcceptProxyOptions["onRefused"];

  /** Throws ERR_HANDCLASP_OPTION for what is no network. */
  constructor({ from, timeoutMs, most, onRefused }: AcceptProxyOptions) {
    this.#networks = from.map(toNetwork);
    this.#onRefused = onRefused;
    this.#waiting = new Deadlines(most, timeoutMs);
  }

  /** Hands a connection over: at once, or when its header is read if it comes from a proxy. */
  accept(transport: Socket, handOver: (transport: Socket) => void): void {
    const proxy = socketAddress(transport);
    if (!this.#networks.some((network) => isInNetwork(network, proxy))) return handOver(transport);
    const waiting = { transport, dueAt: 0 };
    this.#waiting.add(waiting);
    const finish = (): void => {
      this.#waiting.delete(waiting);
      transport.off("readable", read);
      transport.off("end", missing);
      transport.off("error", ignore);
      transport.off("close", finish);
    };
    const refuse = (error: unknown): void => {
      finish();
      transport.on("error", ignore);
      transport.destroy();
      this.#onRefused(toError(error), proxy);
    };
    const missing = (): void => refuse(new Error("the connection ended before its PROXY header did"));
    let header: Buffer = Buffer.alloc(0);
    const read = (): void => {
      for (let chunk = readChunk(transport); chunk !== null; chunk = readChunk(transport)) {
        header = header.length === 0 ? chunk : Buffer.concat([header, chunk]);
        try {
          const found = readProxyHeader(header);
          if (found === undefined) continue;
          finish();
          if (found.from !== undefined) rememberProxied(transport, found.from);
          // What follows is TLS's: it takes what a socket has in store when it takes the socket over.
          if (found.bytes < header.length) transport.unshift(header.subarray(found.bytes));
        } catch (error) {
          return refuse(error);
        }
        return handOver(transport);
      }
    };
    transport.on("readable", read);
    transport.on("end", missing);
    transport.on("error", ignore);
    transport.on("close", finish);
  }

  /** Gives up all that are waited for. */
  close(): void {
    this.#waiting.clear();
  }
}

function readChunk(transport: Socket): Buffer | null {
  return transport.read() as Buffer | null;
}

function toNetwork(text: string): IpNetwork {
  const network = parseIpNetwork(text);
  if (network !== undefined) return network;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `"${text}" is no IP network`, {
    hint: "write it like 192.0.2.0/24 or 2001:db8::/32; one address alone will do",
  });
}

/** 'close' follows. */
function ignore(): void {}
