import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { HandshakeFacts } from "../../src/explain/seen/handshake-facts.ts";
import type { Sender } from "../../src/tls/records/sender.ts";
import { judgeHandshake } from "../../src/explain/judge-handshake.ts";
import { readShownCertificate } from "../../src/explain/certificates/shown-certificate.ts";
import { Certificates } from "./support/certificates.ts";
import { asking, by, chosen, factsOf, helloOf, rulesOf } from "./support/facts.ts";

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

function subjectOf(der: Uint8Array): Uint8Array {
  return readShownCertificate(der)?.subject ?? new Uint8Array(0);
}

/** What a server that asks for certificates and knows `root` was shown. */
function shown(chain: readonly Uint8Array[], seen: Partial<HandshakeFacts> = {}): HandshakeFacts {
  return factsOf({
    clientHello: helloOf(),
    serverHello: chosen(),
    certificateRequest: asking({ certificateAuthorities: [subjectOf(root)] }),
    chains: { server: [here], client: chain },
    ...seen,
  });
}

/** What is made of the chain behind an alert of the server. */
function refusedBy(
  code: number,
  chain: readonly Uint8Array[],
  seen: Partial<HandshakeFacts> = {},
): readonly string[] {
  return rulesOf(judgeHandshake(shown(chain, { ...by("server", code), ...seen })));
}

/** As before, where the server answered once, in what could not be decrypted, and hung up. */
function answeredSealed(chain: readonly Uint8Array[], seen: Partial<HandshakeFacts> = {}): readonly string[] {
  const sealed = { isDone: true, isUndecryptable: true, hungUpAfterAnswer: true };
  const spoke = new Set<Sender>(["client", "server"]);
  return rulesOf(judgeHandshake(shown(chain, { ...sealed, spoke, ...seen })));
}

const HTTP_400 =
  "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html><center>The SSL certificate error</center>";

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

describe("judgeHandshake, of what a client showed", () => {
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

  it("takes decode_error (50) behind an empty Certificate for a server that cannot read one", () => {
    assert.deepEqual(refusedBy(50, []), [
      "no-certificate possible",
      "certificate-withheld possible",
      "protocol-error possible",
    ]);
    assert.deepEqual(refusedBy(50, [good]), ["protocol-error likely"]);
    assert.deepEqual(refusedBy(50, [], { finished: new Set<Sender>(["server"]) }), ["protocol-error likely"]);
  });

  it("judges what was shown in the clear when a server answers once, sealed, and hangs up", () => {
    assert.deepEqual(answeredSealed([sha1]), ["weak-signature possible"]);
    assert.deepEqual(answeredSealed([old]), ["certificate-expired possible"]);
    assert.deepEqual(answeredSealed([leafOfMiddle]), [
      "missing-intermediate possible",
      "issuer-not-acceptable possible",
    ]);
    assert.deepEqual(answeredSealed([]), ["no-certificate possible", "certificate-withheld possible"]);
    assert.deepEqual(answeredSealed([good]), []);
    assert.deepEqual(answeredSealed([good], { certificateRequest: asking() }), []);
    assert.deepEqual(answeredSealed([old], { hungUpAfterAnswer: false }), []);
  });

  it("says of which evidence each is where nothing could be decrypted", () => {
    const sealed = { isUndecryptable: true, sealedAlert: "server", sealedAnswer: "certificate" } as const;
    const facts = factsOf({ clientHello: helloOf(), serverHello: chosen(), ...sealed });
    const explanations = judgeHandshake(facts);
    const rules = explanations.map(({ rule }) => rule);
    for (const rule of ["weak-signature", "issuer-not-acceptable", "wrong-key-usage", "certificate-expired"])
      assert.ok(
        rules.some((each) => each === rule),
        rule,
      );
    for (const { evidence, certainty } of explanations) {
      assert.equal(certainty, "possible");
      assert.match(evidence.join(" "), /record of the size of an alert/);
    }
  });

  it("trusts an alert about dates more than its own clock, and says so", () => {
    const [only] = judgeHandshake(shown([good], by("server", 45)));
    assert.equal(`${only?.rule} ${only?.certainty}`, "certificate-expired likely");
    assert.match(only?.evidence.at(-1) ?? "", /clock/);
  });

  it("takes no page about nginx's errors for one of them", () => {
    const page = HTTP_400.replace(/^HTTP\/1\.1 \d+/, "HTTP/1.1 200");
    assert.match(page, /^HTTP\/1\.1 200/);
    const spoke = new Set<Sender>(["client", "server"]);
    const well = { isDone: true, spoke, said: { server: Buffer.from(page) } };
    for (const chain of [[good], []]) assert.deepEqual(rulesOf(judgeHandshake(shown(chain, well))), []);
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

  it("tells a client that has no certificate from one that may have kept it back", () => {
    const open = { certificateRequest: asking() };
    for (const code of [116, 40, 42])
      assert.deepEqual(rulesOf(judgeHandshake(shown([], { ...open, ...by("server", code) }))), [
        "no-certificate likely",
      ]);
    assert.deepEqual(rulesOf(judgeHandshake(shown([], by("server", 116)))), [
      "no-certificate possible",
      "certificate-withheld possible",
    ]);
    const said = {
      server: Buffer.from(
        HTTP_400.replace("The SSL certificate error", "No required SSL certificate was sent"),
      ),
    };
    assert.deepEqual(rulesOf(judgeHandshake(shown([], { said, isDone: true }))), [
      "no-certificate possible",
      "certificate-withheld possible",
    ]);
    assert.deepEqual(rulesOf(judgeHandshake(shown([], { ownCertificate: good, ...by("server", 116) }))), [
      "certificate-withheld certain",
    ]);
  });

  it("gives handclasp's own advice only where handclasp speaks, and last", () => {
    const acts = (sides: readonly Sender[]): readonly string[] =>
      judgeHandshake(shown([old], { handclasp: new Set(sides), ...by("server", 45) })).flatMap(
        ({ remedies }) => remedies.map(({ act }) => act),
      );
    assert.deepEqual(acts([]), ["renew-certificate", "compare-clocks"]);
    assert.deepEqual(acts(["client"]), ["renew-certificate", "compare-clocks", "renew-identity"]);
    const unknown = shown([self], { handclasp: new Set<Sender>(["server"]), ...by("server", 46) });
    assert.deepEqual(rulesOf(judgeHandshake(unknown)), ["key-changed possible", "name-changed possible"]);
  });
});
