import assert from "node:assert/strict";
import { type Home, type LogLine, type RunningServer, startServer } from "../../cli/support/serve.ts";
import { TestUpstream } from "../../gateway/support/upstream.ts";
import type { TestIdentity } from "../../guard/support/identities.ts";
import { connectOnce } from "../../guard/support/node-client.ts";
import { PATIENCE_MS } from "../../support/patience.ts";

/** A gateway of a store in PostgreSQL, in front of a service that greets. */
export class ClusterGateway implements AsyncDisposable {
  readonly server: RunningServer;
  /** The URL of its store. */
  readonly store: string;
  readonly #upstream: TestUpstream;

  /** `ports` are those of the hosts of its database, `parameters` more of its URL. */
  static async start(
    home: Home,
    ports: readonly number[],
    ...parameters: readonly string[]
  ): Promise<ClusterGateway> {
    const hosts = ports.map((port) => `127.0.0.1:${port}`).join(",");
    const query = [`replica=${home.path("replica.db")}`, ...parameters].join("&");
    const store = `postgres://postgres@${hosts}/postgres?${query}`;
    const upstream = await new TestUpstream((socket) => void socket.end("hello")).listen();
    const to = ["--to", `127.0.0.1:${upstream.port}`, "--first-use", "accept"];
    const args = ["gateway", ...to, "--store", store, "--metrics", "127.0.0.1:0"];
    try {
      return new ClusterGateway(await startServer(home, args), upstream, store);
    } catch (error) {
      await upstream[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(server: RunningServer, upstream: TestUpstream, store: string) {
    this.server = server;
    this.#upstream = upstream;
    this.store = store;
  }

  async isLetIn(shown: TestIdentity): Promise<boolean> {
    return (await connectOnce({ port: this.server.port, identity: shown })).received === "hello";
  }

  async untilLetIn(shown: TestIdentity): Promise<void> {
    await until(() => this.isLetIn(shown));
  }

  /** The alert that a client is refused with. */
  async alertOf(shown: TestIdentity): Promise<number | null> {
    return (await connectOnce({ port: this.server.port, identity: shown })).alert;
  }

  async untilAlert(shown: TestIdentity, alert: number): Promise<void> {
    await until(async () => (await this.alertOf(shown)) === alert);
  }

  /** What load balancers are told, with its status. */
  async readiness(): Promise<string> {
    const { address } = await this.server.logged(({ event }) => event === "metrics");
    const response = await fetch(`http://${String(address)}/readyz`);
    return `${response.status} ${(await response.text()).trim()}`;
  }

  async untilReadiness(said: RegExp): Promise<void> {
    let last = "";
    await until(
      async () => said.test((last = await this.readiness())),
      () => last,
    );
  }

  /** Until the log has told that these troubles have begun, and that all others are over. */
  async untilTroubles(expected: readonly string[]): Promise<void> {
    const said = (): string => [...troublesIn(this.server.log)].toSorted().join();
    await until(async () => said() === expected.toSorted().join(), said);
  }

  async untilLogged(event: string): Promise<LogLine> {
    const find = (): LogLine | undefined => this.server.log.find((line) => line.event === event);
    await until(
      async () => find() !== undefined,
      () => JSON.stringify(this.server.log),
    );
    return find() ?? assert.fail();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    await this.#upstream[Symbol.asyncDispose]();
  }
}

/** What is not as it should be, by the line that says that it is over. */
const TROUBLES: Readonly<Record<string, string>> = {
  "database-back": "database-away",
  "log-whole": "log-broken",
  "replica-fresh": "replica-stale",
};

function troublesIn(log: readonly LogLine[]): ReadonlySet<string> {
  const troubles = new Set<string>();
  for (const { event } of log) {
    const over = TROUBLES[event];
    if (over !== undefined) troubles.delete(over);
    else if (Object.values(TROUBLES).includes(event)) troubles.add(event);
  }
  return troubles;
}

async function until(
  holds: () => Promise<boolean>,
  said: () => string = () => "it never came to that",
): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < end, said());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
