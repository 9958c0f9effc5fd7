import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../src/errors.ts";
import { createSchema } from "../../src/store/sqlite/file/schema.ts";
import { fromWriteError, type Written } from "../../src/store/sqlite/writing/write-result.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { claimOf } from "../../src/testing/contract/claims.ts";
import type { Change } from "../../src/trust/records/change.ts";
import type { PreparedChange } from "../../src/trust/changes/prepared-change.ts";
import { prepareChange } from "../../src/trust/prepare-change.ts";
import { factsOf } from "../support/certificates.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { below, DRAWN } from "./support/draws.ts";
import { randomChange, type Draw } from "./support/random-change.ts";
import { contentOf, Replica } from "./support/replica.ts";
import { untilAllHappened } from "../support/until-all-happened.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };

interface Step extends Draw {
  /** What is wrong with it. */
  readonly flaw: number;
  /** Where the batches of the one and of the other file end. */
  readonly ends: readonly [boolean, boolean];
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    ...DRAWN,
    waitMs: fc.constantFrom(0, 0, 1, 400_000, 90_000_000),
    flaw: below(30),
    ends: fc.tuple(fc.boolean(), fc.boolean()),
  }),
  { minLength: 1, maxLength: 60, size: "max" },
);

/** Some of them as nobody should ask for them. */
function changeOf(step: Step, at: number): Change {
  const change = randomChange(step, at);
  if ("key" in change && step.flaw === 0) return { ...change, key: "nobody at all" };
  if ("key" in change && step.flaw === 1) return { ...change, key: "sha256:nothing" };
  if (step.flaw === 2) return { ...change, at: Number.NaN };
  if (change.type === "add-to-group" && step.flaw < 12) return { ...change, group: "operators" };
  if (step.flaw > 20) return { ...change, scope: step.flaw > 25 ? "admin" : "manage" };
  if ("peer" in change && step.flaw === 3) return { ...change, peer: "\u0007" };
  return change;
}

/** All that there are; the compiler misses those that are left out. */
const TYPES = Object.keys({
  claim: true,
  hold: true,
  join: true,
  rotate: true,
  "note-concern": true,
  "create-token": true,
  "cancel-token": true,
  "create-api-token": true,
  "cancel-api-token": true,
  "add-to-group": true,
  "remove-from-group": true,
  renew: true,
  "note-name": true,
  "note-stale": true,
  approve: true,
  import: true,
  revoke: true,
  ignore: true,
  "set-aside": true,
  forget: true,
  rename: true,
  "write-note": true,
  undo: true,
  "open-first-use": true,
  restore: true,
} satisfies Record<Change["type"], true>);

type Came = { readonly outcome: unknown } | { readonly code: string; readonly message: string };

function cameOf(written: Written): Came {
  if (written.ok) return { outcome: written.outcome };
  const { code, message } = fromWriteError(written.error);
  return { code, message };
}

function failureOf(error: unknown): Came {
  assert.ok(isHandclaspError(error), String(error));
  return { code: error.code, message: error.message };
}

function attempt<T>(run: () => T): T | Came {
  try {
    return run();
  } catch (error) {
    return failureOf(error);
  }
}

function refolded(text: string): string {
  return text.replaceAll("ñ", "ŋ");
}

/** As a version of Unicode prepares it in which a letter has another small one. */
function prepareElsewhere(change: Change): PreparedChange {
  const text = JSON.stringify(prepareChange(change), (_name, value: unknown) =>
    value instanceof Uint8Array ? [...value] : typeof value === "string" ? refolded(value) : value,
  );
  return JSON.parse(text, (name, value: unknown) =>
    name === "der" ? Uint8Array.from(value as number[]) : value,
  ) as PreparedChange;
}

const CODES = ["NOT_FOUND", "STATE", "CONFLICT", "NAME", "OPTION"].map((code) => `ERR_HANDCLASP_${code}`);

describe("the same changes, in the same order", () => {
  it("lead to the same rows, outcomes and head on every file, however it was filled and batches were cut", async () => {
    const folder = temporaryFolder();
    const kinds = new Set<string>();
    const codes = new Set<string>();
    const missing = (): string[] => [
      ...TYPES.filter((type) => !kinds.has(type)),
      ...CODES.filter((code) => !codes.has(code)),
    ];
    await untilAllHappened(missing, () =>
      fc.assert(
        fc.asyncProperty(steps, below(60), async (drawn, middle) => {
          let at = AT;
          const changes = drawn.map((step) => changeOf(step, (at += step.waitMs)));
          const prepared = changes.map((change) => attempt(() => prepareChange(change)));
          const name = randomUUID();
          const replicas = [
            new Replica(join(folder, `${name}-1`), { pageSize: 512, isUsed: false }),
            new Replica(join(folder, `${name}-2`), { pageSize: 16_384, isUsed: true }),
          ] as const;
          const came = replicas.map((replica, which): readonly Came[] => {
            const done: Came[] = [];
            let batch: PreparedChange[] = [];
            for (const [index, change] of prepared.entries()) {
              if (!("type" in change)) continue;
              batch.push(change);
              if (index === middle && which === 0) replica.vacuum();
              if (index === middle && which === 1) replica.restart();
              if (drawn[index]?.ends[which] !== true) continue;
              done.push(...replica.write(batch).map(cameOf));
              batch = [];
            }
            return [...done, ...replica.write(batch).map(cameOf)];
          });
          assert.deepEqual(came[0], came[1]);

          const database = new DatabaseSync(":memory:");
          createSchema(database);
          const memory = new SqliteStore(database, null, {});
          const inMemory: Came[] = [];
          for (const [index, change] of changes.entries()) {
            const result = await memory.apply(change).then((outcome) => ({ outcome }), failureOf);
            if ("type" in (prepared[index] ?? {})) inMemory.push(result);
            else assert.deepEqual(result, prepared[index]);
            kinds.add(change.type);
            if ("code" in result) codes.add(result.code);
          }
          assert.deepEqual(came[0], inMemory);

          const expected = contentOf(database);
          for (const replica of replicas) assert.deepEqual(replica.rows(), expected);
          assert.equal(memory.audit().rows?.count, 0);
          await memory.close();
          for (const replica of replicas) replica.close();
        }),
        { numRuns: 40 },
      ),
    );
  });

  it("keep the folds that a change came with, whatever this runtime would make of the names", () => {
    const folder = temporaryFolder();
    const replica = new Replica(join(folder, "one"), { pageSize: 4096, isUsed: false });
    const claim = claimOf(factsOf("Ñina"));
    const origin = { at: AT, actor: ACTOR };
    const written = replica.write([
      prepareElsewhere(claim),
      prepareElsewhere({ type: "add-to-group", ...origin, key: "Ñina", group: "Ñ" }),
      prepareElsewhere(claimOf(factsOf("ÑINA"))),
      prepareElsewhere({ type: "remove-from-group", ...origin, key: "ñina", group: "ñ" }),
      prepareElsewhere({ type: "rename", ...origin, key: "Ñina", peer: "Ñora" }),
      prepareElsewhere({ type: "revoke", ...origin, key: "ñora" }),
    ]);
    assert.deepEqual(
      written.map((one) => (one.ok ? one.outcome.kind : one.error.message)),
      ["changed", "changed", "lost", "changed", "changed", "changed"],
    );
    const rows = replica.rows();
    assert.match(rows["keys"]?.join("\n") ?? "", /"peer":"Ñora","name_key":"ŋora"/);
    assert.match(rows["keys"]?.join("\n") ?? "", /"claimed_name":"ÑINA".*"claimed_key":"ŋina"/);
    replica.close();
  });
});
