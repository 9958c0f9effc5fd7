import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import {
  createJoinToken,
  encodeJoinToken,
  type JoinToken,
  joinTokenPublicKey,
  parseJoinToken,
} from "../../../src/trust/naming/join-token.ts";
import { toPeerName } from "../../../src/trust/naming/peer-name.ts";
import { signJoinProof } from "../../../src/x509/join-proof.ts";
import { randomPin } from "../../support/certificates.ts";

const SERVERS = ["gw.example:8443", "192.0.2.1:443", "[2001:db8::1]:8443", "[fe80::1%eth0]:1"];
const ASKED = ["postgres://gw.example:5432", "smtp://[2001:db8::1]:25"];

function tokenFor(over: Partial<Omit<JoinToken, "id" | "seed">> = {}): JoinToken {
  return createJoinToken({
    peer: "laptop-anna",
    servers: ["gw.example:8443"],
    serverPin: randomPin(),
    expires: Date.UTC(2030, 0, 1),
    ...over,
  });
}

const token: fc.Arbitrary<JoinToken> = fc
  .record({
    peer: fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" }).filter((text) => toPeerName(text).ok),
    servers: fc.array(fc.constantFrom(...SERVERS, ...ASKED), { minLength: 1, maxLength: 8 }),
    expires: fc.integer({ min: 0, max: 2 ** 40 - 1 }).map((seconds) => seconds * 1000),
  })
  .map(({ peer, ...about }) => {
    const name = toPeerName(peer);
    return tokenFor({ ...about, peer: name.ok ? name.name : "" });
  });

/** The token's bytes, changed by somebody who knows how its check is made. */
function forged(original: JoinToken, change: (body: Buffer) => Buffer): string {
  const bytes = Buffer.from(encodeJoinToken(original).slice("hc1.".length), "base64url");
  const body = change(Buffer.from(bytes.subarray(0, -4)));
  const check = createHash("sha256").update(body).digest().subarray(0, 4);
  return `hc1.${Buffer.concat([body, check]).toString("base64url")}`;
}

function assertRefused(text: string, problem?: RegExp): void {
  assert.throws(
    () => parseJoinToken(text),
    (error) => {
      assert.ok(isHandclaspError(error, "ERR_HANDCLASP_TOKEN"), String(error));
      if (problem !== undefined) assert.match(error.message, problem);
      return true;
    },
  );
}

