import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import {
  encodeSettledChange,
  parseSettledChange,
  type SeenRow,
  type SettledChange,
} from "../../../src/store/log/settled-change.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { PreparedChange } from "../../../src/trust/changes/prepared-change.ts";
import { MOST_BYTES } from "../../../src/trust/port/change-log.ts";
import { prepareChange } from "../../../src/trust/prepare-change.ts";
import { factsOf } from "../../support/certificates.ts";
import { DRAWN } from "../../trust/support/draws.ts";
import { randomChange } from "../../trust/support/random-change.ts";

const AT = Date.UTC(2030, 0, 1);
const MALFORMED = { code: "ERR_HANDCLASP_MALFORMED" };
const draws = fc.record({
  ...DRAWN,
  waitMs: fc.constant(0),
});

function preparedOf(draw: Parameters<typeof randomChange>[0]): PreparedChange | undefined {
  try {
    return prepareChange(randomChange(draw, AT));
  } catch (error) {
    if (isHandclaspError(error)) return undefined;
    throw error;
  }
}

const anna = claimOf(factsOf("anna"));
const claim = prepareChange(anna);
const seen: SeenRow = {
  certificate: {
    pin: anna.certificate.pin,
    fingerprint: anna.certificate.fingerprint,
    der: anna.certificate.der,
    addedAt: AT,
  },
  waiting: {
    pin: anna.certificate.pin,
    state: "pending",
    peer: null,
    nameKey: null,
    claimedName: "anna",
    claimedKey: "anna",
    newName: null,
    newKey: null,
    source: "first-use",
    fingerprint: anna.certificate.fingerprint,
    firstSeen: AT,
    firstAddress: "192.0.2.1",
    expires: AT + 1,
    conflictsWith: null,
    staleSeen: false,
    endorsesFrom: 0,
    note: null,
    version: 3,
  },
};
const text = encodeSettledChange({ change: claim, seen: [seen] });

/** The text with something else at one place. */
function withOther(path: readonly string[], value: unknown): string {
  const settled = JSON.parse(text) as Record<string, unknown>;
  const [last = "", ...before] = path.toReversed();
  const at = before.toReversed().reduce((there, name) => there[name] as Record<string, unknown>, settled);
  at[last] = value;
  return JSON.stringify(settled);
}

