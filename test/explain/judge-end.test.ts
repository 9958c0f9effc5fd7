import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { HandshakeFacts } from "../../src/explain/seen/handshake-facts.ts";
import type { Sender } from "../../src/tls/records/sender.ts";
import { judgeEnd } from "../../src/explain/judge-end.ts";
import { judgeHandshake } from "../../src/explain/judge-handshake.ts";
import { Certificates } from "./support/certificates.ts";
import { asking, by, chosen, factsOf, helloOf, rulesOf, shownTo } from "./support/facts.ts";

const made = new Certificates();
after(() => made[Symbol.dispose]());

const root = made.make("root");
const good = made.make("good", { issuer: "root" });
const here = made.make("here", { issuer: "root", extensions: "subjectAltName=DNS:*.example" });
const named = made.make("named", { issuer: "root", extensions: "subjectAltName=DNS:here.example" });
const there = made.make("there", { issuer: "root", extensions: "subjectAltName=DNS:there.example" });
const old = made.make("old", { issuer: "root", from: "20200101000000Z", until: "20210101000000Z" });
const sha1 = made.make("sha1", { issuer: "root", digest: "sha1" });
made.make("middle", { issuer: "root" });
const leafOfMiddle = made.make("leaf-of-middle", { issuer: "middle" });
const shown = shownTo(root, here);

/** As before, where the server answered once, in what could not be decrypted, and hung up. */
function answeredSealed(chain: readonly Uint8Array[], seen: Partial<HandshakeFacts> = {}): readonly string[] {
  const sealed = { isDone: true, isUndecryptable: true, hungUpAfterAnswer: true };
  const spoke = new Set<Sender>(["client", "server"]);
  return rulesOf(judgeHandshake(shown(chain, { ...sealed, spoke, ...seen })));
}

/** What a client that was shown this chain makes of it. */
function refusedChain(
  chain: readonly Uint8Array[],
  code: number,
  seen: Partial<HandshakeFacts> = {},
): readonly string[] {
  return rulesOf(
    judgeHandshake(
      factsOf({
        clientHello: helloOf(),
        serverHello: chosen(),
        chains: { server: chain },
        ...by("client", code),
        ...seen,
      }),
    ),
  );
}

describe("what is made of a connection that ended without an alert", () => {
  it("says nothing of a side that was not captured", () => {
    const client = factsOf({ clientHello: helloOf(), seen: new Set<Sender>(["client"]) });
    assert.deepEqual(rulesOf(judgeHandshake(client)), ["capture-incomplete certain"]);
    const server = factsOf({ seen: new Set<Sender>(["server"]), ...by("server", 46) });
    const refused = rulesOf(judgeHandshake(server));
    assert.ok(refused.length > 3 && refused.every((rule) => rule.endsWith("possible")), refused.join());
  });

  it("tells a refusal by the size of a record, and the certificate as one of several reasons", () => {
    const facts = factsOf({
      clientHello: helloOf(),
      serverHello: chosen(),
      isUndecryptable: true,
      end: { by: "server", how: "closed" },
      sealedAlert: "server",
    });
    const refused = rulesOf(judgeHandshake({ ...facts, sealedAnswer: "certificate" }));
    assert.ok(refused.includes("certificate-expired possible") && refused.includes("self-signed possible"));
    assert.deepEqual(rulesOf(judgeHandshake({ ...facts, sealedAnswer: "empty" })), [
      "no-certificate possible",
      "certificate-withheld possible",
    ]);
    assert.deepEqual(rulesOf(judgeHandshake({ ...facts, sealedAnswer: "finished" })), [
      "not-explained possible",
    ]);
  });

  it("tells who connects and says nothing from who breaks off in the ClientHello", () => {
    assert.deepEqual(rulesOf(judgeEnd(factsOf())), ["said-nothing certain"]);
    const begun = factsOf({ firstBytes: { client: Uint8Array.of(0x16, 3, 1) } });
    assert.deepEqual(rulesOf(judgeEnd(begun)), ["gave-up possible"]);
    assert.deepEqual(rulesOf(judgeEnd({ ...begun, isCut: true })), ["capture-incomplete certain"]);
    const [late] = judgeEnd(factsOf({ end: { by: "server", how: "closed" } }));
    assert.match(late?.evidence.join(" ") ?? "", /until the server closed the connection/);
  });

  it("says who gave up in the middle, after which message, and blames a certificate only where one is wrong", () => {
    const last = { by: "server", name: "CertificateRequest" } as const;
    const middle = factsOf({ clientHello: helloOf(), serverHello: chosen(), last });
    const shownThis = (der: Uint8Array): HandshakeFacts => ({
      ...middle,
      chains: { server: [der] },
      end: { by: "client", how: "closed" },
    });
    const left = judgeEnd({ ...middle, end: { by: "client", how: "closed" } });
    assert.deepEqual(rulesOf(left), ["gave-up possible"]);
    const [fine] = judgeEnd(shownThis(named));
    assert.match(
      fine?.evidence[0] ?? "",
      /^The client closed the connection without an alert, after the server's CertificateRequest: /,
    );
    assert.deepEqual(rulesOf(judgeEnd(shownThis(there))), [
      "server-name-mismatch possible",
      "gave-up possible",
    ]);
    const [waited] = judgeEnd({ ...middle, end: { by: "server", how: "reset" } });
    assert.equal(waited?.remedies[0]?.at, "server");
    assert.deepEqual(rulesOf(judgeEnd({ ...middle, isCut: true })), ["capture-incomplete certain"]);
  });

  it("says nothing where both finished and spoke", () => {
    const spoke = new Set<Sender>(["client", "server"]);
    const chains = { server: [there], client: [old] };
    assert.deepEqual(judgeEnd(factsOf({ clientHello: helloOf(), isDone: true, spoke, chains })), []);
  });

  it("looks at the name when a client leaves without a word after the handshake", () => {
    const finished = new Set<Sender>(["client", "server"]);
    const left = { alert: undefined, finished, isDone: true, end: { by: "client", how: "closed" } as const };
    assert.deepEqual(refusedChain([there], 0, left), ["server-name-mismatch likely"]);
    const sealed = { ...left, isDone: false, isUndecryptable: true };
    assert.deepEqual(refusedChain([there], 0, sealed), [
      "server-name-mismatch possible",
      "not-explained possible",
    ]);
    assert.deepEqual(refusedChain([there], 0, { ...left, spoke: new Set<Sender>(["client"]) }), []);
    const answered = { ...left, spoke: new Set<Sender>(["server"]), leftUnspoken: true };
    assert.deepEqual(refusedChain([there], 0, answered), ["server-name-mismatch likely"]);
    assert.deepEqual(refusedChain([named], 0, answered), []);
  });

  it("says that a client may have minded the name when it left at once and the certificate is sealed", () => {
    const sealed = { isUndecryptable: true, leftUnspoken: true, isDone: true };
    const facts = factsOf({ clientHello: helloOf(), serverHello: chosen(), ...sealed });
    assert.deepEqual(rulesOf(judgeHandshake(facts)), [
      "server-name-mismatch possible",
      "not-explained possible",
    ]);
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
});
