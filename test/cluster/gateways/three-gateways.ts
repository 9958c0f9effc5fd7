import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { invite } from "../../../src/operator/secrets/invite.ts";
import { ReplicaReader, type Standing } from "../../../src/store/replica/replica-reader.ts";
import { openStore } from "../../../src/store/open-store.ts";
import type { JoinToken } from "../../../src/trust/naming/join-token.ts";
import { signJoinProof } from "../../../src/x509/join-proof.ts";
import { reissueCertificate } from "../../../src/x509/reissue-certificate.ts";
import { Home, type RunningServer, startServer } from "../../cli/support/serve.ts";
import { TestUpstream } from "../../gateway/support/upstream.ts";
import { identity, inFiles, type TestIdentity } from "../../guard/support/identities.ts";
import { connectOnce } from "../../guard/support/node-client.ts";
import { decidedRows } from "../../store/replica/support/decided-rows.ts";
import { PostgresServer, postgresPrograms } from "../../store/postgres/support/postgres-server.ts";

export interface GatewaysOptions {
  /** Clients that claim a name which nobody else claims. */
  readonly clients: number;
  /** Names that three claim at once, at a gateway each. */
  readonly names: number;
  /** Tokens that three use at once, at a gateway each. */
  readonly tokens: number;
  /** Who claims what somebody has, in the end. */
  readonly strangers: number;
  readonly say?: (line: string) => void;
}

const NODES = ["north", "east", "south"];
const AT_ONCE = 12;
const SETTLES_MS = 120_000;
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };

/** Three gateways on one database, with load on all of them. Throws what does not hold. */
export async function runGateways({
  clients,
  names,
  tokens,
  strangers,
  say = () => undefined,
}: GatewaysOptions): Promise<void> {
  await using gateways = await Gateways.open();
  const began = performance.now();
  const took = (what: string): void => say(`${what}: ${Math.round(performance.now() - began)} ms`);
  const counts = await Promise.all([
    each(clients, async (at) => {
      const admitted = await gateways.show(at, await identity(`client-${at}`));
      assert.ok(admitted, `client-${at} is greeted`);
    }).then(() => clients),
    gateways.raced(names, async (at) => identity(`name-${at}`)),
    gateways.racedWithTokens(tokens),
  ]);
  took("greeted");
  assert.deepEqual(counts, [clients, names, tokens]);
  const standings = await gateways.settled();
  took("settled");
  gateways.checkCounts({ "client-*": clients, "name-*": names, "token-*": tokens });
  await each(strangers, async (at) => {
    const admitted = await gateways.show(at, await identity(`name-${at % names}`));
    assert.ok(!admitted, "a name has one key");
  });
  took("a flood of strangers");
  const after = await gateways.settled();
  assert.deepEqual(after, standings, "a flood of strangers leaves the log as long as it was");
}

class Gateways implements AsyncDisposable {
  readonly #server: PostgresServer;
  readonly #homes: readonly Home[];
  readonly #upstream: TestUpstream;
  readonly #own: TestIdentity;
  readonly #running: RunningServer[] = [];

  static async open(): Promise<Gateways> {
    const [programs] = postgresPrograms();
    if (programs === undefined) throw new Error("no PostgreSQL was found, though npm installs one");
    const server = await PostgresServer.open(programs);
    const upstream = await new TestUpstream((socket) => void socket.end("hello")).listen();
    const homes = NODES.map(() => new Home());
    const gateways = new Gateways(server, upstream, homes, await identity("gateway"));
    try {
      await gateways.#start();
    } catch (error) {
      await gateways[Symbol.asyncDispose]();
      throw error;
    }
    return gateways;
  }

  private constructor(
    server: PostgresServer,
    upstream: TestUpstream,
    homes: readonly Home[],
    own: TestIdentity,
  ) {
    this.#server = server;
    this.#upstream = upstream;
    this.#homes = homes;
    this.#own = own;
  }

  /** Whether a client is let in that comes to one of them; each from a network of its own. */
  async show(at: number, shown: TestIdentity): Promise<boolean> {
    const gateway = this.#running[at % this.#running.length];
    assert.ok(gateway);
    const localAddress = `127.${1 + (at % 100)}.${Math.floor(at / 100) % 200}.1`;
    const { received, error } = await connectOnce({ port: gateway.port, identity: shown, localAddress });
    assert.ok(received === "hello" || error !== null || received === "", `${received} ${error}`);
    return received === "hello";
  }

