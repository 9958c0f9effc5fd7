import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { parseKeyReference } from "../../../src/trust/naming/key-reference.ts";
import { escapeText, nameKey } from "../../../src/trust/naming/peer-name.ts";

const PIN: KeyPin = "sha256:6mFfEMzqpaiAYjF3l0NPiyXGtFThNorLuV1BT5aF4S8=";

describe("parseKeyReference", () => {
  it("reads a pin, a fingerprint, a key id and 14 characters of one", () => {
    const id = toKeyId(PIN);
    const fingerprint = "0123456789abcdef".repeat(4);
    assert.deepEqual(parseKeyReference(` ${PIN}\n`), { kind: "pin", text: ` ${PIN}\\u{a}`, pin: PIN });
    assert.deepEqual(parseKeyReference(fingerprint.toUpperCase()), {
      kind: "fingerprint",
      text: fingerprint.toUpperCase(),
      fingerprint,
    });
    const whole = parseKeyReference(id);
    assert.ok(whole.kind === "key-id");
    assert.equal(whole.pinPrefix, PIN);
    const part = parseKeyReference(id.slice(0, 15));
    assert.ok(part.kind === "key-id");
    assert.ok(PIN.startsWith(part.pinPrefix) && part.pinPrefix.length > "sha256:".length);
    assert.ok(whole.symbols.startsWith(part.symbols));
  });

  it("means nothing by a pin that is none, and never a name", () => {
    assert.deepEqual(parseKeyReference("sha256:short"), { kind: "pin", text: "sha256:short", pin: null });
  });

  it("folds a name once, and says which older one it may be", () => {
    const reference = parseKeyReference(" Ａnna. ");
    assert.ok(reference.kind === "name");
    assert.deepEqual(reference.nameKeys, ["anna", "anna."]);
    assert.equal(reference.countsClaims, true);
    assert.equal(reference.asKeyId, null);
  });

  it("keeps what is wrong with a mistyped key id, and counts no claims for it", () => {
    const id = toKeyId(PIN);
    const mistyped = id.replace(/^./, (first) => (first === "A" ? "C" : "A"));
    const reference = parseKeyReference(mistyped);
    assert.ok(reference.kind === "name");
    assert.equal(reference.countsClaims, false);
    assert.equal(reference.asKeyId?.group, 1);
  });

  it("reads every text, shows it safely, and says plain data that survives being written down", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" })), (text) => {
        const reference = parseKeyReference(text);
        assert.equal(reference.text, escapeText(text));
        assert.deepEqual(structuredClone(reference), reference);
        assert.deepEqual(JSON.parse(JSON.stringify(reference)), reference);
        if (reference.kind === "name") assert.ok(reference.nameKeys.includes(nameKey(text)));
      }),
    );
  });
});
