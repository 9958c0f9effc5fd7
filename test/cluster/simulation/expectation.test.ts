import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { encodeSettledChange } from "../../../src/store/log/settled-change.ts";
import { sealEntry } from "../../../src/store/log/seal-entry.ts";
import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import { type LogEntry, LOG_START } from "../../../src/trust/port/change-log.ts";
import { prepareChange } from "../../../src/trust/prepare-change.ts";
import type { Change, SeenCertificate } from "../../../src/trust/records/change.ts";
import { settledFacts } from "../../support/certificates.ts";
import { Expectation } from "./expectation.ts";
import { Seeded } from "./seeded.ts";

const AT = Date.UTC(2030, 0, 1);
const ORIGIN = { at: AT, actor: { user: null, process: "test 1", address: null, listener: null } };
const LATER = AT + 1_000_000;

function certificateOf(key: number, name?: string): SeenCertificate {
  return toSeenCertificate(settledFacts(`${key}`, "", name));
}

/** Names and keys are few, so that they meet; no key claims twice. */
function changes(chance: Seeded, count: number): readonly Change[] {
  let keys = 0;
  const tokens: string[] = [];
  const kinds: readonly (() => Change)[] = [
    () => {
      const peer = `peer-${chance.below(30)}`;
      const pending = { maxPending: 10, pendingExpires: LATER };
      const certificate = certificateOf(++keys, peer);
      return { type: "claim", ...ORIGIN, ...pending, certificate, peer, source: "first-use" };
    },
    () => ({ type: "revoke", ...ORIGIN, key: certificateOf(1 + chance.below(keys + 1)).pin }),
    () => {
      const id = chance.uuid().replaceAll("-", "");
      tokens.push(id);
      const peer = `token-${tokens.length}`;
      const made = {
        publicKey: new Uint8Array(32),
        serverPin: certificateOf(0).pin,
        from: null,
        replace: false,
      };
      return { type: "create-token", ...ORIGIN, token: { id, peer, expires: LATER, ...made } };
    },
    () => {
      const token = tokens[chance.below(tokens.length)] ?? "00".repeat(16);
      return { type: "join", ...ORIGIN, certificate: certificateOf(++keys), token };
    },
  ];
  return Array.from({ length: count }, () => chance.pick(kinds)());
}

function logOf(all: readonly Change[]): readonly LogEntry[] {
  const by = { node: randomUUID(), rules: 1 };
  const entries: LogEntry[] = [];
  for (const change of all) {
    const draft = {
      id: randomUUID(),
      change: encodeSettledChange({ change: prepareChange(change), seen: [] }),
    };
    entries.push(sealEntry(entries.at(-1) ?? LOG_START, draft, by, new Date(AT).toISOString()));
  }
  return entries;
}

/** All that it says. */
function saidBy(expected: Expectation, length: number): unknown {
  const positions = Array.from({ length: length + 1 }, (_, at) => at);
  return {
    keys: [...expected.keys].map((pin) => [pin, positions.map((at) => expected.stateAt(pin, at))]),
    names: [...expected.names],
    tokens: expected.tokensUsed,
    about: positions.map((at) => expected.about(at)),
  };
}

describe("what a log leads to", () => {
  it("is, once the log has lost its end and went on otherwise, what it would be had that never been", () => {
    const chance = new Seeded("lost");
    for (let time = 0; time < 20; time++) {
      const all = changes(chance, 100);
      const kept = chance.below(100);
      const rest = all.filter((_, at) => at < kept || chance.chance(0.7));
      const [before, after] = [logOf(all), logOf(rest)];
      const rewound = new Expectation();
      for (const entry of before) rewound.take(entry);
      rewound.rewind(kept);
      const never = new Expectation();
      for (const entry of before.slice(0, kept)) never.take(entry);
      assert.deepEqual(saidBy(rewound, kept), saidBy(never, kept));
      for (const one of [rewound, never]) for (const entry of after.slice(kept)) one.take(entry);
      assert.deepEqual(saidBy(rewound, rest.length), saidBy(never, rest.length));
    }
  });
});
