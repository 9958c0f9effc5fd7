// What is measured, and what it should come to.
import type { TLSSocket } from "node:tls";
import type { ClientHttp2Session } from "node:http2";
import {
  bytes,
  type Client,
  download,
  handshakes,
  http2Requests,
  pingPong,
  response,
  upload,
} from "./load.ts";

export interface Row {
  readonly id: string;
  readonly what: string;
  readonly mode: "tcp" | "http";
  /** What the figures are in, for one `unit`. */
  readonly unit: string;
  /** How many units one round of the full length has; what the warm-up does is a round, too. */
  readonly units: number;
  readonly work: (client: Client, port: number, units: number) => Promise<void>;
  readonly targets: readonly Target[];
}

/** At most `most` times what the other one needs. */
export interface Target {
  readonly than: string;
  readonly most: number;
  /** Wished for, not promised. */
  readonly aim?: true;
}

const CONNECTIONS = 16;
const GIGABYTE = 1e9;
const PING = Buffer.alloc(64, "p");
const GET = Buffer.from(
  "GET /kilobyte HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n",
);

const POST = Buffer.from(
  `POST /small HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nContent-Length: 300\r\n\r\n${"b".repeat(300)}`,
);
const SESSIONS = 4;
/** Of a session, at once. */
const STREAMS = 4;

const BULK_TARGETS: readonly Target[] = [
  { than: "bare Node pipe", most: 1.05 },
  { than: "HAProxy", most: 1.2, aim: true },
];

export const ROWS: readonly Row[] = [
  {
    id: "handshake",
    what: "full TLS 1.3 handshake with client certificate, and the connection to the upstream",
    mode: "tcp",
    unit: "µs",
    units: 1000,
    work: (client, port, units) => handshakes(client, port, units),
    targets: [
      { than: "bare Node pipe", most: 1.08 },
      { than: "stunnel", most: 0.65 },
      { than: "HAProxy", most: 1.2, aim: true },
    ],
  },
  {
    id: "download",
    what: "a GB to the client over one connection",
    mode: "tcp",
    unit: "ms",
    units: 1000,
    work: (client, port, units) => download(client, port, (units / 1000) * GIGABYTE),
    targets: BULK_TARGETS,
  },
  {
    id: "upload",
    what: "a GB to the upstream over one connection",
    mode: "tcp",
    unit: "ms",
    units: 1000,
    work: (client, port, units) => upload(client, port, (units / 1000) * GIGABYTE),
    targets: BULK_TARGETS,
  },
  {
    id: "ping-pong",
    what: "64 bytes there and back over kept connections",
    mode: "tcp",
    unit: "µs",
    units: 20_000,
    work: async (client, port, units) => {
      await overKept(client, port, (sockets) => pingPong(sockets, PING, echoed, units));
    },
    targets: [{ than: "HAProxy", most: 1.5 }],
  },
  {
    id: "request",
    what: "GET of 1 kB over kept HTTP/1.1 connections",
    mode: "http",
    unit: "µs",
    units: 10_000,
    work: async (client, port, units) => {
      await overKept(client, port, (sockets) => pingPong(sockets, GET, response, units));
    },
    targets: [{ than: "Caddy", most: 1.5 }],
  },
  {
    id: "post",
    what: "POST of 300 B over kept HTTP/1.1 connections",
    mode: "http",
    unit: "µs",
    units: 10_000,
    work: async (client, port, units) => {
      await overKept(client, port, (sockets) => pingPong(sockets, POST, response, units));
    },
    targets: [{ than: "Caddy", most: 1.5 }],
  },
  {
    id: "http2",
    what: "GET of 1 kB over kept HTTP/2 sessions, four streams at once on each",
    mode: "http",
    unit: "µs",
    units: 10_000,
    work: async (client, port, units) => {
      await http2Requests(await keptSessions(client, port), "/kilobyte", units, STREAMS);
    },
    targets: [{ than: "Caddy", most: 1.5 }],
  },
];

function echoed(socket: TLSSocket): Promise<void> {
  return bytes(socket, PING.length);
}

/** What an idle connection did before it was idle. */
export async function beIdle(socket: TLSSocket, mode: "tcp" | "http"): Promise<void> {
  const done = mode === "tcp" ? bytes(socket, 1) : response(socket);
  socket.write(mode === "tcp" ? "x" : GET);
  await done;
}

export const IDLE_TARGETS: readonly Target[] = [
  { than: "bare Node pipe", most: 1.15 },
  { than: "Caddy (http)", most: 1, aim: true },
];

const KEPT = new Map<number, readonly TLSSocket[]>();

/** The same connections in every round: a handshake is another row's work. */
async function overKept(
  client: Client,
  port: number,
  work: (sockets: readonly TLSSocket[]) => Promise<void>,
): Promise<void> {
  let sockets = KEPT.get(port);
  if (sockets === undefined) {
    sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => client.open(port)));
    KEPT.set(port, sockets);
  }
  await work(sockets);
}

const KEPT_SESSIONS = new Map<number, readonly ClientHttp2Session[]>();

async function keptSessions(client: Client, port: number): Promise<readonly ClientHttp2Session[]> {
  const kept = KEPT_SESSIONS.get(port);
  if (kept !== undefined) return kept;
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => client.openHttp2(port)));
  KEPT_SESSIONS.set(port, sessions);
  return sessions;
}

/** Nothing then holds the process any more. */
export function releaseKept(): void {
  for (const session of [...KEPT_SESSIONS.values()].flat()) session.destroy();
  for (const socket of [...KEPT.values()].flat()) socket.destroy();
}