describe("a settled change", () => {
  it("is read as it was written, whatever kind it is of", () => {
    fc.assert(
      fc.property(draws, (draw) => {
        const change = preparedOf(draw);
        if (change === undefined) return;
        const settled: SettledChange = { change, seen: [] };
        if ("key" in change && change.key.kind === "fingerprint") {
          assert.throws(() => encodeSettledChange(settled), MALFORMED);
          return;
        }
        const given = structuredClone(settled);
        assert.deepEqual(plain(parseSettledChange(encodeSettledChange(settled))), plain(given));
      }),
      { numRuns: 500 },
    );
    assert.deepEqual(plain(parseSettledChange(text)), plain({ change: claim, seen: [seen] }));
  });

  it("is none if one value in it is of another kind, out of range, or no text that can be kept", () => {
    const others = [-1, 2 ** 53, 1.5, "x\0y", "\ud800", [], {}, { a: { a: [] } }];
    for (const path of [
      ["change", "at"],
      ["seen", "0", "waiting", "expires"],
    ]) {
      assert.throws(() => parseSettledChange(withOther(path, 253_402_300_800_000)), MALFORMED);
    }
    const paths = leavesOf(JSON.parse(text));
    assert.ok(paths.length > 35, String(paths.length));
    for (const path of paths) {
      for (const other of others) {
        assert.throws(
          () => parseSettledChange(withOther(path, other)),
          MALFORMED,
          `${path.join(".")} ${JSON.stringify(other)}`,
        );
      }
    }
  });

  it("is none with a field that these rules do not know, or a type", () => {
    for (const path of [["new"], ["change", "new"], ["change", "actor", "new"]]) {
      assert.throws(() => parseSettledChange(withOther(path, "x")), MALFORMED, path.join("."));
    }
    const polluting = text.replace('"actor":{', '"actor":{"__proto__":{"user":"root"},');
    assert.throws(() => parseSettledChange(polluting), MALFORMED);
    for (const type of ["unheard-of", "constructor", "__proto__", null, 1]) {
      assert.throws(() => parseSettledChange(withOther(["change", "type"], type)), MALFORMED);
    }
  });

  it("brings no key along that somebody decided about, nor one with another one's certificate", () => {
    const decided: readonly (readonly [string, unknown])[] = [
      ["state", "trusted"],
      ["peer", "anna"],
      ["nameKey", "anna"],
      ["note", "mine"],
      ["expires", null],
      ["pin", claimOf(factsOf("eve")).certificate.pin],
    ];
    for (const [field, value] of decided) {
      assert.throws(
        () => parseSettledChange(withOther(["seen", "0", "waiting", field], value)),
        MALFORMED,
        field,
      );
    }
  });

  it("is refused with what is wrong in it, and where", () => {
    const wrong: readonly (readonly [readonly string[], unknown, string])[] = [
      [["change", "actor", "user"], 1, "change.actor.user must be text of up to 10000 characters"],
      [["change", "actor", "new"], 1, 'change.actor must be without "new"'],
      [["change", "certificate", "der"], { base64: "AB==" }, "change.certificate.der must be base64"],
      [
        ["change", "certificate", "der", "base64"],
        null,
        "change.certificate.der.base64 must be text of up to 349528 characters",
      ],
      [["change", "type"], "unheard-of", "change.type must be one that these rules know"],
      [
        ["seen", "0", "waiting", "firstSeen"],
        -1,
        "this.seen[0].waiting.firstSeen must be a whole number from 0 to 253402300799999",
      ],
      [["seen", "1"], null, "this.seen[1] must be an object"],
      [["seen"], {}, "this.seen must be a list of up to 10000"],
    ];
    for (const [path, value, message] of wrong) {
      assert.throws(() => parseSettledChange(withOther(path, value)), { ...MALFORMED, message });
    }
    const both = withOther(["change", "at"], null).replace('"actor":{', '"new":1,"actor":{"new":1,');
    const message = 'change must be without "new"';
    assert.throws(() => parseSettledChange(both), { ...MALFORMED, message });
  });

  it("is refused alike however deep or long it is, and whatever it is", () => {
    const texts = [
      "",
      "nothing",
      "null",
      "[]",
      "{}",
      '"',
      "\0",
      "[".repeat(1_000_000),
      `{"a":`.repeat(200_000),
    ];
    for (const one of texts) assert.throws(() => parseSettledChange(one), MALFORMED, one.slice(0, 20));
    assert.throws(() => parseSettledChange(`${text}${" ".repeat(MOST_BYTES)}`), MALFORMED);
    fc.assert(fc.property(fc.json(), (one) => assert.throws(() => parseSettledChange(one), MALFORMED)));
  });

  it("is not written if it cannot be read", () => {
    const bad = [
      { ...claim, at: Number.NaN },
      { ...claim, more: 1 },
      { ...claim, actor: { ...claim.actor, process: "\ud800" } },
      { ...claim, type: "unheard-of" },
    ];
    for (const change of bad) {
      assert.throws(() => encodeSettledChange({ change: change as PreparedChange, seen: [] }), MALFORMED);
    }
    const der = new Uint8Array(MOST_BYTES);
    assert.throws(
      () =>
        encodeSettledChange({
          change: claim,
          seen: [{ ...seen, certificate: { ...seen.certificate, der } }],
        }),
      MALFORMED,
    );
  });
});

/** The paths to all that is neither object nor list. */
function leavesOf(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [[]];
  return Object.entries(value).flatMap(([name, one]) => leavesOf(one).map((path) => [name, ...path]));
}

/** Bytes are bytes, whichever class they came in; what is undefined is not there. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, function (this: Record<string, unknown>, name: string, one: unknown) {
      const there = this[name];
      return there instanceof Uint8Array ? Buffer.from(there).toString("hex") : one;
    }),
  );
}
