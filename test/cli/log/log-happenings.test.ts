import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { describe, it } from "node:test";
import { logHappenings } from "../../../src/cli/log/log-happenings.ts";
import { Happenings } from "../../../src/trust/happenings/happenings.ts";
import { errorEntry, type EventLog, type LogEntry, named } from "../../../src/cli/log/event-log.ts";
import type { ForwardingListener, Upstream } from "../../../src/gateway/config/config.ts";
import { parseEvent, type TrustEvent } from "../../../src/trust/records/events.ts";
import type { JoinToken } from "../../../src/trust/naming/join-token.ts";
import { everyItem, type Page } from "../../../src/trust/port/page.ts";
import { readCertificate } from "../../../src/x509/certificate-facts.ts";
import { signJoinProof } from "../../../src/x509/join-proof.ts";
import { reissueCertificate } from "../../../src/x509/reissue-certificate.ts";
import { exchangeRaw } from "../../gateway/support/http-scene.ts";
import { openHttpUpstream } from "../../gateway/support/http-upstream.ts";
import { configOf, type GatewayScene, listenerTo, openGateway } from "../../gateway/support/scene.ts";
import { gone, openClient, openUpstream, talking } from "../../gateway/support/upstream.ts";
import { identity, type TestIdentity } from "../../guard/support/identities.ts";
import { connectOnce } from "../../guard/support/node-client.ts";
import { successorOf } from "../../support/successor.ts";
import { Home, type LogLine, startServer } from "../support/serve.ts";
import { openHomeStore } from "../support/trust.ts";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";

const NAMES = ["web", "api"] as const;

/** A gateway with two listeners that differ by their names alone, and all that it logs. */
interface Two extends AsyncDisposable {
  readonly scene: GatewayScene;
  readonly lines: readonly LogEntry[];
  /** Each in turn. */
  each(act: (port: number, name: string) => Promise<unknown>): Promise<void>;
  /** The listeners of the lines of one kind, once there are two. */
  named(event: string): Promise<readonly unknown[]>;
}

