import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isListWord } from "../../../src/trust/naming/list-words.ts";
import { toPeerName } from "../../../src/trust/naming/peer-name.ts";
import type { Operator } from "../../../src/operator/operator.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";
import { factsOf } from "../../support/certificates.ts";
import { Office } from "../support/office.ts";

/** Full-width, which NFKC makes plain. */
function wide(character: string): string {
  return /[!-~]/.test(character) ? String.fromCodePoint(character.charCodeAt(0) + 0xfee0) : character;
}

function isWord(text: string): boolean {
  const name = toPeerName(text);
  return name.ok && isListWord(name.key);
}

describe("words of lists", () => {
  it("are what is equal to one as a name, in every spelling", () => {
    const spelling = fc
      .constantFrom("anyone", "any-peer", "network:10.0.0.0/8", "name:x", "group:lab", "network:")
      .chain((word) =>
        fc
          .array(fc.constantFrom("as it is", "upper", "wide"), {
            minLength: word.length,
            maxLength: word.length,
          })
          .map((how) =>
            Array.from(word, (character, at) => {
              if (how[at] === "upper") return character.toUpperCase();
              return how[at] === "wide" ? wide(character) : character;
            }).join(""),
          ),
      );
    const around = fc.constantFrom("", " ", "\u3000", ".", " .");
    fc.assert(
      fc.property(spelling, fc.constantFrom("", " "), around, (word, before, behind) =>
        assert.ok(isWord(`${before}${word}${behind}`), JSON.stringify(word)),
      ),
      { numRuns: 3000 },
    );
  });

  it("are no other names, with a colon or without", () => {
    for (const name of [
      "anyone else",
      "any peer",
      "any-peer-1",
      "networks:1",
      "spiffe://example/anyone",
      "host:8080",
      "groups",
      "name",
    ]) {
      assert.equal(isWord(name), false, name);
    }
  });
});

const WORDS = ["anyone", "Any-Peer", "network:10.0.0.0/8", "NAME:x", "group:lab", "\uff41nyone."];

function tokenFor(operator: Operator, peer: string, serverPin: string): Promise<unknown> {
  return operator.createToken({ peer, servers: ["127.0.0.1:1"], serverPin: serverPin as never });
}

/** Whose name was bound before it was a word. */
async function withFormer(
  name: string,
): Promise<{ readonly office: Office; readonly former: CertificateFacts }> {
  const office = new Office();
  const former = factsOf(name);
  await office.store.apply(claimOf(former));
  return { office, former };
}

describe("a name that means something else in lists", () => {
  it("is given to no new peer, whoever gives it", async () => {
    const office = new Office();
    const [anna, ben, word] = [factsOf("anna"), factsOf("ben"), factsOf("anyone")];
    await office.connects(anna);
    await office.operator.import(ben);
    for (const name of WORDS) {
      const refused = { code: "ERR_HANDCLASP_NAME", message: /means something else in lists/ };
      await assert.rejects(office.operator.approve("anna", { name }), refused, name);
      await assert.rejects(office.operator.import(factsOf("x"), { name }), refused, name);
      await assert.rejects(office.operator.rename("ben", name), refused, name);
      await assert.rejects(tokenFor(office.operator, name, ben.pin), refused, name);
    }
    await assert.rejects(office.operator.import(word), { code: "ERR_HANDCLASP_NAME" });
    assert.deepEqual(
      [anna, ben, word].map(({ pin }) => office.store.key(pin)?.peer ?? null),
      [null, "ben", null],
    );
  });

  it("stays with a peer that has it, whatever becomes of its keys", async () => {
    for (const name of ["anyone", "group:lab"]) {
      const { office, former } = await withFormer(name);
      const next = factsOf(name);
      await office.operator.import(next, { onConflict: "add" });
      await office.operator.rename(former.pin, name.toUpperCase());
      await office.operator.revoke(next.pin);
      await office.operator.approve(next.pin, { onConflict: "add" });
      await tokenFor(office.operator, `${name}.`, former.pin).then(
        () => assert.fail("it has a trusted key"),
        (error: { code: string }) => assert.equal(error.code, "ERR_HANDCLASP_CONFLICT"),
      );
      assert.deepEqual(
        [former, next].map(({ pin }) => office.store.key(pin)?.peer),
        [name.toUpperCase(), name.toUpperCase()],
      );
    }
  });

  it("is nobody's any more once that peer has another", async () => {
    const { office, former } = await withFormer("anyone");
    await office.operator.rename(former.pin, "otto");
    await assert.rejects(office.operator.rename("otto", "anyone"), { code: "ERR_HANDCLASP_NAME" });
  });
});
