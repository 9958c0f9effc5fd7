import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ErrorCode, type HandclaspError, isHandclaspError } from "../../../src/errors.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { toKeyPin } from "../../../src/trust/naming/key-pin.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { parseKeyReference } from "../../../src/trust/naming/key-reference.ts";
import { chooseKeys, type KeyVerb } from "../../../src/trust/naming/resolve-keys.ts";
import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";
import { factsOf } from "../../support/certificates.ts";

const NOW = Date.UTC(2030, 0, 1);
const ANNA_PIN: KeyPin = "sha256:6mFfEMzqpaiAYjF3l0NPiyXGtFThNorLuV1BT5aF4S8=";
const ANNA_ID = toKeyId(ANNA_PIN);
const VERBS: readonly KeyVerb[] = ["show", "approve", "revoke", "ignore", "forget", "rename"];

function operatorOf(store: TrustStore): Operator {
  return new Operator(store, { user: "op", process: "test 1", now: () => NOW });
}

/** A store with anna's key, trusted. */
async function storeWithAnna(): Promise<{ store: TrustStore; operator: Operator; anna: CertificateFacts }> {
  const store = openMemoryStore();
  const operator = operatorOf(store);
  const anna = factsOf("anna", { pin: ANNA_PIN });
  await operator.import(anna);
  return { store, operator, anna };
}

/** A key that is refused for now, as a server keeps it. */
async function hold(
  store: TrustStore,
  certificate: CertificateFacts,
  conflictsWith: KeyPin | null = null,
): Promise<void> {
  const actor = { user: null, process: "test 1", address: null, listener: null };
  const limits = { pendingExpires: NOW + 1000, maxPending: 100 };
  const seen = toSeenCertificate(certificate);
  await store.apply({
    type: "hold",
    peer: seen.claimedName,
    at: NOW,
    actor,
    certificate: seen,
    conflictsWith,
    ...limits,
  });
}

async function resolved(store: TrustStore, text: string, verb: KeyVerb = "show"): Promise<readonly KeyPin[]> {
  const reference = parseKeyReference(text);
  return chooseKeys(reference, await store.keysMeantBy(reference), verb).map(({ pin }) => pin);
}

async function refusal(
  store: TrustStore,
  text: string,
  verb: KeyVerb,
  code: ErrorCode,
): Promise<HandclaspError> {
  try {
    await resolved(store, text, verb);
  } catch (error) {
    assert.ok(isHandclaspError(error, code), String(error));
    return error;
  }
  return assert.fail(`"${text}" was resolved`);
}

