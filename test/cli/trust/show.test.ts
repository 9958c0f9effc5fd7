import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { factsOf } from "../../support/certificates.ts";
import { Home } from "../support/serve.ts";
import { failure, openHomeStore, printed, printedJson } from "../support/trust.ts";

/** A home whose store has these. */
async function homeWith(
  fill: (operator: ReturnType<typeof openHomeStore>["operator"]) => Promise<unknown>,
): Promise<Home> {
  const home = new Home();
  const { store, operator } = openHomeStore(home);
  await fill(operator);
  await store.close();
  return home;
}

/** What stands beside each label, in order. */
function fieldsOf(text: string, label: string): readonly string[] {
  return Array.from(text.matchAll(new RegExp(`^ {2}${label} +(.*)$`, "gm")), ([, value = ""]) => value);
}

describe("trust show", () => {
  const anna = factsOf("anna");

  it("shows a key by its name, its pin and its key id alike, with its certificate and its events", async () => {
    using home = await homeWith((operator) => operator.import(anna));
    const text = await printed(home, "trust", "show", "anna");
    assert.match(text, /^anna {2}trusted\n/);
    assert.deepEqual(fieldsOf(text, "pin"), [anna.pin]);
    assert.deepEqual(fieldsOf(text, "key id"), [toKeyId(anna.pin)]);
    assert.deepEqual(fieldsOf(text, "fingerprint"), [anna.fingerprint]);
    assert.deepEqual(fieldsOf(text, "last seen"), ["-"]);
    assert.match(text, /\nevents\n/);
    assert.doesNotMatch(text, /\nrefused\n/);
    for (const reference of [anna.pin, toKeyId(anna.pin)])
      assert.equal(await printed(home, "trust", "show", reference), text);
  });

  it("says what a key is refused for, and what was written down of it, line by line", async () => {
    using home = await homeWith(async (operator) => {
      await operator.import(anna);
      await operator.note("anna", "lost\nin Bonn");
      await operator.revoke("anna");
    });
    const text = await printed(home, "trust", "show", "anna");
    assert.match(text, /^anna {2}revoked\n/);
    assert.deepEqual(fieldsOf(text, "note"), ["lost", "in Bonn"]);
  });

  it("shows all keys of a peer, apart from each other, and as many to programs", async () => {
    const second = factsOf("anna");
    using home = await homeWith(async (operator) => {
      await operator.import(anna);
      await operator.import(second, { onConflict: "add" });
    });
    const text = await printed(home, "trust", "show", "anna");
    assert.deepEqual(fieldsOf(text, "pin").toSorted(), [anna.pin, second.pin].toSorted());
    assert.match(text, /\n\nanna {2}trusted\n/);
    const shown = await printedJson(home, "trust", "show", "anna");
    assert.equal(shown.length, 2);
  });

  it("has ten events for people, and all of them for programs", async () => {
    using home = await homeWith(async (operator) => {
      await operator.import(anna);
      for (let count = 0; count < 12; count++) await operator.note("anna", `note ${count}`);
    });
    const text = await printed(home, "trust", "show", "anna");
    assert.match(text, /note 11/);
    assert.doesNotMatch(text, /note 1\b/);
    const [shown] = await printedJson<readonly { readonly events: readonly unknown[] }[]>(
      home,
      "trust",
      "show",
      "anna",
    );
    assert.equal(shown?.events.length, 13);
  });

  it("fails for what nobody is called", async () => {
    using home = await homeWith((operator) => operator.import(anna));
    const { stderr } = await failure(home, "trust", "show", "ben");
    assert.match(stderr, /ben/);
  });
});