async function openTwo(to: number | Upstream, over: Partial<ForwardingListener> = {}): Promise<Two> {
  const lines: LogEntry[] = [];
  const write = (entry: LogEntry): void => void lines.push(entry);
  const log: EventLog = {
    write,
    offer: (_, entry) => write(entry()),
    warn: (message) => assert.fail(message),
    failed: (error, listener) => write({ ...errorEntry(error), ...named(listener) }),
  };
  const happenings = new Happenings();
  logHappenings(happenings, { log, detail: "connections", printCertificate: false });
  const listeners = NAMES.map((name) => listenerTo(to, { ...over, name }));
  const scene = await openGateway(configOf(listeners), { happenings });
  return {
    scene,
    lines,
    async each(act) {
      for (const [at, { port }] of scene.addresses.entries()) await act(port, NAMES[at] ?? "");
    },
    async named(event) {
      for (;;) {
        const found = lines.filter((line) => line.event === event);
        if (found.length >= NAMES.length) return found.map(({ listener }) => listener);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
  };
}

/** What is logged at a listener once something has happened there. */
type Kind = readonly [
  event: string,
  over: Partial<ForwardingListener>,
  act: (port: number, name: string, two: Two) => Promise<unknown>,
];

const GARBAGE = "no handshake\r\n\r\n";

function speak(port: number, bytes: string): Promise<void> {
  const socket = createConnection(port, "127.0.0.1");
  socket.write(bytes);
  return gone(socket);
}

async function twice(port: number, name: string): Promise<void> {
  const who = await identity(name);
  for (const _ of ["met", "recognised"]) await connectOnce({ port, identity: who });
}

const TCP_KINDS: readonly Kind[] = [
  ["met", {}, twice],
  ["recognised", {}, twice],
  ["closed", {}, async (port, name) => connectOnce({ port, identity: await identity(name) })],
  ["refused", {}, (port) => connectOnce({ port })],
  [
    "rotated",
    {},
    async (port, name) => {
      const old = await identity(name);
      for (const each of [old, await successorOf(old)]) await connectOnce({ port, identity: each });
    },
  ],
  ["handshake-failed", {}, (port) => speak(port, GARBAGE)],
  ["proxy-header-refused", { acceptProxy: ["127.0.0.1/32"] }, (port) => speak(port, GARBAGE)],
];

describe("a listener of a gateway is named", { timeout: FILE_PATIENCE_MS }, () => {
  for (const [event, over, act] of TCP_KINDS) {
    it(`in lines of "${event}"`, async () => {
      await using upstream = await openUpstream((socket) => socket.end("hello"));
      await using two = await openTwo(upstream.port, over);
      await two.each((port, name) => act(port, name, two));
      assert.deepEqual(await two.named(event), NAMES);
      for (const line of two.lines)
        assert.ok(
          NAMES.some((name) => name === line["listener"]),
          line.event,
        );
    });
  }

  it('in lines of "revoked"', async () => {
    await using upstream = await openUpstream();
    await using two = await openTwo(upstream.port);
    await two.each(async (port, name) => {
      const over = gone(await talking(port, await identity(name)));
      await two.scene.operator.revoke(name);
      await over;
    });
    assert.deepEqual(await two.named("revoked"), NAMES);
  });

  it('in lines of "full"', async () => {
    await using upstream = await openUpstream();
    await using two = await openTwo(upstream.port, { maxConnections: 1 });
    await two.each(async (port, name) => {
      const first = await talking(port, await identity(name));
      const second = createConnection(port, "127.0.0.1");
      while (!two.lines.some((line) => line.event === "full" && line["listener"] === name)) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      for (const socket of [first, second]) socket.destroy();
    });
    assert.deepEqual(await two.named("full"), NAMES);
  });

  it('in lines of "upstream-failed"', async () => {
    await using two = await openTwo(1);
    await two.each(async (port, name) => connectOnce({ port, identity: await identity(name) }));
    assert.deepEqual(await two.named("upstream-failed"), NAMES);
  });

  it('in lines of "request" and "malformed-request"', async () => {
    await using upstream = await openHttpUpstream((_, response) => response.end("hello"));
    const address = { host: "127.0.0.1", port: upstream.port };
    await using two = await openTwo({ kind: "tcp", address, protocol: "http" }, { mode: "http" });
    await two.each(async (port, name) => {
      const who = await identity(name);
      await exchangeRaw(port, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", who);
      await exchangeRaw(port, "no request\r\n\r\n", who);
    });
    for (const event of ["request", "malformed-request"]) assert.deepEqual(await two.named(event), NAMES);
  });

  it('in lines of "error", when what a client brought about cannot be written', async () => {
    await using upstream = await openUpstream((socket) => socket.end("hello"));
    await using two = await openTwo(upstream.port);
    two.scene.store.apply = () => Promise.reject(new Error("no room"));
    await two.each(async (port, name) => connectOnce({ port, identity: await identity(name) }));
    assert.deepEqual(await two.named("error"), NAMES);
  });
});

/** The identity with a proof that it has a join token. */
function proving({ key, facts }: TestIdentity, { id, seed, serverPin }: JoinToken): TestIdentity {
  const tokenId = Buffer.from(id, "hex");
  const joinProof = signJoinProof({ tokenId, seed, serverPin, spki: facts.spki });
  const options = { privateKey: createPrivateKey(key), now: new Date(), joinProof };
  const { certificatePem, facts: reissued } = reissueCertificate(facts.der, options);
  return { key, cert: certificatePem, facts: reissued };
}

async function serverPinAt(port: number): Promise<JoinToken["serverPin"]> {
  const client = await openClient(port, undefined);
  const shown = client.getPeerX509Certificate()?.raw ?? assert.fail();
  client.destroy();
  return readCertificate(shown).pin;
}

async function eventsOf({ scene }: Two, ...types: TrustEvent["type"][]): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { json } of everyItem((page) => scene.store.listEvents(page))) {
    const event = parseEvent(json);
    if (event !== undefined && types.includes(event.type))
      found.push(`${event.type} ${event.actor.listener}`);
  }
  return found.toSorted();
}

/** Closes the gateway, so that everything is written. */
async function wholeOf(two: Two): Promise<void> {
  await two.scene.gateway.close();
}

describe("a listener of a gateway is named in events", { timeout: FILE_PATIENCE_MS }, () => {
  it("of whoever was met, brought a token, or changed its key there", async () => {
    await using upstream = await openUpstream((socket) => socket.end("hello"));
    await using two = await openTwo(upstream.port);
    await two.each(async (port, name) => {
      const old = await identity(name);
      for (const each of [old, await successorOf(old)]) await connectOnce({ port, identity: each });
      const serverPin = await serverPinAt(port);
      const invited = { peer: `${name}-guest`, servers: [`127.0.0.1:${port}`], serverPin };
      const token = await two.scene.operator.createToken(invited);
      for (const guest of ["guest", "thief"]) {
        await connectOnce({ port, identity: proving(await identity(guest), token) });
      }
    });
    await wholeOf(two);
    const types = ["joined", "met", "rotated", "token-refused"] as const;
    assert.deepEqual(
      await eventsOf(two, ...types, "token-created"),
      [
        ...types.flatMap((type) => NAMES.map((name) => `${type} ${name}`)),
        ...NAMES.map(() => "token-created null"),
      ].toSorted(),
    );
  });

  it("of keys that show up there after they were revoked, and of what these endorsed", async () => {
    await using upstream = await openUpstream((socket) => socket.end("hello"));
    await using two = await openTwo(upstream.port);
    await two.each(async (port, name) => {
      const stolen = await identity(name);
      await connectOnce({ port, identity: stolen });
      await two.scene.operator.revoke(name);
      for (const each of [stolen, await successorOf(stolen)]) await connectOnce({ port, identity: each });
    });
    await wholeOf(two);
    const types = ["endorsement-refused", "stale-key-seen"] as const;
    assert.deepEqual(
      await eventsOf(two, ...types, "revoked"),
      [
        ...types.flatMap((type) => NAMES.map((name) => `${type} ${name}`)),
        ...NAMES.map(() => "revoked null"),
      ].toSorted(),
    );
  });
});

/** What is on a list, once both listeners have something there. */
async function both<Item>(list: () => Promise<Page<Item>>): Promise<readonly Item[]> {
  for (;;) {
    const { items } = await list();
    if (items.length >= NAMES.length) return items;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("a listener of a gateway is named in lists", { timeout: FILE_PATIENCE_MS }, () => {
  it("of refusals, which are added up for each of them", async () => {
    await using upstream = await openUpstream();
    await using two = await openTwo(upstream.port);
    await two.each(async (port) => {
      for (const _ of NAMES) await connectOnce({ port });
    });
    await wholeOf(two);
    const { items } = await two.scene.store.listRefusals({});
    const rows = items.map(({ reason, listener, count }) => `${reason} ${listener} ${count}`);
    assert.deepEqual(rows.toSorted(), ["no-certificate api 2", "no-certificate web 2"]);
  });

  for (const workers of [1, 2]) {
    it(`of connections, refusals and events, with ${workers} workers`, async () => {
      using home = new Home();
      await using upstream = await openUpstream();
      const listeners = NAMES.map(
        (name) =>
          `[[listener]]\nname = "${name}"\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:${upstream.port}"\n` +
          'first_use = "accept"\nvalidity = "ignore"\n',
      );
      const file = home.path("gateway.toml");
      writeFileSync(file, `workers = ${workers}\n${listeners.join("")}`);
      const verb = ["gateway", "--config", file, "--store", home.store];
      if (workers === 1) verb.push("--trace=listing");
      await using gateway = await startServer(home, verb);
      const clients: Socket[] = [];
      for (const name of NAMES) {
        await gateway.logged(({ event, listener }) => event === "warning" && listener === name);
        const fits = ({ event, listener }: LogLine): boolean => event === "listening" && listener === name;
        const port = Number((await gateway.logged(fits))["port"]);
        clients.push(await talking(port, await identity(name)));
        await connectOnce({ port });
        await gateway.logged(({ event, listener }) => event === "met" && listener === name);
        if (workers > 1) continue;
        await speak(port, GARBAGE);
        for (const what of ["traced", "trace-problem"]) {
          await gateway.logged(({ event, listener }) => event === what && listener === name);
        }
      }
      const { store } = openHomeStore(home);
      const open = await both(() => store.listConnections({}));
      assert.deepEqual(open.map(({ peer, listener }) => `${peer} ${listener}`).toSorted(), [
        "api api",
        "web web",
      ]);
      const { items: events } = await store.listEvents({});
      const came = events.map(({ json }) => `${parseEvent(json)?.peer} ${parseEvent(json)?.actor.listener}`);
      assert.deepEqual(came, ["web web", "api api"]);
      const refused = await both(() => store.listRefusals({}));
      assert.deepEqual(refused.map(({ listener }) => String(listener)).toSorted(), ["api", "web"]);
      await store.close();
      for (const client of clients) client.destroy();
    });
  }
});
