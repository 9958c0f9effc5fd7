import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { QuietLog } from "../../../src/cli/log/quiet-log.ts";
import type { LogEntry } from "../../../src/cli/log/event-log.ts";
import { CUT_REASONS, isOfTrust } from "../../../src/trust/happenings/cut-reason.ts";

/** What a quiet log writes of these entries until it ends. */
function written(entries: readonly LogEntry[]): readonly LogEntry[] {
  const lines: LogEntry[] = [];
  const write = (entry: LogEntry): void => void lines.push(entry);
  const log = new QuietLog({ write, offer: (_, entry) => write(entry()), warn: ignore, failed: ignore });
  for (const entry of entries) log.offer(entry, () => entry);
  log[Symbol.dispose]();
  return lines;
}

function flood(reason: string): readonly LogEntry[] {
  return Array.from({ length: 150 }, () => ({ event: "refused", reason }));
}

function ignore(): void {}

describe("a quiet log", () => {
  it("tells of a revoked key in a flood of strangers, for whatever reasons these are refused", () => {
    const stolen = { event: "refused", reason: "revoked" };
    const lines = written([...flood("pending"), ...flood("unknown"), stolen]);
    assert.deepEqual(lines.slice(100), [stolen, { event: "suppressed", of: "refused", count: 200 }]);
  });

  it("bounds what a client with a known key can have written, too", () => {
    const lines = written(flood("ignored"));
    const sum = { event: "suppressed", of: "refused", reason: "ignored", count: 50 };
    assert.deepEqual(lines.slice(100), [sum]);
  });

  for (const reason of CUT_REASONS) {
    const entries = Array.from({ length: 150 }, () => ({ event: "revoked", reason }));
    const isRoutine = !isOfTrust(reason);
    it(`${isRoutine ? "bounds what is written" : "writes all"} of connections that were cut: ${reason}`, () => {
      const sum = { event: "suppressed", of: "revoked", reason, count: 50 };
      assert.deepEqual(written(entries), isRoutine ? [...entries.slice(0, 100), sum] : entries);
    });
  }

  it("bounds each kind of cuts by itself", () => {
    const entries = (["closed", "idle", "too-old"] as const).flatMap((reason) =>
      Array.from({ length: 100 }, () => ({ event: "revoked", reason })),
    );
    assert.deepEqual(written(entries), entries);
  });

  it("says at which listeners it left lines out", () => {
    const lines = written(
      flood("unknown").map((entry, index) => ({ ...entry, listener: index % 5 === 0 ? "web" : "api" })),
    );
    assert.deepEqual(lines.slice(100), [
      { event: "suppressed", of: "refused", listener: "web", count: 10 },
      { event: "suppressed", of: "refused", listener: "api", count: 40 },
    ]);
  });
});