  /** How many are let in of three that claim the same at once. */
  async raced(count: number, make: (at: number) => Promise<TestIdentity>): Promise<number> {
    let admitted = 0;
    await each(count, async (at) => {
      const rivals = await Promise.all(NODES.map(() => make(at)));
      const outcomes = await Promise.all(rivals.map((rival, node) => this.show(node, rival)));
      const winners = outcomes.filter(Boolean).length;
      assert.equal(winners, 1, `one of three has it: ${outcomes.join(", ")}`);
      admitted += winners;
    });
    return admitted;
  }

  async racedWithTokens(count: number): Promise<number> {
    const made = await this.#invite(count);
    await this.#know(count);
    return this.raced(count, async (at) => {
      const token = made[at];
      assert.ok(token);
      return proving(await identity(`bearer-${at}`), token);
    });
  }

  /** What each has, once all have the same. */
  async settled(): Promise<readonly Standing[]> {
    const until = performance.now() + SETTLES_MS;
    for (;;) {
      const all = this.#read((database) => new ReplicaReader(database).standing());
      const isSame = all.every(({ place }) => place.hash === all[0]?.place.hash);
      if (isSame) {
        for (const one of all) assert.deepEqual(one, all[0], "one head and one digest");
        const rows = this.#read(decidedRows);
        for (const other of rows) assert.deepEqual(other, rows[0]);
        return all;
      }
      if (performance.now() > until) throw new Error("the gateways do not come together");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** How many trusted keys have names of each kind, everywhere. */
  checkCounts(expected: Readonly<Record<string, number>>): void {
    const sql = "SELECT count(*) AS count FROM keys WHERE state = 'trusted' AND name_key GLOB ?";
    for (const counts of this.#read((database) =>
      Object.keys(expected).map((pattern) => Number(database.prepare(sql).get(pattern)?.["count"])),
    ))
      assert.deepEqual(counts, Object.values(expected));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((gateway) => gateway.stop()));
    await this.#upstream[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
    for (const home of this.#homes) home[Symbol.dispose]();
  }

  async #start(): Promise<void> {
    for (const [at, home] of this.#homes.entries()) {
      const { certFile, keyFile } = inFiles(home.folder, this.#own);
      const to = `127.0.0.1:${this.#upstream.port}`;
      const verb = [
        "gateway",
        "--to",
        to,
        "--first-use",
        "accept",
        "--store",
        this.#url(home, NODES[at] ?? ""),
      ];
      this.#running.push(await startServer(home, [...verb, "--cert", certFile, "--key", keyFile]));
    }
  }

  async #invite(count: number): Promise<readonly JoinToken[]> {
    const [home] = this.#homes;
    assert.ok(home);
    await using store = openStore(this.#url(home, "operator", "operator.db"));
    await store.catchUp();
    const serverPin = this.#own.facts.pin;
    return Promise.all(
      Array.from({ length: count }, async (_, at) => {
        const now = Date.now();
        const { token, kept } = invite({ peer: `token-${at}`, servers: ["gateway:8443"], serverPin }, now);
        await store.apply({ type: "create-token", at: now, actor: ACTOR, token: kept });
        return token;
      }),
    );
  }

  /** Resolves once each gateway knows so many tokens: who comes to it before is a stranger. */
  async #know(count: number): Promise<void> {
    const sql = "SELECT count(*) AS count FROM tokens";
    const counted = (): readonly number[] =>
      this.#read((database) => Number(database.prepare(sql).get()?.["count"]));
    while (counted().some((known) => known < count)) await new Promise((resolve) => setTimeout(resolve, 100));
  }

  #url(home: Home, node: string, replica = "replica.db"): string {
    const url = new URL(this.#server.url());
    url.searchParams.set("replica", home.path(replica));
    url.searchParams.set("node", node);
    return url.href;
  }

  #read<T>(read: (database: ReturnType<typeof openDatabase>) => T): readonly T[] {
    return this.#homes.map((home) => {
      const database = openDatabase(home.path("replica.db"), { readOnly: true });
      try {
        return read(database);
      } finally {
        database.close();
      }
    });
  }
}

/** The identity with the proof that a token is used with. */
function proving({ key, facts }: TestIdentity, { id, seed, serverPin }: JoinToken): TestIdentity {
  const { certificatePem, facts: shown } = reissueCertificate(facts.der, {
    privateKey: createPrivateKey(key),
    now: new Date(),
    joinProof: signJoinProof({ tokenId: Buffer.from(id, "hex"), seed, serverPin, spki: facts.spki }),
  });
  return { key, cert: certificatePem, facts: shown };
}

/** Some of them at once. */
async function each(count: number, run: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) await run(next++);
    }),
  );
}
