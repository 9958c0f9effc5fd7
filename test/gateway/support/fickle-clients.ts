import assert from "node:assert/strict";
import { once } from "node:events";
import type { ClientHttp2Stream } from "node:http2";
import { Agent, request } from "node:https";
import tls from "node:tls";
import { closed } from "../../guard/support/closed.ts";
import { CALM, PATIENT } from "./fickle-upstreams.ts";
import { clientOptions, finish, openSession } from "./http-scene.ts";
import type { Random } from "./random.ts";
import { PATIENCE_MS } from "../../support/patience.ts";

/** Who it is, and what it throws its dice with. Its requests are called after it. */
export interface Fickle {
  readonly port: number;
  readonly name: string;
  readonly random: Random;
}

const HOST = "127.0.0.1";

/** Over TLS with HTTP/1.1 by hand: requests whole or in pieces, nonsense, ends, and resets, in any order. */
export async function wildHttp1({ port, name, random }: Fickle): Promise<void> {
  const socket = await open(port, ["http/1.1"]);
  let answers = "";
  socket.setEncoding("latin1").on("data", (text: string) => (answers += text));
  const requests = 1 + random.below(6);
  for (let count = 0; count < requests && !socket.destroyed; count++) {
    const bytes = wildRequest(`${name}-${count}`, random);
    const cut = random.oneIn(3) ? random.below(bytes.length) : bytes.length;
    socket.write(bytes.slice(0, cut), "latin1");
    if (cut < bytes.length) {
      await random.pause();
      if (random.oneIn(4)) break;
      socket.write(bytes.slice(cut), "latin1");
    }
    if (random.oneIn(6)) socket.pause();
    if (random.oneIn(2)) await random.pause();
    if (random.oneIn(8)) break;
    socket.resume();
  }
  await leave(socket, random);
  assertOwn(answers.matchAll(/^x-id: (\S+)\r$/gim), name);
}

function wildRequest(id: string, random: Random): string {
  const head = (method: string, more = ""): string =>
    `${method} /${id} HTTP/1.1\r\nHost: a\r\nX-Id: ${id}\r\n${more}\r\n`;
  const body = "x".repeat(random.below(random.oneIn(4) ? 100_000 : 1000));
  return random.pick([
    head("GET"),
    head("GET"),
    head("POST", `Content-Length: ${body.length}\r\n`) + body,
    `${head("PUT", "Transfer-Encoding: chunked\r\n")}3\r\nabc\r\n0\r\nx-end: 1\r\n\r\n`,
    head("POST", "Expect: 100-continue\r\nContent-Length: 3\r\n") + (random.oneIn(2) ? "abc" : ""),
    `${head("GET", "Connection: Upgrade\r\nUpgrade: x\r\n")}bytes of ${id}`,
    head("GET", "Connection: close\r\n"),
    head("HEAD"),
    head("TRACE"),
    head("CONNECT"),
    `${head("POST", "Transfer-Encoding: chunked\r\n")}no size\r\n`,
    "no request\r\n\r\n",
  ]);
}

/** Over HTTP/2: streams that are given up, reset, half-closed or left alone, and sessions that end in any way. */
export async function wildHttp2({ port, name, random }: Fickle): Promise<void> {
  const session = openSession(port);
  await once(session, "remoteSettings");
  const streams: ClientHttp2Stream[] = [];
  const requests = 1 + random.below(8);
  for (let count = 0; count < requests && !session.destroyed && !session.closed; count++) {
    const id = `${name}-${count}`;
    const method = random.pick(["GET", "POST"]);
    const stream = session.request({ ":method": method, ":path": `/${id}`, "x-id": id });
    stream.on("error", () => undefined);
    stream.on("response", (fields) => assertOwnField(fields["x-id"], id));
    streams.push(stream);
    if (method === "POST") stream.write("x".repeat(random.below(random.oneIn(4) ? 100_000 : 1000)));
    if (!random.oneIn(4)) stream.end();
    if (!random.oneIn(4)) stream.resume();
    if (random.oneIn(4)) await random.pause();
    if (random.oneIn(4)) random.pick([stream, streams[0] ?? stream]).close(random.pick([0, 2, 7, 8]));
    if (random.oneIn(12)) session.goaway(random.pick([0, 2]));
  }
  if (random.oneIn(2)) await random.pause();
  if (random.oneIn(3)) session.close();
  if (random.oneIn(2)) await random.pause();
  if (random.oneIn(3) && !session.destroyed) session.socket.destroy();
  await session[Symbol.asyncDispose]();
}

