import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { HandshakeFacts } from "../../src/explain/seen/handshake-facts.ts";
import type { Sender } from "../../src/tls/records/sender.ts";
import { judgeHandshake } from "../../src/explain/judge-handshake.ts";
import { Certificates } from "./support/certificates.ts";
import { asking, by, HTTP_400, rulesOf, shownTo, subjectOf } from "./support/facts.ts";

const made = new Certificates();
after(() => made[Symbol.dispose]());

const root = made.make("root");
const other = made.make("other");
const middle = made.make("middle", { issuer: "root" });
const good = made.make("good", { issuer: "root" });
const here = made.make("here", { issuer: "root", extensions: "subjectAltName=DNS:*.example" });
const old = made.make("old", { issuer: "root", from: "20200101000000Z", until: "20210101000000Z" });
const early = made.make("early", { issuer: "root", from: "20300101000000Z" });
const forServers = made.make("for-servers", { issuer: "root", extensions: "extendedKeyUsage=serverAuth" });
const mayNotSign = made.make("may-not-sign", { issuer: "root", extensions: "keyUsage=keyAgreement" });
const sha1 = made.make("sha1", { issuer: "root", digest: "sha1" });
const short = made.make("short", { issuer: "root", key: ["rsa:1024"] });
const leafOfMiddle = made.make("leaf-of-middle", { issuer: "middle" });
const self = made.make("self");

/** What a server that asks for certificates and knows `root` was shown. */
const shown = shownTo(root, here);

/** What is made of the chain behind an alert of the server. */
function refusedBy(
  code: number,
  chain: readonly Uint8Array[],
  seen: Partial<HandshakeFacts> = {},
): readonly string[] {
  return rulesOf(judgeHandshake(shown(chain, { ...by("server", code), ...seen })));
}

/** What was shown, the alerts with which servers of different makers refuse it, and what is made of that. */
const SHOWN: readonly (readonly [string, readonly Uint8Array[], readonly (readonly [number, string])[]])[] = [
  [
    "has expired",
    [old],
    [
      [45, "certificate-expired certain"],
      [46, "certificate-expired likely"],
      [42, "certificate-expired likely"],
      [40, "certificate-expired likely"],
    ],
  ],
  [
    "is not yet valid",
    [early],
    [
      [42, "certificate-not-yet-valid likely"],
      [45, "certificate-not-yet-valid certain"],
      [46, "certificate-not-yet-valid likely"],
    ],
  ],
  [
    "is for another purpose",
    [forServers],
    [
      [43, "wrong-key-usage certain"],
      [42, "wrong-key-usage likely"],
      [46, "wrong-key-usage likely"],
    ],
  ],
  ["may not sign", [mayNotSign], [[43, "wrong-key-usage certain"]]],
  [
    "is signed with SHA-1",
    [sha1],
    [
      [42, "weak-signature likely"],
      [46, "weak-signature likely"],
    ],
  ],
  [
    "has a key of 1024 bits",
    [short],
    [
      [42, "weak-key likely"],
      [43, "weak-key certain"],
    ],
  ],
  [
    "signed itself",
    [self],
    [
      [48, "self-signed certain"],
      [46, "self-signed likely"],
      [42, "self-signed likely"],
    ],
  ],
];

describe("what is made of the certificates that a client showed", () => {
  for (const [what, chain, alerts] of SHOWN) {
    for (const [code, expected] of alerts) {
      it(`finds a certificate that ${what} behind the alert ${code}`, () => {
        assert.deepEqual(rulesOf(judgeHandshake(shown(chain, by("server", code)))), [expected]);
      });
    }
    it(`finds a certificate that ${what} behind nginx's 400`, () => {
      const said = { server: Buffer.from(HTTP_400) };
      const finished = new Set<Sender>(["client", "server"]);
      const [first] = judgeHandshake(shown(chain, { said, finished, isDone: true }));
      assert.equal(`${first?.rule} ${first?.certainty}`, alerts.at(-1)?.[1].replace("certain", "likely"));
      assert.match(first?.evidence.join(" ") ?? "", /answered 400 "The SSL certificate error" in HTTP/);
    });
  }

  it("says that an issuer nobody showed may be an intermediate one, or one that the server does not take", () => {
    assert.deepEqual(rulesOf(judgeHandshake(shown([leafOfMiddle], by("server", 48)))), [
      "missing-intermediate possible",
      "issuer-not-acceptable possible",
    ]);
    const unnamed = { certificateRequest: asking(), ...by("server", 46) };
    assert.deepEqual(rulesOf(judgeHandshake(shown([leafOfMiddle], unnamed))), [
      "missing-intermediate possible",
      "unknown-ca possible",
    ]);
  });

  it("takes a whole chain whose issuer is not among the authorities for just that", () => {
    const certificateRequest = asking({ certificateAuthorities: [subjectOf(other)] });
    const facts = shown([leafOfMiddle, middle], { certificateRequest, ...by("server", 48) });
    assert.deepEqual(rulesOf(judgeHandshake(facts)), ["issuer-not-acceptable certain"]);
  });

  it("judges what was shown behind access_denied (49), and believes its meaning where nothing is found", () => {
    assert.deepEqual(refusedBy(49, [old]), ["certificate-expired likely", "certificate-refused possible"]);
    assert.deepEqual(refusedBy(49, [self]), ["self-signed likely", "certificate-refused possible"]);
    const ours = { handclasp: new Set<Sender>(["client"]) };
    assert.deepEqual(refusedBy(49, [self], ours), ["certificate-refused likely", "self-signed possible"]);
    assert.deepEqual(refusedBy(49, [leafOfMiddle]), [
      "missing-intermediate possible",
      "issuer-not-acceptable possible",
      "certificate-refused possible",
    ]);
    assert.deepEqual(refusedBy(49, [good]), ["certificate-refused likely"]);
    assert.deepEqual(refusedBy(49, [good], { certificateRequest: asking() }), [
      "missing-intermediate possible",
      "unknown-ca possible",
      "certificate-refused possible",
    ]);
    assert.deepEqual(refusedBy(49, [], { certificateRequest: asking() }), ["no-certificate likely"]);
  });

  it("trusts an alert about dates more than its own clock, and says so", () => {
    const [only] = judgeHandshake(shown([good], by("server", 45)));
    assert.equal(`${only?.rule} ${only?.certainty}`, "certificate-expired likely");
    assert.match(only?.evidence.at(-1) ?? "", /clock/);
  });

  it("says nothing of dates when the capture has no times", () => {
    const rules = rulesOf(judgeHandshake(shown([old], { time: 0, ...by("server", 46) })));
    assert.ok(!rules.join().includes("expired"), rules.join());
  });

  it("says nothing of dates when the capture has times that no calendar has", () => {
    for (const time of [1e17, -1e17, 8.64e15, -8.64e15, Number.NaN, Number.POSITIVE_INFINITY]) {
      const rules = rulesOf(judgeHandshake(shown([old], { time, ...by("server", 46) })));
      assert.ok(!rules.join().includes("expired"), rules.join());
    }
  });
});
