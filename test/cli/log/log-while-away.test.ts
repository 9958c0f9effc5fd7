import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { errorEntry, type EventLog, type LogEntry } from "../../../src/cli/log/event-log.ts";
import { type LogDetail, logHappenings } from "../../../src/cli/log/log-happenings.ts";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { openMemoryReplica } from "../../../src/store/replica/open-replica.ts";
import { Happenings } from "../../../src/trust/happenings/happenings.ts";
import { configOf, listenerTo, openGateway } from "../../gateway/support/scene.ts";
import { openUpstream } from "../../gateway/support/upstream.ts";
import { identity } from "../../guard/support/identities.ts";
import { connectOnce } from "../../guard/support/node-client.ts";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";

/** What a gateway logs, when a stranger comes while the database of several machines is away. */
async function loggedWith(detail: LogDetail): Promise<readonly string[]> {
  const lines: LogEntry[] = [];
  const write = (entry: LogEntry): void => void lines.push(entry);
  const log: EventLog = {
    write,
    offer: (_, entry) => write(entry()),
    warn: (message) => assert.fail(message),
    failed: (error) => write(errorEntry(error)),
  };
  const happenings = new Happenings();
  logHappenings(happenings, { log, detail, printCertificate: false });
  const cluster = new MemoryCluster();
  cluster.log.read = () => Promise.reject(new Error("connect ECONNREFUSED"));
  const replica = openMemoryReplica({ cluster, machine: "one", url: "memory log" });
  await until(() => replica.replication()?.database === "away");
  await using upstream = await openUpstream((socket) => socket.end("hello"));
  await using scene = await openGateway(configOf([listenerTo(upstream.port)]), { happenings });
  scene.store.apply = (change) => replica.apply(change);
  await connectOnce({ port: scene.addresses[0]?.port ?? 0, identity: await identity("anna") });
  await until(() => lines.some(({ event }) => event === "refused"));
  await replica.close();
  return lines.map(({ event }) => event).filter((event) => event === "refused" || event === "error");
}

describe("what fails for each client while the database is away", { timeout: FILE_PATIENCE_MS }, () => {
  it("is no line of its own", async () => {
    assert.deepEqual(await loggedWith("changes"), ["refused"]);
  });

  it("is one where every connection is logged", async () => {
    assert.deepEqual(await loggedWith("connections"), ["error", "refused"]);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}