/** Over TLS to a service over TCP. What comes back is the beginning of what was sent. */
export async function wildTcp({ port, name, random }: Fickle): Promise<void> {
  const socket = await open(port);
  const sent: Buffer[] = [];
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  const messages = 1 + random.below(5);
  for (let count = 0; count < messages && socket.writable; count++) {
    const message = Buffer.alloc(1 + random.below(random.oneIn(4) ? 100_000 : 1000), `${name}-${count} `);
    sent.push(message);
    socket.write(message);
    if (random.oneIn(6)) socket.pause();
    if (random.oneIn(2)) await random.pause();
    if (random.oneIn(2)) socket.resume();
  }
  await leave(socket, random);
  const back = Buffer.concat(received);
  assert.ok(Buffer.concat(sent).subarray(0, back.length).equals(back), `${name} got what it did not send`);
}

/** Asks one after the other and waits for each answer, whatever it is: none may stay out. */
export async function patientHttp1({ port, name, random }: Fickle): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ...clientOptions() });
  for (let count = 0; count < 4; count++) {
    const id = `${name}-${count}`;
    const body = random.oneIn(2) ? undefined : Buffer.alloc(random.below(20_000), "x");
    await within(id, async () => {
      const asked = request({
        agent,
        host: HOST,
        port,
        servername: "localhost",
        method: body ? "POST" : "GET",
        path: `${PATIENT}/${id}`,
        headers: { "x-id": id, ...(body && { "content-length": body.length }) },
      });
      const answered = once(asked, "response");
      asked.end(body);
      const [response] = await answered;
      assertOwnField(response.headers["x-id"], id);
      // What is cut short was an answer, too.
      asked.on("error", () => undefined);
      await closed(response.on("error", () => undefined).resume());
    });
  }
  agent.destroy();
}

/** The same over HTTP/2, on as many streams at once. */
export async function patientHttp2({ port, name, random }: Fickle): Promise<void> {
  await using session = openSession(port);
  const asks = Array.from({ length: 4 }, async (_, count) => {
    const id = `${name}-${count}`;
    await within(id, async () => {
      const stream = session.request({
        ":method": random.pick(["GET", "POST"]),
        ":path": `${PATIENT}/${id}`,
        "x-id": id,
      });
      stream.on("error", () => undefined);
      stream.end(random.oneIn(2) ? undefined : "x".repeat(random.below(20_000)));
      const { status, headers, resetCode } = await finish(stream);
      assert.ok(status !== undefined || resetCode !== 0, `${id} has no answer`);
      assertOwnField(headers["x-id"], id);
    });
  });
  await Promise.all(asks);
}

/** Is served: asks for what is simply answered. */
export async function calm({ port, name }: Fickle): Promise<void> {
  await using session = openSession(port);
  const stream = session.request({ ":path": `${CALM}/${name}`, "x-id": name });
  stream.on("error", () => undefined);
  await within(name, async () => {
    const { status, body } = await finish(stream);
    assert.deepEqual([status, body], [200, `body of ${name}`]);
  });
}

async function open(port: number, protocols: readonly string[] = []): Promise<tls.TLSSocket> {
  const options = protocols.length > 0 ? { ALPNProtocols: [...protocols] } : {};
  const socket = tls.connect({ port, ...options, ...clientOptions() });
  await once(socket, "secureConnect");
  socket.on("error", () => undefined);
  return socket;
}

/** Is gone, now or a little later, perhaps after an end. */
async function leave(socket: tls.TLSSocket, random: Random): Promise<void> {
  socket.resume();
  if (random.oneIn(2)) await random.pause();
  if (random.oneIn(3)) {
    socket.end();
    await random.pause();
  }
  socket.destroy();
}

function assertOwn(found: Iterable<RegExpMatchArray>, name: string): void {
  let last = -1;
  for (const [, id = ""] of found) {
    assert.ok(id.startsWith(`${name}-`), `${name} got the answer to ${id}`);
    const count = Number(id.slice(name.length + 1));
    // An interim answer may repeat its own.
    assert.ok(count >= last, `${name} got ${count} after ${last}`);
    last = count;
  }
}

function assertOwnField(found: unknown, id: string): void {
  assert.ok(found === undefined || found === id, `${id} got the answer to ${String(found)}`);
}

/** Says what it was that never came to its end. */
async function within(what: string, work: () => Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = setTimeout(() => reject(new Error(`${what} never came to its end`)), PATIENCE_MS);
  try {
    await Promise.race([work(), promise]);
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    clearTimeout(late);
  }
}
