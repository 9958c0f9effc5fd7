import { type EventEmitter, once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { openH2cUpstream, openHttpUpstream, openTcpUpstream, type Upstream } from "./http-upstream.ts";
import type { Random } from "./random.ts";

/** A service that does anything at any moment, and says how many exchanges it is in. */
export interface FickleUpstream extends AsyncDisposable {
  readonly port: number;
  /** Exchanges, or connections over TCP, that are not over: what each of them is given. */
  readonly running: () => readonly string[];
  /** What was done to a request, the last time that it came. */
  readonly did: (id: string) => string | undefined;
}

/** Where requests go whose client waits for their end: everything else may happen to them. */
export const PATIENT = "/patient";
/** Where requests are simply answered. */
export const CALM = "/calm";

type Mood<Exchange> = readonly [
  name: string,
  act: (exchange: Exchange, random: Random) => Promise<void> | void,
];

interface Http1Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
  readonly id: string;
}

const SILENT = "silent";

const HTTP1_MOODS: readonly [Mood<Http1Exchange>, ...Mood<Http1Exchange>[]] = [
  ["answers", ({ request, response, id }) => answer(request, response, id)],
  [
    "answers early",
    ({ request, response, id }) => {
      response.writeHead(200, { "x-id": id }).end(`body of ${id}`);
      request.resume();
    },
  ],
  [
    "answers early and ends the connection",
    ({ response, socket, id }) => {
      response.writeHead(413, { "x-id": id, connection: "close" }).end(() => socket.destroySoon());
    },
  ],
  [
    "answers in pieces, with trailers",
    async ({ request, response, id }, random) => {
      request.resume();
      // Node announces none of an answer without a body.
      response.writeHead(200, { "x-id": id, ...(request.method !== "HEAD" && { trailer: "x-end" }) });
      for (let piece = 0; piece < 4; piece++) {
        response.write(`piece ${piece} for ${id}`);
        await random.pause();
      }
      response.addTrailers({ "x-end": id });
      response.end();
    },
  ],
  [
    "says something before",
    ({ request, response, id }) => {
      response.writeEarlyHints({ link: "</a>; rel=preload" });
      answer(request, response, id);
    },
  ],
  ["resets", ({ socket }) => void socket.resetAndDestroy()],
  [
    "breaks off in its head",
    ({ socket, id }) => void socket.write(`HTTP/1.1 200 OK\r\nx-id: ${id}`, () => socket.destroy()),
  ],
  [
    "breaks off in its body",
    async ({ request, response, socket, id }, random) => {
      request.resume();
      response.writeHead(200, { "x-id": id, "content-length": "1000" }).write("beginning");
      await random.pause();
      if (random.oneIn(2)) socket.destroy();
      else socket.resetAndDestroy();
    },
  ],
  [
    "says nonsense",
    ({ request, socket }) => {
      request.resume();
      socket.end("no answer\r\n\r\n");
    },
  ],
  [
    "says more than it was asked",
    ({ request, socket, id }) => {
      request.resume();
      const one = `HTTP/1.1 200 OK\r\nx-id: ${id}\r\nContent-Length: 2\r\n\r\nok`;
      socket.end(`${one}HTTP/1.1 200 OK\r\nx-id: nobody's\r\nContent-Length: 2\r\n\r\nno`);
    },
  ],
  [
    "answers and hangs up without a word of it",
    ({ request, response, socket, id }) => {
      request.resume();
      response.writeHead(200, { "x-id": id, "content-length": "2" }).end("ok", () => socket.end());
    },
  ],
  [SILENT, ({ request }) => void request.resume()],
];

function answer(request: IncomingMessage, response: ServerResponse, id: string): void {
  request.resume();
  request.once("end", () => {
    response.writeHead(200, { "x-id": id });
    response.end(`body of ${id}`);
  });
}

/** Over HTTP/1.1; upgrades too. */
export async function openFickleHttp(random: Random): Promise<FickleUpstream> {
  const record = new Exchanges();
  const upstream = await openHttpUpstream(
    (request, response) => {
      const { socket } = request;
      const id = String(request.headers["x-id"]);
      const [mood, act] = moodFor(request.url ?? "", HTTP1_MOODS, random);
      record.begin(id, mood, response);
      for (const stream of [request, response]) stream.on("error", () => undefined);
      void act({ request, response, socket, id }, random.fork());
    },
    (server: Server) => {
      server.on("clientError", (_error, socket) => void socket.destroy());
      server.on("upgrade", (request, socket) => {
        const id = String(request.headers["x-id"]);
        record.begin(id, "upgrade", socket);
        const head = `Connection: Upgrade\r\nUpgrade: x\r\nx-id: ${id}\r\n\r\n`;
        if (random.oneIn(4)) return void socket.destroy();
        if (random.oneIn(4)) return void socket.resume().end("HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n");
        socket.write(`HTTP/1.1 101 Fine\r\n${head}`);
        void beMoody(socket as Socket, random.fork());
      });
    },
  );
  return record.of(upstream);
}

