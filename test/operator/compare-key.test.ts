import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../src/errors.ts";
import { KeyComparison, type WordChallenge } from "../../src/operator/compare-key.ts";
import { recordListeners } from "../../src/operator/known-server.ts";
import { encodeKeyCode } from "../../src/trust/naming/key-code.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { toPhrase } from "../../src/trust/naming/phrase.ts";
import type { KeyPin } from "../../src/trust/records/key-record.ts";
import { factsOf, randomPin } from "../support/certificates.ts";
import { NOW, Office } from "../trust/support/office.ts";

/** An operator's desk: a server ran on the store, and a stranger waits. */
class Desk {
  readonly office = new Office();
  readonly server: KeyPin = randomPin();
  readonly stranger = factsOf("printer-4");
  nowMs = 0;
  drawn = 0;
  readonly comparison: KeyComparison = new KeyComparison(this.office.store, {
    monotonic: () => this.nowMs,
    random: (below) => this.drawn++ % below,
  });

  async open({ server = true } = {}): Promise<this> {
    if (server) {
      const place = { address: "gw.example:8443", host: "gw.example", port: 8443, pin: this.server };
      await recordListeners(this.office.store, [place], NOW);
    }
    await this.office.connects(this.stranger);
    return this;
  }

  get pin(): KeyPin {
    return this.stranger.pin;
  }

  get phrase(): readonly string[] {
    return toPhrase(this.server, this.pin).split(" ");
  }

  /** What the owner of the key says when asked. */
  missing({ words }: WordChallenge, phrase: readonly string[] = this.phrase): readonly string[] {
    return phrase.filter((_, at) => words[at] === null);
  }

  get version(): number {
    return this.office.store.key(this.pin)?.version ?? 0;
  }
}

/** Every way to choose six of so many places, in their order. */
function sixOf(places: number): readonly (readonly number[])[] {
  const all = Array.from({ length: 2 ** places }, (_, bits) => {
    return Array.from(bits.toString(2).padStart(places, "0")).flatMap((bit, at) => (bit === "1" ? [at] : []));
  });
  return all.filter(({ length }) => length === 6);
}

function refused(code: Parameters<typeof isHandclaspError>[1]): (error: unknown) => boolean {
  return (error) => isHandclaspError(error, code);
}

