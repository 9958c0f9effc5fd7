import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { toPhrase, toPhraseWord } from "../../../src/trust/naming/phrase.ts";
import { randomPin } from "../../support/certificates.ts";

const SERVER: KeyPin = `sha256:${Buffer.alloc(32, 1).toString("base64")}`;
const CLIENT: KeyPin = `sha256:${Buffer.alloc(32, 2).toString("base64")}`;

describe("phrase", () => {
  it("is twelve words, the first 132 bits of the hash over both keys", () => {
    const hash = createHash("sha256").update("handclasp phrase v1");
    const digest = hash.update(Buffer.alloc(32, 1)).update(Buffer.alloc(32, 2)).digest("hex");
    const first132 = BigInt(`0x${digest.slice(0, 33)}`);
    const words = Array.from(
      { length: 12 },
      (_, at) => wordlist[Number((first132 >> BigInt(121 - at * 11)) & 2047n)],
    );
    assert.equal(toPhrase(SERVER, CLIENT), words.join(" "));
    assert.equal(
      toPhrase(SERVER, CLIENT),
      "wear example banner regular height easily dignity lend ride quarter dust mango",
    );
  });

  it("tells who is the server from who is the client", () => {
    assert.notEqual(toPhrase(SERVER, CLIENT), toPhrase(CLIENT, SERVER));
  });

  it("is another one as soon as one of the keys is", () => {
    const phrases = Array.from({ length: 500 }, () => toPhrase(SERVER, randomPin()));
    assert.equal(new Set(phrases).size, 500);
  });

  it("has words that four letters tell apart, whatever their case, and none for what is in no phrase", () => {
    for (const word of wordlist) {
      assert.equal(toPhraseWord(word), word);
      assert.equal(toPhraseWord(` ${word.slice(0, 4).toUpperCase()} `), word);
    }
    const others = ["", "ab", "aban_", "abandonx", "abandons", "ünder", "zzzz", "toString"];
    assert.deepEqual(
      others.map(toPhraseWord),
      others.map(() => undefined),
    );
  });
});
