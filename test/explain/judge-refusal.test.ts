import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Command } from "commander";
import { command as group } from "../../src/cli/group.ts";
import { command as identity } from "../../src/cli/identity.ts";
import { command as serve } from "../../src/cli/serve.ts";
import { command as store } from "../../src/cli/store.ts";
import { command as token } from "../../src/cli/token.ts";
import { command as trust } from "../../src/cli/trust.ts";
import { alertOf } from "../../src/trust/judging/alerts.ts";
import { refusalText } from "../../src/cli/explain.ts";
import { flat } from "../../src/cli/terminal/prose.ts";
import { judgeRefusal, type RefusalFacts } from "../../src/explain/judge-refusal.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import type { KeyRecord } from "../../src/trust/records/key-record.ts";
import type { RefusalDetail, RefusalReason } from "../../src/trust/records/verdict.ts";

const PIN = "sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" as KeyRecord["pin"];
const OTHER = "sha256:HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" as KeyRecord["pin"];

/** Complete, or it does not compile. */
const REASONS: Readonly<Record<RefusalReason, RegExp>> = {
  "no-certificate": /showed no certificate.*--client-certificate optional$/,
  "malformed-certificate": /cannot be read.*handclasp identity create NAME$/,
  "unsupported-key": /type or size.*handclasp identity create NAME --type p256$/,
  revoked: /operator revoked.*handclasp trust approve \S+$/,
  retired: /took its place.*handclasp trust approve \S+ --add$/,
  expired: /dates of its certificate are over/,
  "not-yet-valid": /valid only later.*clocks/,
  "key-changed": /bound to another key.*handclasp trust approve \S+ --replace/,
  "name-changed": /claims another name now.*handclasp trust approve \S+$/,
  unknown: /never seen before.*handclasp trust add FILE.*handclasp trust open --for 10m$/,
  pending: /never approved.*handclasp trust approve \S+; .*handclasp trust ignore \S+$/,
  ignored: /decided to ignore.*handclasp trust approve \S+$/,
  "rate-limited": /Too many unknown keys/,
  "token-invalid": /join token/,
  "not-allowed": /not in the list.*handclasp group add GROUP \S+$/,
  "store-unavailable": /could not read its trust store.*handclasp store check$/,
};

/** Complete, or it does not compile. */
const DETAILS: Readonly<Record<RefusalDetail, RegExp>> = {
  "unknown-token": /not known here.*handclasp token create NAME/,
  "token-cancelled": /was cancelled.*handclasp token create NAME/,
  "token-used": /used up, by another key.*handclasp token list; .*handclasp trust revoke KEY;/,
  "token-expired": /has expired.*handclasp token create NAME/,
  "wrong-address": /another network only.*--from CIDR$/,
  "wrong-server": /server with another key.*--server-pin PIN$/,
  "bad-proof": /altered or copied.*handclasp token create NAME/,
  "name-taken": /bound to another trusted key.*handclasp token create NAME --replace$/,
  "not-listed":
    /is good, but leads neither .*still unused.*handclasp token create NAME --group GROUP; to let it in, add/,
  endorsed: /trusted key endorsed it.*the server asks before it follows/,
  "endorsed-by-revoked": /A revoked key endorsed it/,
  "endorsed-by-retired": /A retired key endorsed it/,
  "endorsed-by-ignored": /An ignored key endorsed it/,
  "endorsed-by-set-aside": /A key that an operator set aside endorsed it/,
  "endorsed-by-forgotten": /A forgotten key endorsed it/,
  "endorsed-by-expired": /whose approval has ended/,
  "endorsed-by-unknown": /not known here/,
  "endorsement-outdated": /older than the last approval/,
  "endorsement-not-yet-valid": /from the future/,
  "endorsed-key-forgotten": /it was forgotten here itself/,
  "bad-endorsement": /did not sign/,
};

const KEY: KeyRecord = {
  pin: PIN,
  state: "pending",
  peer: null,
  nameKey: null,
  claimedName: "ada",
  claimedKey: "ada",
  newName: null,
  newKey: null,
  source: "first-use",
  fingerprint: "00".repeat(32),
  firstSeen: 0,
  firstAddress: null,
  expires: null,
  conflictsWith: OTHER,
  staleSeen: false,
  endorsesFrom: 0,
  note: null,
  version: 1,
};

function explain(reason: RefusalReason, key: KeyRecord = KEY, detail: RefusalDetail | null = null): string {
  const refusal = {
    pin: PIN,
    reason,
    detail,
    problem: null,
    fingerprint: null,
    peer: "ada",
    address: "192.0.2.7",
    listener: null,
    connection: "0123abcd-1",
    firstAt: 0,
    lastAt: 60_000,
    count: 22,
  };
  return flat(
    refusalText(
      judgeRefusal({
        refusal,
        key,
        holder: { ...KEY, pin: OTHER },
        alert: alertOf(reason, "TLSv1.3"),
        olderAlert: alertOf(reason, "TLSv1.2"),
      }),
    ),
  );
}

