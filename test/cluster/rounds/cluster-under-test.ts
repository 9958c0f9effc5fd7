import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Standing } from "../../../src/store/replica/replica-reader.ts";
import { PostgresServer, postgresPrograms } from "../../store/postgres/support/postgres-server.ts";
import type { Seeded } from "../simulation/seeded.ts";
import { UnreliableNetwork } from "../support/unreliable-network.ts";
import { DirectLog } from "./direct-log.ts";
import { NodeHandle } from "./node-handle.ts";

export const MAX_STALENESS_MS = 2000;
const NODES = ["north", "east", "south"];
/** What a busy machine may take, and for each change that it carries out anew. */
const PATIENCE_MS = 180_000;
const EACH_MS = 10;
const REPORTED_MS = 5000;
const BETWEEN_MS = 100;

/** One database, and three machines that have it over a network of ours. */
export class ClusterUnderTest implements AsyncDisposable {
  readonly folder: string;
  readonly nodes: readonly NodeHandle[];
  readonly log: DirectLog;
  #server: PostgresServer;
  /** A standby runs the programs of the first one. */
  readonly #formers: PostgresServer[] = [];
  /** Whether the last changes of the log were lost since that was asked last. */
  hasLost = false;
  /** `performance.now()` of that; never by default. */
  lostAt: number = Number.NEGATIVE_INFINITY;

  static async open(chance: Seeded, say?: (line: string) => void): Promise<ClusterUnderTest> {
    const programs = chance.pick(postgresPrograms());
    say?.(`with ${programs.kind}`);
    const server = await PostgresServer.open(programs);
    const folder = mkdtempSync(join(tmpdir(), "handclasp-cluster-"));
    const nodes: NodeHandle[] = [];
    for (const name of NODES) {
      const network = await UnreliableNetwork.open(server.port, chance);
      const replica = join(folder, `${name}.db`);
      nodes.push(new NodeHandle({ name, replica, network, maxStalenessMs: MAX_STALENESS_MS }));
    }
    const cluster = new ClusterUnderTest(folder, server, nodes);
    try {
      cluster.heal();
      await cluster.settled();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  private constructor(folder: string, server: PostgresServer, nodes: readonly NodeHandle[]) {
    this.folder = folder;
    this.#server = server;
    this.nodes = nodes;
    this.log = new DirectLog(server.url());
  }

  get server(): PostgresServer {
    return this.#server;
  }

  /** Its processes and what they have on their way are gone in one moment. */
  async loseDatabase(): Promise<void> {
    for (const { network } of this.nodes) network.pass({ kind: "cut" });
    await this.#server.kill();
  }

  /** Another database is the one from then on, once `happen` has come to its end. */
  async takesOver(standby: PostgresServer, happen: () => Promise<void>): Promise<void> {
    try {
      await happen();
    } catch (error) {
      await standby[Symbol.asyncDispose]();
      throw error;
    }
    this.#formers.push(this.#server);
    this.#server = standby;
    await this.log.moveTo(standby.url(), this.hasLost);
    for (const { network } of this.nodes) {
      network.leadTo(standby.port);
      network.pass({ kind: "open" });
    }
  }

  /** Nothing takes longer, though all is carried out anew. */
  get patienceMs(): number {
    return PATIENCE_MS + this.log.position * EACH_MS;
  }

  /** Everybody lives and can reach the database. */
  heal(): void {
    for (const node of this.nodes) {
      node.network.isDeaf = false;
      node.network.leaveUnanswered(0);
      node.network.pass({ kind: "open" });
      if (!node.isAlive) node.start();
    }
  }

  /** What each machine has, once all have all that the log has. */
  async settled(): Promise<readonly Standing[]> {
    const until = performance.now() + this.patienceMs;
    let problem: unknown;
    while (performance.now() < until) {
      try {
        await this.log.readOn();
        const all = this.nodes.map((node) => standingOf(node));
        if (all.every(({ place }) => place.hash === this.log.place.hash)) return all;
        problem = `the log ends at ${this.log.position}, and they are at ${all.map(({ place }) => place.position).join(", ")}`;
      } catch (error) {
        // The database comes up, a machine makes its replica.
        problem = error;
      }
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
    const reports = await Promise.all(this.nodes.map((node) => reportOf(node)));
    const what = `the machines do not come together: ${String(problem)}`;
    throw new Error([what, ...reports].join("\n"), { cause: problem });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await Promise.all(this.nodes.map(({ network }) => network[Symbol.asyncDispose]()));
    await this.log.close();
    for (const server of [this.#server, ...this.#formers]) await server[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a machine says of itself, for whoever looks for what is wrong. */
async function reportOf(node: NodeHandle): Promise<string> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve("it does not answer"), REPORTED_MS);
  const asked = Promise.all([
    node.ask({ kind: "report" }).then((told) => JSON.stringify(told), String),
    node.ask({ kind: "catch-up" }).then(({ kind }) => kind, String),
  ]);
  const said = await Promise.race([asked, late]);
  clearTimeout(timer);
  return `${node.name}: ${String(said)}`;
}

/** What holds there alone is in the log before long. */
function standingOf(node: NodeHandle): Standing {
  return node.read((replica) => {
    if (replica.laterCount() > 0) throw new Error(`${node.name} has something to append`);
    return replica.standing();
  });
}
