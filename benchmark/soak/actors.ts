// Those who use the gateway during a soak, each over and over until it ends.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { reasonOf } from "../../src/errors.ts";
import type { Operator } from "../../src/operator/operator.ts";
import { createIdentity, type CreatedIdentity } from "../../src/x509/create-identity.ts";
import { type Counts, lost } from "./counts.ts";

export interface Scene {
  readonly tcpPort: number;
  readonly httpPort: number;
  readonly client: CreatedIdentity;
  readonly operator: Operator;
  readonly counts: Counts;
  readonly reload: () => void;
  readonly ended: AbortSignal;
}

type Actor = (scene: Scene) => Promise<void>;

const HOST = "127.0.0.1";
const CUT_MS = 5000;

/** What runs at the same time: name, how many, and what each does in one turn. */
export const ACTORS: readonly (readonly [name: string, atOnce: number, turn: Actor])[] = [
  ["handshake", 2, handshake],
  ["resumed", 1, resumed],
  ["bulk", 1, bulk],
  ["http", 2, http],
  ["websocket", 1, websocket],
  ["unknown key", 1, unknownKey],
  ["revocation", 1, revocation],
  ["reload", 1, reload],
  ["held", 10, held],
];

/** Takes turns until the end. A turn that throws is a loss, told under its name. */
export async function act(scene: Scene, name: string, turn: Actor): Promise<void> {
  while (!scene.ended.aborted) {
    try {
      await turn(scene);
    } catch (error) {
      lost(scene.counts, `${name}: ${reasonOf(error)}`);
      await pause(scene, 100);
    }
  }
}

async function handshake(scene: Scene): Promise<void> {
  const socket = await open(scene);
  await echo(scene, socket, randomBytes(64));
  await close(socket);
  await pause(scene, 10);
}

async function resumed(scene: Scene): Promise<void> {
  const first = await open(scene);
  const ticket = once(first, "session");
  await echo(scene, first, randomBytes(8));
  const [session] = (await ticket) as [Buffer];
  await close(first);
  for (let count = 0; count < 5; count++) {
    const again = await open(scene, session);
    // After a revocation or a reload there may be a full handshake instead.
    if (again.isSessionReused()) scene.counts.resumed += 1;
    await echo(scene, again, randomBytes(8));
    await close(again);
  }
  await pause(scene, 20);
}

async function bulk(scene: Scene): Promise<void> {
  const socket = await open(scene);
  await echo(scene, socket, randomBytes(4 * 1024 * 1024));
  await close(socket);
  await pause(scene, 200);
}

const AGENTS = new WeakMap<CreatedIdentity, Agent>();

async function http({ client, httpPort, counts, ...scene }: Scene): Promise<void> {
  let agent = AGENTS.get(client);
  if (agent === undefined) {
    agent = new Agent({ ...credentials(client), keepAlive: true, maxSockets: 4 });
    AGENTS.set(client, agent);
  }
  const body = randomBytes(1 + Math.floor(Math.random() * 20_000));
  counts.requests.client += 1;
  const sent = request({ host: HOST, port: httpPort, method: "POST", agent, path: "/echo" });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const answer = await buffer(response);
  if (response.statusCode !== 200 || !answer.equals(body)) throw new Error(`answered ${response.statusCode}`);
  if (response.headers["x-peer"] !== "soak") throw new Error("another peer's name");
  await pause({ ...scene, client, httpPort, counts }, 5);
}

async function websocket({ client, httpPort, counts, ...scene }: Scene): Promise<void> {
  const socket = new WebSocket(`wss://${HOST}:${httpPort}/`, credentials(client));
  await once(socket, "open");
  for (let count = 0; count < 20; count++) {
    const message = randomBytes(200);
    const answer = once(socket, "message");
    counts.messages.client += 1;
    socket.send(message);
    const [data] = (await answer) as [Buffer];
    if (!data.equals(message)) throw new Error("another message came back");
  }
  const closed = once(socket, "close");
  socket.close();
  await closed;
  await pause({ ...scene, client, httpPort, counts }, 50);
}

async function unknownKey(scene: Scene): Promise<void> {
  const stranger = await createIdentity({ name: "stranger", now: new Date() });
  const socket = connect({ host: HOST, port: scene.tcpPort, ...credentials(stranger) });
  const [error] = (await once(socket.resume(), "error").catch((failure: unknown) => [failure])) as [Error];
  // Pending or, when there were too many, rate-limited: the client is told the same.
  if (!/alert number 49/.test(error.message)) throw error;
  scene.counts.refused += 1;
  await pause(scene, 300);
}

async function revocation(scene: Scene): Promise<void> {
  const victim = await createIdentity({ name: `victim ${randomBytes(6).toString("hex")}`, now: new Date() });
  await scene.operator.import(victim.facts);
  // Other processes hear of it within 150 ms.
  await pause(scene, 500);
  if (scene.ended.aborted) return;
  const socket = await open(scene, undefined, victim);
  await echo(scene, socket, randomBytes(8));
  const cut = once(socket, "close", { signal: AbortSignal.timeout(CUT_MS) });
  await scene.operator.revoke(victim.facts.pin);
  const since = performance.now();
  await cut;
  scene.counts.cutsMs.push(performance.now() - since);
  scene.counts.revoked += 1;
  await pause(scene, 2000);
}

async function reload(scene: Scene): Promise<void> {
  await pause(scene, 5000);
  if (scene.ended.aborted) return;
  scene.reload();
  scene.counts.reloads += 1;
}

/** Lives as long as the soak, through every reload. */
async function held(scene: Scene): Promise<void> {
  const socket = await open(scene);
  while (!scene.ended.aborted) {
    await echo(scene, socket, randomBytes(32));
    await pause(scene, 500);
  }
  await close(socket);
}

async function open(scene: Scene, session?: Buffer, who: CreatedIdentity = scene.client): Promise<TLSSocket> {
  const socket = connect({
    host: HOST,
    port: scene.tcpPort,
    ...credentials(who),
    ...(session !== undefined && { session }),
  });
  await once(socket, "secureConnect");
  socket.on("error", () => undefined);
  scene.counts.connections.client += 1;
  return socket;
}

function credentials(who: CreatedIdentity): { key: string; cert: string; rejectUnauthorized: false } {
  return { key: who.privateKeyPem, cert: who.certificatePem, rejectUnauthorized: false };
}

/** Sends, and waits until the same came back. */
async function echo({ counts }: Scene, socket: TLSSocket, message: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const chunks: Buffer[] = [];
  let length = 0;
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    length += chunk.length;
    if (length < message.length) return;
    if (Buffer.concat(chunks).equals(message)) resolve();
    else reject(new Error("other bytes came back"));
  };
  const onClose = (): void =>
    reject(new Error(`the connection ended after ${length} of ${message.length} bytes`));
  socket.on("data", onData).on("close", onClose);
  counts.bytes.client += message.length;
  socket.write(message);
  try {
    await promise;
  } finally {
    socket.off("data", onData).off("close", onClose);
  }
}

async function close(socket: TLSSocket): Promise<void> {
  const closed = once(socket, "close");
  socket.end();
  await closed;
}

async function pause({ ended }: Scene, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: ended }).catch(() => undefined);
}
