import { once } from "node:events";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import type { ConnectionListener } from "../../../src/tls/observer/connection-event.ts";
import { toKeyLogLine } from "../../../src/tls/keys/key-log.ts";
import { tapServer } from "../../../src/guard/tap/tap-server.ts";
import { identity } from "./identities.ts";

const { key, cert } = await identity("localhost");

/** What Node takes besides, and its types do not have. */
export interface ConnectOptions extends tls.ConnectionOptions {
  readonly allowHalfOpen?: boolean;
  readonly highWaterMark?: number;
}

/** What a tap heard of one connection. */
export interface Heard {
  readonly id: string;
  readonly in: Uint8Array[];
  readonly out: Uint8Array[];
  readonly lines: string[];
  readonly ends: string[];
}

/** A server on a free port. */
export interface TappedServer extends AsyncDisposable {
  readonly server: tls.Server;
  readonly port: number;
  /** Per connection; nothing when it is not tapped. */
  readonly heard: readonly Heard[];
}

/** With every connection tapped, or none, to compare. */
export async function openTapped(isTapped: boolean, options: tls.TlsOptions = {}): Promise<TappedServer> {
  const server = tls.createServer({ key, cert, ...options });
  const heard: Heard[] = [];
  if (isTapped) tapServer(server, { sample: 1, onConnection: ({ id }) => hear(heard, id) });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    server,
    heard,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

export function hear(all: Heard[], id: string): ConnectionListener {
  const heard: Heard = { id, in: [], out: [], lines: [], ends: [] };
  all.push(heard);
  return (event) => {
    if (event.kind === "data") heard[event.sender === "client" ? "in" : "out"].push(event.bytes);
    else if (event.kind === "secret") heard.lines.push(toKeyLogLine(event.entry));
    else if (event.kind === "finish" || event.kind === "reset")
      heard.ends.push(`${event.kind} of the ${event.sender}`);
    else if (event.kind === "close") heard.ends.push(`close: ${event.reason}`);
  };
}

export function connect(port: number, options: ConnectOptions = {}): tls.TLSSocket {
  const socket = tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
  socket.on("error", () => undefined);
  return socket;
}

/** All that comes until the connection closes. */
export async function readAll(socket: tls.TLSSocket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "close");
  return Buffer.concat(chunks);
}
