import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import type { EventLog, LogEntry } from "../../../src/cli/log/event-log.ts";
import { logReplication } from "../../../src/cli/log/replication-log.ts";
import type { KnownNode } from "../../../src/trust/port/node-roster.ts";
import type { Replication } from "../../../src/trust/port/replication.ts";
import { CHAIN_START } from "../../../src/trust/records/events.ts";
import { replicationWith } from "../../operator/support/replication-with.ts";
import { openStoreWith } from "../../operator/support/store-with.ts";

const NOW = Date.UTC(2026, 0, 1);

describe("logReplication", () => {
  it("writes a line for each turn, with the machine, how far it is, and what is wrong", () => {
    const lines: LogEntry[] = [];
    const log: EventLog = {
      write: (entry) => void lines.push(entry),
      offer: (_about, entry) => void lines.push(entry()),
      warn: () => undefined,
      failed: () => undefined,
    };
    mock.timers.enable({ apis: ["setInterval", "Date"], now: NOW });
    try {
      let now: Replication = replicationWith({ upToDateAt: NOW - 60_000, database: "away" });
      using _logged = logReplication(
        openStoreWith(() => now),
        log,
      );
      mock.timers.tick(1000);
      mock.timers.tick(2000);
      assert.deepEqual(lines.splice(0), [
        {
          event: "database-away",
          node: "a",
          position: 17,
          upToDateAt: "2025-12-31T23:59:00.000Z",
          message: "the database cannot be reached, and what is here is 61 s old: nobody new is let in",
        },
      ]);
      const branch = { from: 12, lost: 5, foundAt: NOW + 3000, leftAt: NOW + 3100 };
      now = replicationWith({ upToDateAt: NOW + 3500, position: 14, branch });
      mock.timers.tick(3000);
      const about = { node: "a", position: 14, upToDateAt: "2026-01-01T00:00:03.500Z" };
      assert.deepEqual(lines, [
        { event: "branch-left", ...about, from: 12, lost: 5 },
        { event: "database-back", ...about },
        { event: "replica-up-to-date", ...about },
      ]);
    } finally {
      mock.timers.reset();
    }
  });

  it("warns once of machines that show clients different keys", async () => {
    const warnings: string[] = [];
    const log: EventLog = {
      write: () => undefined,
      offer: () => undefined,
      warn: (message) => void warnings.push(message),
      failed: () => undefined,
    };
    const nodes = ["A", "B"].map((letter): KnownNode => {
      const pin = `sha256:${letter.repeat(42)}A=` as const;
      return {
        id: letter,
        name: `node-${letter}`,
        version: "0.1.0",
        rules: 1,
        position: 1,
        head: CHAIN_START,
        digest: "",
        listeners: [{ address: "10.0.0.1:443", host: "10.0.0.1", port: 443, pin }],
        seenAt: NOW,
      };
    });
    mock.timers.enable({ apis: ["setInterval", "Date"], now: NOW });
    try {
      using _logged = logReplication(openStoreWith(replicationWith({ upToDateAt: NOW }), nodes), log);
      for (let times = 0; times < 3; times++) {
        mock.timers.tick(10_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? "", /port 443 different keys: node-A shows .*; node-B shows /);
    } finally {
      mock.timers.reset();
    }
  });
});
