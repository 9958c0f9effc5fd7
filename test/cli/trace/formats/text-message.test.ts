import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeHandshake, type MessageText } from "../../../../src/cli/trace/formats/text-message.ts";
import {
  type HandshakeMessage,
  parseHandshakeMessage,
} from "../../../../src/tls/messages/handshake-message.ts";
import type { ServerHello } from "../../../../src/tls/messages/hello/server-hello.ts";
import { encodeName } from "../../../../src/x509/parts/identity-content.ts";
import { codes, concat, extension, text, uint, vector } from "../../../tls/messages/support/encode.ts";
import { readClientHello, readServerHello } from "../../../tls/observer/support/hellos.ts";
import { certificateOf } from "../../../x509/support/der-writer.ts";

const GREASE = 0x0a0a;
const [TLS_1_2, TLS_1_3] = [0x0303, 0x0304] as const;

/** What is said of these bytes. */
function read(type: number, body: Uint8Array, version: "TLSv1.2" | "TLSv1.3" = "TLSv1.3"): MessageText {
  const context = { version, cipherSuite: 0xc02f, maxMessageLength: 100_000, certificateType: 0 } as const;
  return describeHandshake(type, parseHandshakeMessage(type, body, context), false);
}

function ofClient(over: Parameters<typeof readClientHello>[0]): MessageText {
  const message = readClientHello(over);
  return describeHandshake(1, { name: "client_hello", type: 1, message }, false);
}

function ofServer(version: 0x0303 | 0x0304, over: Partial<ServerHello> = {}, isResumed = false): MessageText {
  const message = readServerHello(version, over);
  return describeHandshake(2, { name: "server_hello", type: 2, message }, isResumed);
}

function request(certificateAuthorities: readonly Uint8Array[]): MessageText {
  const names = certificateAuthorities.map((name) => vector(2, name));
  return read(
    13,
    concat(vector(1), vector(2, extension(13, codes(2, [0x0403])), extension(47, vector(2, ...names)))),
  );
}

/** Behind versions and name. */
function moreOf(over: Parameters<typeof readClientHello>[0]): readonly string[] {
  return ofClient(over).facts.slice(2);
}

function ofTicket(seconds: number): readonly string[] {
  return read(4, concat(uint(4, seconds), vector(2, [1])), "TLSv1.2").facts;
}

const detail = ({ details }: MessageText, label: string): readonly string[] | undefined =>
  details.find((each) => each.label === label)?.lines;

describe("a ClientHello in words", () => {
  it("has the versions it offers, but not those that mean nothing", () => {
    assert.equal(
      ofClient({ supportedVersions: [GREASE, TLS_1_3, TLS_1_2, 0x0302] }).facts[0],
      "TLS 1.3, 1.2 or 1.1",
    );
    assert.equal(ofClient({ supportedVersions: [TLS_1_3] }).facts[0], "TLS 1.3");
    assert.equal(ofClient({ legacyVersion: TLS_1_2 }).facts[0], "up to TLS 1.2");
  });

  it("is for a server, whose name is escaped", () => {
    assert.equal(ofClient({ serverName: "a.example" }).facts[1], 'for "a.example"');
    assert.equal(ofClient({}).facts[1], "names no server");
    assert.ok(!ofClient({ serverName: "a\u001b[2J" }).facts[1]?.includes("\u001b"));
  });

  it("would resume by a key or a ticket that is not empty", () => {
    assert.deepEqual(moreOf({ sessionTicket: new Uint8Array() }), []);
    assert.deepEqual(moreOf({ sessionTicket: Uint8Array.of(1) }), ["would resume a session"]);
    assert.deepEqual(moreOf({ preSharedKey: { identities: [], binders: [] }, earlyData: true }), [
      "would resume a session",
      "early data follows",
    ]);
  });

  it("lists what it offers by IANA's names, and nothing that it does not say", () => {
    const said = ofClient({
      cipherSuites: [GREASE, 0x1301, 0xfefe],
      keyShares: [{ group: 0x001d, keyExchange: new Uint8Array() }],
    });
    assert.deepEqual(detail(said, "cipher suites"), ["TLS_AES_128_GCM_SHA256, 0xfefe"]);
    assert.deepEqual(detail(said, "key shares"), ["x25519"]);
    assert.equal(detail(said, "protocols"), undefined);
  });
});

