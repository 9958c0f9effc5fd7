import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reachable } from "../../journeys/support/gateway.ts";
import { userIdOf } from "../../journeys/support/user-id.ts";
import { freePort } from "../../support/free-port.ts";

/** Where Debian has pgbouncer; undefined where it is not installed. */
export const PGBOUNCER: string | undefined = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].find((path) =>
  existsSync(path),
);

/** A pgbouncer in transaction mode before a PostgreSQL of this machine. */
export class Pooler implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;

  static async open(to: number): Promise<Pooler> {
    if (PGBOUNCER === undefined) throw new Error("no pgbouncer is installed");
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "handclasp-pooler-"));
    chmodSync(folder, 0o755);
    const file = join(folder, "pgbouncer.ini");
    writeFileSync(
      file,
      `[databases]
postgres = user=postgres host=127.0.0.1 port=${to}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
`,
    );
    // It refuses to run as root.
    const owner = process.getuid?.() === 0 ? userIdOf("nobody") : {};
    const running = spawn(PGBOUNCER, ["-q", file], { ...owner, cwd: folder, stdio: "ignore" });
    await reachable(port);
    return new Pooler(port, folder, running);
  }

  private constructor(port: number, folder: string, running: ChildProcess) {
    this.port = port;
    this.#folder = folder;
    this.#process = running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