interface H2cExchange {
  readonly stream: ServerHttp2Stream;
  readonly id: string;
}

const H2C_MOODS: readonly [Mood<H2cExchange>, ...Mood<H2cExchange>[]] = [
  ["answers", ({ stream, id }) => answerH2c(stream, id)],
  [
    "answers early",
    ({ stream, id }) => {
      stream.respond({ ":status": 200, "x-id": id });
      stream.end(`body of ${id}`);
    },
  ],
  [
    "answers early and resets",
    ({ stream, id }) => {
      stream.respond({ ":status": 413, "x-id": id });
      stream.end("too much", () => stream.close(0));
    },
  ],
  [
    "answers in pieces, with trailers",
    async ({ stream, id }, random) => {
      stream.resume();
      stream.respond({ ":status": 200, "x-id": id }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "x-end": id }));
      for (let piece = 0; piece < 4 && !stream.destroyed; piece++) {
        stream.write(`piece ${piece} for ${id}`);
        await random.pause();
      }
      stream.end();
    },
  ],
  [
    "says something before",
    ({ stream, id }) => {
      stream.additionalHeaders({ ":status": 103, link: "</a>; rel=preload" });
      answerH2c(stream, id);
    },
  ],
  ["resets", ({ stream }, random) => stream.close(random.pick([0, 1, 2, 7, 8, 11]))],
  [
    "breaks off in its body",
    async ({ stream, id }, random) => {
      stream.respond({ ":status": 200, "x-id": id, "content-length": "1000" });
      stream.write("beginning");
      await random.pause();
      stream.close(random.pick([0, 2, 8]));
    },
  ],
  [
    "answers and says GOAWAY",
    ({ stream, id }) => {
      answerH2c(stream, id);
      stream.session?.goaway(0);
    },
  ],
  [
    "answers and closes",
    ({ stream, id }) => {
      answerH2c(stream, id);
      stream.session?.close();
    },
  ],
  ["says GOAWAY with an error", ({ stream }) => stream.session?.goaway(2)],
  ["breaks the session off", ({ stream }) => stream.session?.destroy()],
  [SILENT, ({ stream }) => void stream.resume()],
];

function answerH2c(stream: ServerHttp2Stream, id: string): void {
  stream.resume();
  stream.once("end", () => {
    if (stream.destroyed) return;
    stream.respond({ ":status": 200, "x-id": id });
    stream.end(`body of ${id}`);
  });
}

/** Over HTTP/2 with prior knowledge. */
export async function openFickleH2c(random: Random): Promise<FickleUpstream> {
  const record = new Exchanges();
  const upstream = await openH2cUpstream((stream, headers) => {
    const id = String(headers["x-id"]);
    const [mood, act] = moodFor(String(headers[":path"]), H2C_MOODS, random);
    record.begin(id, mood, stream);
    void act({ stream, id }, random.fork());
  });
  return record.of(upstream);
}

/** Over TCP: nothing comes back that was not sent. */
export async function openFickleTcp(random: Random): Promise<FickleUpstream> {
  const record = new Exchanges();
  const upstream = await openTcpUpstream((socket) => {
    record.begin("", "TCP", socket);
    void beMoody(socket, random.fork());
  });
  return record.of(upstream);
}

async function beMoody(socket: Socket, random: Random): Promise<void> {
  socket.on("error", () => undefined);
  if (random.oneIn(6)) return void socket.resume().end();
  if (random.oneIn(6)) await random.pause();
  socket.pipe(socket);
  if (random.oneIn(3)) return;
  await once(socket, "data").catch(() => undefined);
  await random.pause();
  random.pick<() => void>([
    () => socket.resetAndDestroy(),
    () => socket.destroy(),
    // The pipe is over with it, and who reads nothing never sees that the other side is gone.
    () => socket.unpipe().resume().end(),
    () => undefined,
  ])();
}

function moodFor<Exchange>(
  path: string,
  moods: readonly [Mood<Exchange>, ...Mood<Exchange>[]],
  random: Random,
): Mood<Exchange> {
  const [calm] = moods;
  if (path.startsWith(CALM)) return calm;
  const mood = random.pick(moods);
  return mood[0] === SILENT && path.startsWith(PATIENT) ? calm : mood;
}

/** What an upstream is asked, and what it makes of it. */
class Exchanges {
  readonly #running = new Set<{ readonly what: string }>();
  readonly #moods = new Map<string, string>();

  begin(id: string, mood: string, exchange: EventEmitter): void {
    const one = { what: `${id} ${mood}` };
    this.#moods.set(id, mood);
    this.#running.add(one);
    exchange.once("close", () => this.#running.delete(one));
  }

  of(upstream: Upstream): FickleUpstream {
    return {
      port: upstream.port,
      running: () => Array.from(this.#running, ({ what }) => what),
      did: (id) => this.#moods.get(id),
      [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
    };
  }
}