describe("chooseKeys: by key", () => {
  it("finds a key by its pin, with every verb and in every state", async () => {
    const { store, operator, anna } = await storeWithAnna();
    await operator.revoke("anna");
    for (const verb of VERBS) assert.deepEqual(await resolved(store, anna.pin, verb), [anna.pin], verb);
    assert.deepEqual(await resolved(store, ` ${anna.pin}\n`), [anna.pin]);
  });

  it("finds a key by the fingerprint of any of its certificates, colons and case forgiven", async () => {
    const { store, operator, anna } = await storeWithAnna();
    const renewed = factsOf("anna", { pin: anna.pin });
    await operator.import(renewed);
    const colons = (anna.fingerprint.match(/../g) ?? []).join(":");
    for (const text of [anna.fingerprint, anna.fingerprint.toUpperCase(), colons, renewed.fingerprint]) {
      assert.deepEqual(await resolved(store, text), [anna.pin], text);
    }
    await refusal(store, factsOf("x").fingerprint, "show", "ERR_HANDCLASP_NOT_FOUND");
  });

  it("finds a key by its key id: in lower case, with spaces, without dashes, with look-alikes", async () => {
    const { store, anna } = await storeWithAnna();
    const spellings = [
      ANNA_ID,
      ANNA_ID.toLowerCase(),
      ANNA_ID.replaceAll("-", " "),
      ANNA_ID.replaceAll("-", ""),
      ANNA_ID.replaceAll("-", "–"),
      ANNA_ID.replaceAll("O", "0").replaceAll("I", "1").replaceAll("B", "8"),
    ];
    for (const text of spellings) assert.deepEqual(await resolved(store, text), [anna.pin], text);
  });

  it("takes 14 characters of a key id or more, and no fewer", async () => {
    const { store, anna } = await storeWithAnna();
    const characters = ANNA_ID.replaceAll("-", "");
    for (let length = 14; length <= characters.length; length++) {
      assert.deepEqual(await resolved(store, characters.slice(0, length)), [anna.pin], `${length}`);
    }
    for (let groups = 2; groups <= 9; groups++) {
      const prefix = ANNA_ID.split("-").slice(0, groups).join("–");
      assert.deepEqual(await resolved(store, prefix), [anna.pin], prefix);
    }
    await refusal(store, characters.slice(0, 13), "show", "ERR_HANDCLASP_NOT_FOUND");
  });

  it("lists the keys that one prefix stands for, and does nothing", async () => {
    const { store, operator, anna } = await storeWithAnna();
    const bytes = Buffer.from(anna.pin.slice("sha256:".length), "base64");
    bytes[31] = (bytes[31] ?? 0) ^ 1;
    const twin = factsOf("twin", { pin: toKeyPin(bytes) });
    await operator.import(twin);
    const error = await refusal(store, ANNA_ID.slice(0, 15), "revoke", "ERR_HANDCLASP_AMBIGUOUS");
    assert.match(error.message, new RegExp(`${ANNA_ID} \\(trusted\\)`));
    assert.match(error.message, new RegExp(`${toKeyId(twin.pin)} \\(trusted\\)`));
    assert.deepEqual(new Set(error.details["pins"] as KeyPin[]), new Set([anna.pin, twin.pin]));
    assert.deepEqual(await resolved(store, ANNA_ID, "revoke"), [anna.pin]);
  });

  it("names the group of a key id that was mistyped", async () => {
    const { store } = await storeWithAnna();
    const groups = ANNA_ID.split("-");
    for (const [index, group] of groups.entries()) {
      const wrong = group.startsWith("A") ? "C" : "A";
      const typed = groups.with(index, wrong + group.slice(1)).join("-");
      const error = await refusal(store, typed, "revoke", "ERR_HANDCLASP_KEY_ID");
      assert.equal(error.details["group"], index + 1);
    }
    const prefix = `${groups[0]}-${(groups[1] ?? "").slice(0, 6)}${groups[1]?.endsWith("A") ? "C" : "A"}`;
    assert.equal((await refusal(store, prefix, "show", "ERR_HANDCLASP_KEY_ID")).details["group"], 2);
  });

  it("says that it knows no such key when a pin or key id is right but not in the store", async () => {
    const { store } = await storeWithAnna();
    const { pin } = factsOf("x");
    for (const text of [pin, toKeyId(pin), toKeyId(pin).slice(0, 15), "sha256:short", "SHA256:short"]) {
      await refusal(store, text, "show", "ERR_HANDCLASP_NOT_FOUND");
    }
  });

  it("never takes a peer's name for a pin, a fingerprint or a key id", async () => {
    const { store, operator, anna } = await storeWithAnna();
    const eve = factsOf("eve");
    await operator.import(eve);
    for (const name of [anna.pin, anna.fingerprint, ANNA_ID, ANNA_ID.slice(0, 15), ANNA_ID.toLowerCase()]) {
      await assert.rejects(operator.rename("eve", name), { code: "ERR_HANDCLASP_NAME" }, name);
      assert.deepEqual(await resolved(store, name, "revoke"), [anna.pin]);
    }
  });

  it("does not let a claim stand for another key's pin or key id", async () => {
    const { store, anna } = await storeWithAnna();
    for (const claim of [anna.pin, anna.fingerprint, ANNA_ID, ANNA_ID.slice(0, 15)]) {
      await hold(store, factsOf(claim));
      for (const verb of VERBS) assert.deepEqual(await resolved(store, claim, verb), [anna.pin]);
    }
  });
});