describe("a join token", () => {
  it("says the same after it was written and read", () => {
    fc.assert(
      fc.property(token, (original) => {
        assert.deepEqual(parseJoinToken(encodeJoinToken(original)), original);
      }),
    );
  });

  it("is one word that survives a shell, a URL and a chat", () => {
    assert.match(encodeJoinToken(tokenFor()), /^hc1\.[\w-]{100,400}$/);
  });

  it("is read with white space around it and line breaks inside", () => {
    const original = tokenFor();
    const text = encodeJoinToken(original);
    assert.deepEqual(parseJoinToken(`  ${text.slice(0, 70)}\r\n${text.slice(70)}\n`), original);
  });

  it("is refused when a character is missing, added or another one", () => {
    const text = encodeJoinToken(tokenFor());
    fc.assert(
      fc.property(
        fc.nat(text.length - 5),
        fc.constantFrom("A", "B", "H", "a", "b", "h", "0", "1", "9", "-", "_"),
        fc.constantFrom("replace", "insert", "remove"),
        (offset, character, how) => {
          const at = offset + 4;
          const rest = text.slice(how === "insert" ? at : at + 1);
          const changed = text.slice(0, at) + (how === "remove" ? "" : character) + rest;
          // The last character has bits that no byte has.
          const same = Buffer.from(changed.slice(4), "base64url").equals(
            Buffer.from(text.slice(4), "base64url"),
          );
          if (!same) assertRefused(changed);
        },
      ),
    );
  });

  it("throws nothing but its own error, whatever text comes", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `hc1.${rest}`),
          fc.uint8Array({ maxLength: 300 }).map((bytes) => forged(tokenFor(), () => Buffer.from(bytes))),
        ),
        (text) => {
          try {
            parseJoinToken(text);
          } catch (error) {
            assert.ok(isHandclaspError(error, "ERR_HANDCLASP_TOKEN"), String(error));
          }
        },
      ),
    );
  });

  it("of another version is called so", () => {
    assertRefused(encodeJoinToken(tokenFor()).replace("hc1.", "hc3."), /of a version/);
    assertRefused("https://gw.example", /does not begin with hc1\./);
    assertRefused(`hc1.${"A".repeat(5000)}`, /base64url/);
  });

  it("with a protocol in an address is of a version of its own, which earlier readers call unknown", () => {
    const plain = encodeJoinToken(tokenFor());
    const asked = encodeJoinToken(tokenFor({ servers: [...SERVERS, ...ASKED] }));
    assert.match(asked, /^hc2\./);
    assertRefused(asked.replace("hc2.", "hc1."), /its beginning does not go with its addresses/);
    assertRefused(plain.replace("hc1.", "hc2."), /its beginning does not go with its addresses/);
    const unknown = forged(tokenFor({ servers: ["ldap://gw.example:389"] }), (body) =>
      Buffer.from(body.toString("latin1").replace("ldap:", "gopa:"), "latin1"),
    );
    assertRefused(unknown.replace("hc1.", "hc2."), /asks for TLS in a way that this handclasp does not know/);
    for (const server of ["tls://gw.example:1", "POSTGRES://gw.example:1", "smtp://smtp://gw.example:1"])
      assert.throws(() => tokenFor({ servers: [server] }), { code: "ERR_HANDCLASP_OPTION" });
  });

  it("cannot bring a name or an address that would do harm where it is shown", () => {
    const original = tokenFor({ peer: "laptop-anna" });
    const swap = (from: string, to: string): string =>
      forged(original, (body) => {
        assert.equal(from.length, Buffer.byteLength(to));
        const at = body.indexOf(from);
        return Buffer.concat([body.subarray(0, at), Buffer.from(to), body.subarray(at + from.length)]);
      });
    assertRefused(swap("laptop-anna", "laptop\u001b[2Ja"), /the name in it/);
    assertRefused(swap("gw.example:8443", "gw.exam\u001b[2J:443"), /not HOST:PORT/);
    assertRefused(swap("gw.example:8443", "gw.example:0x1F"), /not HOST:PORT/);
    assertRefused(swap("gw.example:8443", "gw.exampl:65536"), /a port that is too large: they end at 65535/);
    assertRefused(swap("gw.example:8443", "gw.exa:99999999"), /a port that is too large/);
  });

  it("is refused when it goes on after its end, or ends too early", () => {
    assertRefused(
      forged(tokenFor(), (body) => Buffer.concat([body, Buffer.of(0)])),
      /goes on/,
    );
    assertRefused(
      forged(tokenFor(), (body) => body.subarray(0, -1)),
      /ends too early/,
    );
    assertRefused(forged(tokenFor(), () => Buffer.alloc(0)));
  });

  it("is not made for a server that it could not say", () => {
    for (const [servers, problem] of [
      [[], "names no server"],
      [Array<string>(9).fill("a:1"), "names more than 8 addresses"],
      [["gw.example"], "is not HOST:PORT"],
      [["a:1", "a:70000"], "has a port that is too large: they end at 65535"],
      [["a:99999999999999999999"], "has a port that is too large: they end at 65535"],
      [[`${"a".repeat(254)}:1`], "is longer than 255 bytes"],
    ] as const) {
      assert.throws(
        () => tokenFor({ servers }),
        (error) => isHandclaspError(error, "ERR_HANDCLASP_OPTION") && error.message.endsWith(problem),
        problem,
      );
    }
  });

  it("never has the id or the seed of another one", () => {
    const made = Array.from({ length: 100 }, () => tokenFor());
    assert.equal(new Set(made.map(({ id }) => id)).size, 100);
    assert.equal(new Set(made.map(({ seed }) => Buffer.from(seed).toString("hex"))).size, 100);
  });

  it("has the public key of its seed: what it signs verifies, and the seed is not in it", () => {
    const { seed, id, serverPin } = tokenFor();
    const publicKey = joinTokenPublicKey({ seed });
    assert.equal(publicKey.length, 32);
    assert.notDeepEqual(publicKey, seed);
    const spki = Buffer.alloc(91, 7);
    const tokenId = Buffer.from(id, "hex");
    const signature = signJoinProof({ tokenId, seed, serverPin, spki }).subarray(-64);
    const key = createPublicKey({
      key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), publicKey]),
      format: "der",
      type: "spki",
    });
    const pin = Buffer.from(serverPin.slice(7), "base64");
    const signed = Buffer.concat([Buffer.from("handclasp join v1"), tokenId, pin, spki]);
    assert.ok(verify(null, signed, key, signature));
  });
});