describe("a ServerHello in words", () => {
  it("has what was chosen", () => {
    const chosen = { keyShare: { group: 0x001d, keyExchange: new Uint8Array() } };
    assert.deepEqual(ofServer(TLS_1_3, chosen).facts, ["TLS 1.3", "TLS_AES_128_GCM_SHA256", "x25519"]);
    assert.deepEqual(ofServer(TLS_1_2, { alpnProtocol: "h2" }, true).facts, [
      "TLS 1.2",
      "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
      "protocol h2",
      "resumes the session",
    ]);
  });

  it("is called a HelloRetryRequest when it is one, and says what it wants", () => {
    const retry = ofServer(TLS_1_3, { isHelloRetryRequest: true, selectedGroup: 0x0017 });
    assert.equal(retry.name, "HelloRetryRequest");
    assert.equal(retry.facts[0], "wants a key share of secp256r1");
  });
});

describe("other handshake messages in words", () => {
  it("have their name alone when they cannot be read, or their number", () => {
    assert.deepEqual(describeHandshake(11, undefined, false), {
      name: "Certificate",
      facts: ["cannot be read"],
      details: [],
    });
    assert.equal(describeHandshake(99, undefined, false).name, "handshake message 99");
    assert.deepEqual(read(99, Uint8Array.of(1)).facts, ["1 byte"]);
  });

  it("say of whom a certificate is wanted, and of many authorities eight", () => {
    const name = Buffer.from(encodeName("Ours"));
    assert.deepEqual(request([]).facts, ["of any authority"]);
    assert.deepEqual(request([name]).facts, ["of one authority"]);
    assert.deepEqual(detail(request([name, Uint8Array.of(0x30, 0)]), "authorities"), [
      "CN=Ours",
      "an empty name",
    ]);
    const many = request(Array.from({ length: 20 }, () => name));
    assert.deepEqual(many.facts, ["of one of 20 authorities"]);
    assert.equal(detail(many, "authorities")?.length, 9);
    assert.equal(detail(many, "authorities")?.at(-1), "and 12 more");
    assert.equal(detail(request(Array.from({ length: 9 }, () => name)), "authorities")?.length, 9);
  });

  it("say how many certificates there are, and what they are", () => {
    const entry = concat(vector(3, certificateOf()), vector(2));
    assert.deepEqual(read(11, concat(vector(1), vector(3))).facts, ["none: has none to show"]);
    const two = read(11, concat(vector(1), vector(3, entry, entry)));
    assert.deepEqual(two.facts, ["2 certificates"]);
    assert.equal(detail(two, "2")?.[0], "CN=anna");
  });

  it("say what a signature proves, and by what", () => {
    assert.deepEqual(read(15, concat(uint(2, 0x0403), vector(2, [1]))).facts, [
      "proves that it has the key",
      "signed by ecdsa_secp256r1_sha256",
    ]);
  });

  it("say for how long a ticket is valid, in hours where that is whole", () => {
    assert.deepEqual(ofTicket(7200), ["valid for 2 hours"]);
    assert.deepEqual(ofTicket(3601), ["valid for 3601 seconds"]);
    assert.deepEqual(ofTicket(0), ["valid for 0 seconds"]);
  });

  it("say which protocol was chosen, and whether keys are to change on both sides", () => {
    const alpn = extension(16, vector(2, vector(1, text("h2"))));
    assert.deepEqual(read(8, vector(2, alpn)).facts, ["protocol h2"]);
    assert.deepEqual(read(24, Uint8Array.of(1)).facts, ["asks the other side to do so, too"]);
    assert.deepEqual(read(24, Uint8Array.of(0)).facts, []);
  });

  it("say which group the server's key is of", () => {
    const signed = concat([3], uint(2, 0x001d), vector(1, [1]), uint(2, 0x0804), vector(2, [1]));
    assert.deepEqual(read(12, signed, "TLSv1.2").facts, ["x25519", "signed by rsa_pss_rsae_sha256"]);
    const other: HandshakeMessage = {
      name: "server_key_exchange",
      type: 12,
      message: { method: "other", data: signed },
    };
    assert.deepEqual(describeHandshake(12, other, false).facts, ["OTHER"]);
  });
});
