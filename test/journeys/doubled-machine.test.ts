import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { openDatabase } from "../../src/node-sqlite.ts";
import { fileMark } from "../../src/store/replica/file-mark.ts";
import { runHere } from "../cli/support/run-here.ts";
import { Home, startServer } from "../cli/support/serve.ts";
import { PostgresServer, postgresPrograms } from "../store/postgres/support/postgres-server.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** On another machine. */
class OtherHome extends Home {
  override get environment(): NodeJS.ProcessEnv {
    const first = pathToFileURL(join(import.meta.dirname, "support", "another-boot.ts"));
    return { ...super.environment, NODE_OPTIONS: `--import ${first.href}` };
  }
}

/** As where a disk was cloned: what says that it is a copy is copied, too. */
function cloneReplica(from: string, to: string): void {
  copyFileSync(from, to);
  const database = openDatabase(to);
  database.prepare("UPDATE replica SET file = ?").run(fileMark(to));
  database.close();
}

describe("two machines with one replica and its copy", { timeout: FILE_PATIENCE_MS }, () => {
  it("both say so, and what to do, as long as both run", async () => {
    await using database = await PostgresServer.open(programs);
    using home = new Home();
    using other = new OtherHome();
    const storeOf = (at: Home): string => `${database.url()}?node=a&replica=${at.path("a.db")}`;
    const verb = ["gateway", "--to", "127.0.0.1:1", "--store"];
    await (await startServer(home, [...verb, storeOf(home)])).stop();
    cloneReplica(home.path("a.db"), other.path("a.db"));
    copyFileSync(home.path("a.db.server.pem"), other.path("a.db.server.pem"));
    const machines = await Promise.all([home, other].map((at) => startServer(at, [...verb, storeOf(at)])));
    await using stack = new AsyncDisposableStack();
    for (const machine of machines) stack.use(machine);
    for (const machine of machines) {
      const { message } = await machine.logged(({ event }) => event === "machine-doubled");
      assert.match(
        String(message),
        /^two machines are a in turns, with one replica and its copy: stop one of them, remove its replica/,
      );
    }
    const listed = await runHere(home, ["store", "nodes", "--json", "--store", storeOf(home)]);
    const { nodes, differences } = JSON.parse(listed.stdout) as Listed;
    assert.deepEqual(
      nodes.map(({ name, doubled }) => [name, doubled]),
      [["a", true]],
    );
    assert.deepEqual(
      differences.map(({ kind }) => kind),
      ["doubled"],
    );
    const { stdout } = await runHere(other, ["doctor", "--store", storeOf(other)]);
    assert.match(stdout, /warn +machines +two machines are a in turns/);
  });
});

interface Listed {
  readonly nodes: readonly { readonly name: string; readonly doubled: boolean }[];
  readonly differences: readonly { readonly kind: string }[];
}
