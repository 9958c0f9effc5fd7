import postgres from "postgres";
import { hasCode } from "../../../src/errors.ts";
import type { TestIdentity } from "../../guard/support/identities.ts";
import { reachable } from "./gateway.ts";
import { Quarters } from "./quarters.ts";
import { freePort } from "../../support/free-port.ts";

/** PostgreSQL's code for "I am starting up": it takes connections before it lets anybody in. */
const STARTS_UP = "57P03";

/** PostgreSQL with a user `app` of a database `app`, without TLS. */
export class Postgres implements AsyncDisposable {
  readonly port: number;
  readonly #quarters: Quarters;

  constructor(quarters: Quarters, port: number) {
    this.#quarters = quarters;
    this.port = port;
  }

  static async start(): Promise<Postgres> {
    const quarters = new Quarters("postgres");
    const data = quarters.path("data");
    const made = await quarters.run("initdb", "-D", data, "-U", "app", "-A", "trust", "--no-sync");
    if (made.code !== 0) throw new Error(made.stderr);
    const port = await freePort();
    const settings = { listen_addresses: "127.0.0.1", port, unix_socket_directories: "", fsync: "off" };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    quarters.start("postgres", "-D", data, "-c", "log_min_messages=panic", ...flags);
    await reachable(port);
    await isReady(port);
    return new Postgres(quarters, port);
  }

  /** A pgbouncer that takes its clients to a port, to PostgreSQL's own or one where it comes with TLS as `who`. Returns its port. */
  async startPgbouncer(to: number = this.port, who?: TestIdentity): Promise<number> {
    const port = await freePort();
    const tls = who && {
      server_tls_sslmode: "require",
      server_tls_cert_file: this.#quarters.write("client.pem", who.cert),
      server_tls_key_file: this.#quarters.write("client.key", who.key),
    };
    const settings = Object.entries(tls ?? {}).map(([name, value]) => `${name} = ${value}\n`);
    const file = this.#quarters.write(
      `pgbouncer-${port}.ini`,
      `[databases]
postgres = user=app host=127.0.0.1 port=${to}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
logfile = ${this.#quarters.path(`pgbouncer-${port}.log`)}
${settings.join("")}`,
    );
    this.#quarters.start("pgbouncer", file);
    await reachable(port);
    return port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#quarters[Symbol.asyncDispose]();
  }
}

async function isReady(port: number): Promise<void> {
  for (;;) {
    const sql = postgres({ host: "127.0.0.1", port, user: "app", database: "postgres", max: 1 });
    try {
      await sql`SELECT 1`;
      return;
    } catch (error) {
      if (!hasCode(error, STARTS_UP)) throw error;
    } finally {
      await sql.end();
    }
  }
}