describe("KeyComparison", () => {
  it("finds a key equal by its code, its id, its phrase, or the words that were asked for", async () => {
    const desk = await new Desk().open();
    const { comparison, pin } = desk;
    const code = encodeKeyCode({ serverPin: desk.server, pin });
    assert.deepEqual(comparison.compare("olga", pin, { code }), { equal: true, how: "scan", differs: null });
    const keyId = toKeyId(pin).toLowerCase();
    assert.equal(comparison.compare("olga", pin, { keyId }).how, "key-id");
    const phrase = desk.phrase.map((word) => word.slice(0, 4).toUpperCase()).join(", ");
    assert.equal(comparison.compare("olga", pin, { phrase }).equal, true);
    const listed = desk.phrase.map((word, at) => `${at + 1}. ${word}`).join("\n");
    assert.equal(comparison.compare("olga", pin, { phrase: listed }).equal, true);
    const challenge = comparison.challenge("olga", pin);
    const words = desk.missing(challenge);
    assert.deepEqual(comparison.compare("olga", pin, { id: challenge.id, words }), {
      equal: true,
      how: "words",
      differs: null,
    });
  });

  it("finds another key unequal by each of them, and says of a code which key is another", async () => {
    const desk = await new Desk().open();
    const { comparison, pin, server } = desk;
    const other = randomPin();
    const tried = (shown: Parameters<KeyComparison["compare"]>[2]): unknown => {
      desk.nowMs += 60_000;
      const { equal, differs } = comparison.compare("olga", pin, shown);
      return equal ? "equal" : differs;
    };
    assert.equal(tried({ code: encodeKeyCode({ serverPin: server, pin: other }) }), "key");
    assert.equal(tried({ code: encodeKeyCode({ serverPin: other, pin }) }), "server");
    assert.equal(tried({ keyId: toKeyId(other) }), "key");
    assert.equal(tried({ keyId: other }), "key");
    const phrase = toPhrase(server, other);
    assert.equal(tried({ phrase }), null);
    const challenge = comparison.challenge("olga", pin);
    assert.equal(tried({ id: challenge.id, words: desk.missing(challenge, phrase.split(" ")) }), null);
    assert.equal(comparison.comparedBy("olga", pin, desk.version), "none");
  });

  it("remembers for an operator what was compared, as the key was then", async () => {
    const desk = await new Desk().open();
    const { comparison, pin, version } = desk;
    comparison.compare("olga", pin, { keyId: toKeyId(pin) });
    assert.equal(comparison.comparedBy("olga", pin, version), "key-id");
    assert.equal(comparison.comparedBy("oskar", pin, version), "none");
    await desk.office.operator.note(pin, "by the door");
    assert.equal(comparison.comparedBy("olga", pin, desk.version), "none");
  });

  it("forgets it when a later try finds the key to be another", async () => {
    const desk = await new Desk().open();
    const { comparison, pin, version } = desk;
    comparison.compare("olga", pin, { keyId: toKeyId(pin) });
    comparison.compare("olga", pin, { keyId: toKeyId(randomPin()) });
    assert.equal(comparison.comparedBy("olga", pin, version), "none");
  });

  it("allows five tries a key and minute, whoever makes them", async () => {
    const desk = await new Desk().open();
    const { comparison, pin } = desk;
    const keyId = toKeyId(randomPin());
    for (const operator of ["olga", "oskar", "olga", "oskar", "olga"]) {
      comparison.compare(operator, pin, { keyId });
      desk.nowMs += 1000;
    }
    assert.equal(comparison.triesLeft(pin), 0);
    assert.throws(
      () => comparison.compare("oskar", pin, { keyId: toKeyId(pin) }),
      (error) => isHandclaspError(error, "ERR_HANDCLASP_RATE") && error.details["retryAfterMs"] === 55_000,
    );
    desk.nowMs += 55_000;
    assert.equal(comparison.compare("oskar", pin, { keyId: toKeyId(pin) }).equal, true);
    assert.throws(() => comparison.compare("oskar", pin, { keyId }), refused("ERR_HANDCLASP_RATE"));
  });

  it("counts nothing that cannot be read, and says which word or group it is", async () => {
    const desk = await new Desk().open();
    const { comparison, pin } = desk;
    const keyId = toKeyId(pin);
    const mistyped = `${keyId.startsWith("A") ? "B" : "A"}${keyId.slice(1)}`;
    const { id } = comparison.challenge("olga", pin);
    for (const [shown, code] of [
      [{ code: "hck1.short" }, "ERR_HANDCLASP_MALFORMED"],
      [{ keyId: mistyped }, "ERR_HANDCLASP_KEY_ID"],
      [{ keyId: keyId.slice(0, 15) }, "ERR_HANDCLASP_KEY_ID"],
      [{ phrase: "one two" }, "ERR_HANDCLASP_OPTION"],
      [{ id, words: ["zzzz", "zoo", "zoo", "zoo", "zoo", "zoo"] }, "ERR_HANDCLASP_OPTION"],
      [{ id: "another", words: [] }, "ERR_HANDCLASP_CHANGED"],
    ] as const) {
      assert.throws(() => comparison.compare("olga", pin, shown), refused(code), JSON.stringify(shown));
    }
    assert.equal(comparison.triesLeft(pin), 5);
    assert.throws(
      () => comparison.compare("olga", randomPin(), { keyId }),
      refused("ERR_HANDCLASP_NOT_FOUND"),
    );
  });

  it("asks for six words, the same ones until they are answered, whoever asks being asked others", async () => {
    const desk = await new Desk().open();
    const { comparison, pin } = desk;
    const challenge = comparison.challenge("olga", pin);
    assert.equal(challenge.words.length, 12);
    assert.equal(challenge.words.filter((word) => word === null).length, 6);
    assert.deepEqual(comparison.challenge("olga", pin), challenge);
    assert.notEqual(comparison.challenge("oskar", pin).id, challenge.id);
    const words = desk.missing(challenge).toReversed();
    assert.equal(comparison.compare("olga", pin, { id: challenge.id, words }).equal, false);
    assert.notEqual(comparison.challenge("olga", pin).id, challenge.id);
    assert.throws(
      () => comparison.compare("olga", pin, { id: challenge.id, words }),
      refused("ERR_HANDCLASP_CHANGED"),
    );
  });

  it("can ask for any six places, of which whoever ground six words has one draw in 924", async () => {
    const { office, pin } = await new Desk().open();
    const ground = [0, 2, 3, 7, 8, 11];
    let [draws, passed] = [0, 0];
    for (const places of sixOf(12)) {
      // What is drawn comes out of those that are left.
      const drawn = places.map((place, before) => place - before);
      const random = (below: number): number => (below > 12 ? 1 : (drawn.shift() ?? 0));
      const { words } = new KeyComparison(office.store, { monotonic: () => 0, random }).challenge(
        "olga",
        pin,
      );
      const asked = words.flatMap((word, at) => (word === null ? [at] : []));
      assert.deepEqual(asked, places);
      draws++;
      if (asked.every((at) => ground.includes(at))) passed++;
    }
    assert.deepEqual([draws, passed], [924, 1]);
  });

  it("compares codes and ids where no server is known, and has no words then", async () => {
    const desk = await new Desk().open({ server: false });
    const { comparison, pin } = desk;
    assert.equal(
      comparison.compare("olga", pin, { code: encodeKeyCode({ serverPin: randomPin(), pin }) }).equal,
      true,
    );
    assert.throws(() => comparison.challenge("olga", pin), refused("ERR_HANDCLASP_STATE"));
  });
});