describe("chooseKeys: by name", () => {
  it("finds a peer by its name, whatever the case, spaces and compatibility forms", async () => {
    const { store, anna } = await storeWithAnna();
    for (const text of ["anna", "ANNA", " Anna ", "ａｎｎａ"])
      assert.deepEqual(await resolved(store, text), [anna.pin], text);
    await refusal(store, "ann", "show", "ERR_HANDCLASP_NOT_FOUND");
    await refusal(store, "", "show", "ERR_HANDCLASP_NOT_FOUND");
  });

  it("finds a peer whose name has the shape of a key id", async () => {
    const store = openMemoryStore();
    const gateway = factsOf("gateway-machine-room");
    await operatorOf(store).import(gateway);
    assert.deepEqual(await resolved(store, "gateway-machine-room", "revoke"), [gateway.pin]);
  });

  it("finds a peer that is called by its own key id", async () => {
    const store = openMemoryStore();
    const nameless = factsOf(undefined);
    await operatorOf(store).import(nameless);
    assert.deepEqual(await resolved(store, toKeyId(nameless.pin), "revoke"), [nameless.pin]);
  });

  it("means all keys of a peer that the verb applies to", async () => {
    const { store, operator, anna } = await storeWithAnna();
    const [second, third] = [factsOf("anna"), factsOf("anna")];
    await operator.import(second, { onConflict: "add" });
    await operator.import(third, { onConflict: "add" });
    await operator.revoke(third.pin);
    const live = new Set([anna.pin, second.pin]);
    assert.deepEqual(new Set(await resolved(store, "anna", "revoke")), live);
    assert.deepEqual(new Set(await resolved(store, "anna", "ignore")), live);
    assert.deepEqual(new Set(await resolved(store, "anna", "forget")), new Set([...live, third.pin]));
    assert.deepEqual(new Set(await resolved(store, "anna", "show")), new Set([...live, third.pin]));
  });

  it("leaves strangers out who claim a bound name, except to show and to approve them", async () => {
    const { store, anna } = await storeWithAnna();
    const stranger = factsOf("Anna");
    await hold(store, stranger, anna.pin);
    for (const verb of ["revoke", "ignore", "forget", "rename"] as const) {
      assert.deepEqual(await resolved(store, "anna", verb), [anna.pin], verb);
    }
    assert.deepEqual(await resolved(store, "anna", "show"), [anna.pin, stranger.pin]);
    assert.deepEqual(await resolved(store, "anna", "approve"), [stranger.pin]);
  });

  it("means the one key that claims a free name, and asks which one when there are more", async () => {
    const store = openMemoryStore();
    const [first, second] = [factsOf("bert"), factsOf("bert")];
    await hold(store, first);
    for (const verb of VERBS) assert.deepEqual(await resolved(store, "bert", verb), [first.pin], verb);
    await hold(store, second);
    for (const verb of ["approve", "revoke", "ignore", "forget", "rename"] as const) {
      await refusal(store, "bert", verb, "ERR_HANDCLASP_AMBIGUOUS");
    }
    assert.equal((await resolved(store, "bert", "show")).length, 2);
  });

  it("does not lift a revocation by name, only by key", async () => {
    const { store, operator, anna } = await storeWithAnna();
    await operator.revoke("anna");
    const error = await refusal(store, "anna", "approve", "ERR_HANDCLASP_STATE");
    assert.match(error.message, /revoked/);
    assert.match(error.hint ?? "", /the key itself/);
    assert.deepEqual(await resolved(store, ANNA_ID, "approve"), [anna.pin]);
  });

  it("says that there is nothing to revoke when all keys of a peer are revoked", async () => {
    const { store, operator } = await storeWithAnna();
    await operator.revoke("anna");
    await refusal(store, "anna", "revoke", "ERR_HANDCLASP_STATE");
    await refusal(store, "anna", "ignore", "ERR_HANDCLASP_STATE");
  });
});
