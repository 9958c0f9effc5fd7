import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { describeClaims } from "../../../src/testing/contract/claims.ts";
import { describeDesk } from "../../../src/testing/contract/desk.ts";
import { describeKnowledge } from "../../../src/testing/contract/knowledge.ts";
import { describeLedger } from "../../../src/testing/contract/ledger.ts";
import { describePages } from "../../../src/testing/contract/pages.ts";
import { describeRoll } from "../../../src/testing/contract/roll.ts";
import type { StoreSuite } from "../../../src/testing/contract/store-suite.ts";
import { describeSurroundings } from "../../../src/testing/contract/surroundings.ts";
import { describeUpkeep } from "../../../src/testing/contract/upkeep.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { CHAIN_START } from "../../../src/trust/records/events.ts";

const FOLDER = resolve(import.meta.dirname, "../../../src/testing/contract");
const EMPTY = async (): Promise<object> => ({ items: [], next: null });
const NO_CHAIN = { chain: { head: CHAIN_START, broken: null }, rows: null };

type Lies = Partial<Record<keyof TrustStore, (...args: never) => unknown>>;

/** By role, what each member could say or do whatever is in the store. */
const LIES: readonly (readonly [
  role: string,
  parts: readonly ((suite: StoreSuite) => void)[],
  lies: Lies,
])[] = [
  [
    "knowledge",
    [describeKnowledge],
    {
      key: () => undefined,
      keysOfName: () => [],
      isForgotten: () => false,
      token: () => undefined,
      groupsOf: () => [],
      isMember: () => false,
      firstUseWindow: () => null,
    },
  ],
  [
    "ledger",
    [describeLedger],
    {
      apply: async () => ({ kind: "changed", keys: [] }),
      tryOut: async () => ({ kind: "changed", keys: [] }),
      onEvents: () => () => undefined,
      head: () => CHAIN_START,
      revision: () => 1,
      setting: () => undefined,
      putSetting: async () => undefined,
    },
  ],
  [
    "roll",
    [describePages, describeRoll, describeClaims, describeSurroundings],
    {
      record: async () => undefined,
      listKeys: EMPTY,
      listEvents: EMPTY,
      listRefusals: EMPTY,
      listConnections: EMPTY,
      listTokens: EMPTY,
      listGroups: EMPTY,
      listMembers: EMPTY,
      surroundings: async () => [],
      tallyRefusals: async () => [],
      listCertificates: async () => [],
    },
  ],
  [
    "desk",
    [describeDesk],
    {
      lookedAt: () => null,
      apiToken: () => undefined,
      listApiTokens: EMPTY,
      session: () => undefined,
      putSession: async () => undefined,
      endSession: async () => undefined,
      endSessions: async () => undefined,
    },
  ],
  [
    "upkeep",
    [describeUpkeep],
    {
      audit: () => NO_CHAIN,
      check: () => ({ ...NO_CHAIN, problems: [] }),
      stats: () => ({ url: "memory:", keys: {}, dropped: {} }),
      backup: async () => undefined,
      close: async () => undefined,
    },
  ],
];

/** The store, but for one member. */
function lying(member: PropertyKey, lie: unknown): TrustStore {
  return new Proxy(openMemoryStore(), {
    get(store, name) {
      if (name === member) return lie;
      const value: unknown = Reflect.get(store, name, store);
      return typeof value === "function" ? value.bind(store) : value;
    },
  });
}

/** Runs parts of the contract; says how many tests passed and which failed. */
async function run(
  parts: readonly ((suite: StoreSuite) => void)[],
  open: () => TrustStore,
): Promise<{ readonly passed: number; readonly failed: readonly string[] }> {
  const tests: (readonly [string, () => Promise<void>])[] = [];
  const runner = {
    describe: (_: string, register: () => void) => register(),
    it: (sentence: string, test: () => Promise<void>) => tests.push([sentence, test]),
  };
  for (const part of parts) part({ kind: "store", open: async () => open(), ...runner });
  const failed: string[] = [];
  for (const [sentence, test] of tests) await test().catch(() => failed.push(sentence));
  return { passed: tests.length - failed.length, failed };
}

describe("the contract of stores", () => {
  for (const [role, parts, lies] of LIES) {
    it(`notices each member of ${role} that says the same whatever there is`, async () => {
      const { passed, failed } = await run(parts, openMemoryStore);
      assert.deepEqual(failed, []);
      assert.ok(passed > 1);
      for (const [member, lie] of Object.entries(lies)) {
        assert.notDeepEqual((await run(parts, () => lying(member, lie))).failed, [], member);
      }
    });
  }

  it("is of members that the reference describes, each of them", () => {
    const page = readFileSync(resolve(FOLDER, "../../../docs/reference/store-port.md"), "utf8");
    const members = LIES.flatMap(([, , lies]) => Object.keys(lies));
    assert.deepEqual(
      members.filter((member) => !new RegExp(`\\| [^|]*\`${member}\\b|^\`${member}\\b`, "m").test(page)),
      [],
    );
  });

  it("has all of its parts hung in", () => {
    const suite = readFileSync(join(FOLDER, "store-contract.ts"), "utf8");
    const parts = readdirSync(FOLDER).flatMap((file) => {
      const text = readFileSync(join(FOLDER, file), "utf8");
      return Array.from(text.matchAll(/^export function (describe\w+)\(/gm), ([, name = ""]) => name);
    });
    assert.ok(parts.length > 10);
    assert.deepEqual(
      parts.filter((name) => !suite.includes(`\n  ${name},\n`)),
      [],
    );
  });
});
