import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { BEAT_MS, SILENT_MS } from "../../../../src/store/sqlite/sightings/live-run.ts";
import { connect } from "../../../../src/store/sqlite/file/sqlite-file.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import type { SightingBatch } from "../../../../src/trust/port/ledger.ts";
import type { TrustStore } from "../../../../src/trust/port/trust-store.ts";
import { randomPin } from "../../../support/certificates.ts";
import { newPath, storeWithAnna, until } from "../support/stores.ts";
import { connectionsIn } from "../../../support/listed.ts";

const SCRIPT = join(import.meta.dirname, "..", "support", "hold-connection.ts");
const NOTHING: SightingBatch = { seen: [], refusals: [], opened: [], closed: [] };
const hasPidNamespaces = spawnSync("unshare", ["--pid", "--fork", "true"]).status === 0;

function opening(...ids: readonly string[]): SightingBatch {
  const rest = { pin: randomPin(), peer: "anna", remoteAddress: null, listener: null, since: Date.now() };
  return { ...NOTHING, opened: ids.map((id) => ({ id, ...rest })) };
}

async function listed(store: TrustStore): Promise<readonly string[]> {
  return (await connectionsIn(store)).map(({ id }) => id);
}

async function holder(path: string, id: string, ...under: string[]): Promise<ChildProcess> {
  const [command, ...args] = [...under, process.execPath, SCRIPT, path, id];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

/** What is in the file, whether or not it is listed. */
function rows(path: string): readonly string[] {
  const database = connect(path);
  const ids = database.prepare("SELECT id FROM connections ORDER BY id").all();
  database.close();
  return ids.map(({ id }) => String(id));
}

describe("the list of live connections", () => {
  it("has those of every process that lives, and not for long those of one that was killed", async () => {
    const path = newPath();
    await storeWithAnna(path);
    const [killed, lives] = await Promise.all([holder(path, "killed"), holder(path, "lives")]);
    let now = Date.now();
    await using store = openSqliteStore(path, { now: () => now });
    await store.record(opening("ours"));
    assert.deepEqual((await listed(store)).toSorted(), ["killed", "lives", "ours"]);
    killed.kill("SIGKILL");
    await once(killed, "exit");
    await ended(lives);
    await until(async () => !(await listed(store)).includes("lives"));
    now += SILENT_MS + 1000;
    await store.record(NOTHING);
    assert.deepEqual(await listed(store), ["ours"]);
    assert.deepEqual(rows(path), ["ours"]);
  });

  it("has those of processes with the same id, each in a container of its own", async (context) => {
    if (!hasPidNamespaces) return context.skip("needs to make pid namespaces");
    const path = newPath();
    await storeWithAnna(path);
    const under = ["unshare", "--pid", "--fork"];
    const first = await holder(path, "first", ...under);
    const second = await holder(path, "second", ...under);
    await using store = openSqliteStore(path);
    await store.record(opening("ours"));
    const connections = await connectionsIn(store);
    assert.deepEqual((await listed(store)).toSorted(), ["first", "ours", "second"]);
    const names = connections.filter(({ id }) => id !== "ours").map(({ process: name }) => name);
    assert.deepEqual(names, ["serve 1", "serve 1"]);
    assert.equal(new Set(connections.map(({ run }) => run)).size, 3);
    await Promise.all([ended(first), ended(second)]);
    await until(async () => (await listed(store)).length === 1);
  });

  it("has those of threads of one process", async () => {
    const path = newPath();
    await storeWithAnna(path);
    const threads: Worker[] = [];
    for (const id of ["first", "second"]) {
      const thread = new Worker(SCRIPT, { workerData: [path, id] });
      threads.push(thread);
      await once(thread, "message");
    }
    await using store = openSqliteStore(path, { process: `serve ${process.pid}` });
    await store.record(opening("ours"));
    assert.deepEqual((await listed(store)).toSorted(), ["first", "ours", "second"]);
    for (const thread of threads) {
      thread.postMessage("end");
      await once(thread, "exit");
    }
    assert.deepEqual(await listed(store), ["ours"]);
  });

  it("keeps a run that sees nobody new, by a sign of life that is no event", async (context) => {
    context.mock.timers.enable({ apis: ["setInterval"] });
    const path = newPath();
    await storeWithAnna(path);
    let now = Date.now();
    await using store = openSqliteStore(path, { now: () => now });
    await store.record(opening("ours"));
    const head = store.head();
    for (let beats = 0; beats < 8; beats++) {
      now += BEAT_MS;
      context.mock.timers.tick(BEAT_MS);
      await store.putSetting("written behind the beat", String(beats));
      assert.deepEqual(await listed(store), ["ours"]);
    }
    assert.deepEqual(store.head(), head);
  });

  it("gets back those of a run that was taken for dead", async (context) => {
    context.mock.timers.enable({ apis: ["setInterval"] });
    const path = newPath();
    await storeWithAnna(path);
    let now = Date.now();
    await using store = openSqliteStore(path, { now: () => now });
    await using other = openSqliteStore(path, { now: () => now });
    await store.record(opening("c1", "c2"));
    await store.record({ ...NOTHING, closed: ["c1"] });
    now += SILENT_MS * 2;
    await other.record(opening("c3"));
    assert.deepEqual(rows(path), ["c3"]);
    context.mock.timers.tick(2 * BEAT_MS);
    await store.putSetting("written behind the beat", "yes");
    assert.deepEqual(await listed(other), ["c2", "c3"]);
  });

  it("gets what was opened and closed while the file was away", async (context) => {
    context.mock.timers.enable({ apis: ["setInterval"] });
    const path = newPath();
    await storeWithAnna(path);
    await using store = openSqliteStore(path);
    await store.record(opening("c1", "c2"));
    renameSync(path, `${path}.away`);
    context.mock.timers.tick(100);
    await assert.rejects(store.record({ ...opening("c3"), closed: ["c1"] }), {
      code: "ERR_HANDCLASP_STORE_READ",
    });
    renameSync(`${path}.away`, path);
    context.mock.timers.tick(100);
    await store.record(NOTHING);
    assert.deepEqual(await listed(store), ["c2", "c3"]);
  });

  it("gets what could not be written for a while", async (context) => {
    context.mock.timers.enable({ apis: ["setInterval"] });
    const path = newPath();
    await storeWithAnna(path);
    await using store = openSqliteStore(path);
    await store.record(opening("c1", "c2"));
    const broken = connect(path);
    broken.exec("ALTER TABLE connections RENAME TO away");
    await assert.rejects(store.record({ ...opening("c3"), closed: ["c1"] }), {
      code: "ERR_HANDCLASP_STORE_WRITE",
    });
    broken.exec("ALTER TABLE away RENAME TO connections");
    broken.close();
    context.mock.timers.tick(BEAT_MS);
    await store.putSetting("written behind the beat", "yes");
    assert.deepEqual((await listed(store)).toSorted(), ["c2", "c3"]);
  });

  it("loses a run's at once when its store is closed", async () => {
    const path = newPath();
    await storeWithAnna(path);
    const store = openSqliteStore(path);
    await store.record(opening("c1"));
    await store.close();
    assert.deepEqual(rows(path), []);
  });
});