function reasonWith(detail: RefusalDetail): RefusalReason {
  if (detail === "not-listed") return "not-allowed";
  return /token|wrong|proof|name/.test(detail) ? "token-invalid" : "pending";
}

describe("refusalText", () => {
  for (const [reason, text] of Object.entries(REASONS)) {
    it(`says who, what, which rule and which command: ${reason}`, () => {
      const isKnown = reason === "not-allowed";
      const said = explain(
        reason as RefusalReason,
        isKnown ? { ...KEY, state: "trusted", peer: "ada" } : KEY,
      );
      assert.match(said, text);
      assert.ok(
        said.startsWith(
          `A client from 192.0.2.7, who showed the key ${toKeyId(PIN)} under the name "ada", was refused at ` +
            `1970-01-01T00:01:00Z, for the 22nd time since 1970-01-01T00:00:00Z (connection 0123abcd-1): ${reason}, alert `,
        ),
        said,
      );
      assert.doesNotMatch(said, /\n/);
    });
  }

  for (const [detail, text] of Object.entries(DETAILS) as [RefusalDetail, RegExp][]) {
    it(`says which rule about tokens or endorsements it was: ${detail}`, () => {
      assert.match(explain(reasonWith(detail), KEY, detail), text);
    });
  }

  it("does not call a stranger trusted whom a list leaves out, and offers nothing that only peers can have", () => {
    const said = explain("not-allowed");
    assert.match(said, /The key is not known, and the name it claims is not in the list/);
    assert.match(said, /or invite it: handclasp token create NAME --group GROUP$/);
  });

  it("names only commands and options that there are", () => {
    const verbs = new Map(
      [group(), identity(), serve(), store(), token(), trust()].map((verb) => [verb.name(), verb]),
    );
    const said = [
      ...(Object.keys(REASONS) as RefusalReason[]).map((reason) => explain(reason)),
      ...(Object.keys(DETAILS) as RefusalDetail[]).map((detail) => explain(reasonWith(detail), KEY, detail)),
    ];
    for (const text of said) {
      for (const [line] of text.matchAll(/handclasp [^;:()]+/g)) {
        const [, name = "", inner = ""] = line.split(" ");
        const verb = verbs.get(name);
        if (name === "connect") continue;
        assert.ok(verb, line);
        const last: Command = verb.commands.find((each) => each.name() === inner) ?? verb;
        assert.equal(last === verb, verb.commands.length === 0, line);
        for (const [option] of line.matchAll(/--[a-z-]+/g)) {
          assert.ok(
            last.options.some(({ long }) => long === option),
            line,
          );
        }
      }
    }
  });

  it("tells the end of an approval from the end of a certificate, and shows no raw text", () => {
    assert.match(explain("expired", { ...KEY, expires: 30_000 }), /approval ended at 1970-01-01T00:00:30Z/);
    const renamed = explain("name-changed", { ...KEY, peer: "ada", newName: "e\u001b[2Jve" });
    assert.ok(!renamed.includes("\u001b"));
  });
});

describe("refusalText, of clients without a key", () => {
  const refusal = {
    pin: null,
    reason: "no-certificate" as const,
    detail: null,
    problem: null,
    fingerprint: null,
    peer: null,
    address: "192.0.2.7",
    listener: null,
    connection: "0123abcd-1",
    firstAt: 0,
    lastAt: 60_000,
    count: 22,
  };
  const said = (more: Partial<RefusalFacts["refusal"]> = {}): string =>
    refusalText(
      judgeRefusal({
        refusal: { ...refusal, ...more },
        key: undefined,
        holder: undefined,
        alert: "certificate_required",
        olderAlert: "handshake_failure",
      }),
    );

  it("does not take all that come from one address for one client", () => {
    assert.match(
      said(),
      /^A client from 192\.0\.2\.7 was refused at 1970-01-01T00:01:00Z \(connection 0123abcd-1\): .* Of such clients from there, be it one or several, 22 were refused for this since 1970-/,
    );
    assert.match(
      said({ count: 1, address: null }),
      /^A client was refused at \S+ \(connection \S+\): \S+ alert certificate_required \(before TLS 1\.3: handshake_failure\)\. It/,
    );
  });

  it("tells a certificate that has no readable key by its fingerprint, and what was wrong with it", () => {
    assert.match(
      said({
        reason: "malformed-certificate",
        fingerprint: "ab".repeat(32),
        problem: "spki at byte 7: needs 2",
      }),
      /^A client from 192\.0\.2\.7, who showed a certificate with the fingerprint (?:ab){32}, was refused at \S+, for the 22nd time since .* What was wrong: spki at byte 7: needs 2\./,
    );
  });
});
