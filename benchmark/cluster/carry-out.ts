// What a replica needs of the processor to carry out the log: reading it apart, so that a busy machine says the same.
//
//     node benchmark/cluster/carry-out.ts [--changes 20000] [--rounds 5]
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { MemoryChangeLog } from "../../src/store/log/memory-change-log.ts";
import { encodeSettledChange } from "../../src/store/log/settled-change.ts";
import { connect, openSqliteFile } from "../../src/store/sqlite/file/sqlite-file.ts";
import { SqliteWriter } from "../../src/store/sqlite/writing/sqlite-writer.ts";
import { toSeenCertificate } from "../../src/trust/judging/seen-certificate.ts";
import { LOG_START, type LogEntry } from "../../src/trust/port/change-log.ts";
import { prepareChange } from "../../src/trust/prepare-change.ts";
import type { Change } from "../../src/trust/records/change.ts";
import { RULES } from "../../src/trust/rules.ts";
import { median } from "../server-process.ts";
import { randomFacts } from "../random-facts.ts";

/** As many as a replica carries out in one transaction while it catches up. */
const AT_ONCE = 4000;

/** Microseconds of the processor for each of so many claims, all of them by a new replica; the median of some rounds. */
export async function carryOutCost(changes: number, rounds: number): Promise<number> {
  const entries = await claims(changes);
  return median(Array.from({ length: rounds }, () => carryOut(entries) / changes));
}

function carryOut(entries: readonly LogEntry[]): number {
  const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));
  try {
    const path = join(folder, "replica.db");
    openSqliteFile(path).close();
    const database = connect(path);
    const writer = new SqliteWriter(database);
    const before = process.threadCpuUsage();
    for (let from = 0; from < entries.length; from += AT_ONCE) {
      const [written] = writer.write([{ kind: "entries", entries: entries.slice(from, from + AT_ONCE) }]);
      if (written?.ok !== true) throw new Error("the log was not carried out");
    }
    const { user, system } = process.threadCpuUsage(before);
    database.close();
    return user + system;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A log of claims of names that nobody has. */
async function claims(count: number): Promise<readonly LogEntry[]> {
  const log = new MemoryChangeLog(() => Date.now());
  const actor = { user: null, process: "bench", address: "192.0.2.7", listener: null };
  const drafts = Array.from({ length: count }, (_, at) => {
    const peer = `client-${at}`;
    const change: Change = {
      type: "claim",
      at: Date.now(),
      actor,
      pendingExpires: Date.now() + 1_000_000,
      maxPending: 1000,
      peer,
      source: "first-use",
      certificate: toSeenCertificate(randomFacts(peer)),
    };
    return { id: randomUUID(), change: encodeSettledChange({ change: prepareChange(change), seen: [] }) };
  });
  await log.append(drafts, { node: randomUUID(), rules: RULES });
  return (await log.read(LOG_START, count)).entries;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      changes: { type: "string", default: "20000" },
      rounds: { type: "string", default: "5" },
    },
  });
  const micros = await carryOutCost(Number(values.changes), Number(values.rounds));
  console.log(`${micros.toFixed(1)} µs of the processor for a change`);
}
