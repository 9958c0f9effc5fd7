import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, diffieHellman, hash as digest } from "node:crypto";
import { describe, it } from "node:test";
import {
  deriveSecret,
  earlySecret,
  finishedVerifyData,
  handshakeSecret,
  mainSecret,
  resumptionPsk,
  type SecretPurpose,
} from "../support/key-schedule.ts";
import { TLS13_SUITES } from "../../../src/tls/keys/tls13-suite.ts";
import { trafficKeys } from "../../../src/tls/keys/traffic-keys.ts";
import { RESUMED_0RTT } from "../../vectors/rfc8448-resumed-0rtt.ts";
import { SIMPLE_1RTT } from "../../vectors/rfc8448-simple-1rtt.ts";
import { hex, type Trace, type TrafficSecret } from "../../vectors/rfc8448-trace.ts";
import { RFC_8448 } from "../../vectors/rfc8448.ts";
import { finishedOf, tracedMessages, transcriptHashes } from "../support/traced-messages.ts";

const suite = TLS13_SUITES.get("TLS_AES_128_GCM_SHA256");
assert(suite);

describe("TLS 1.3 key schedule", () => {
  for (const trace of RFC_8448) {
    const messages = tracedMessages(trace);
    const hashes = transcriptHashes(messages);

    it(`extracts the secrets of RFC 8448 §${trace.section}`, () => {
      const early = earlySecret("sha256", trace.presharedKey);
      const handshake = handshakeSecret("sha256", early, sharedSecretOf(trace));
      same(early, trace.earlySecret);
      same(handshake, trace.handshakeSecret);
      if (trace.mainSecret !== undefined) same(mainSecret("sha256", handshake), trace.mainSecret);
    });

    it(`derives the traffic secrets of §${trace.section}`, () => {
      const main = mainSecret("sha256", trace.handshakeSecret);
      const derived = {
        "c e traffic": deriveSecret(trace.earlySecret, "sha256", "c e traffic", hashes.clientHello),
        "c hs traffic": deriveSecret(trace.handshakeSecret, "sha256", "c hs traffic", hashes.serverHello),
        "s hs traffic": deriveSecret(trace.handshakeSecret, "sha256", "s hs traffic", hashes.serverHello),
        "c ap traffic": deriveSecret(main, "sha256", "c ap traffic", hashes.serverFinished),
        "s ap traffic": deriveSecret(main, "sha256", "s ap traffic", hashes.serverFinished),
      } satisfies Partial<Record<SecretPurpose, Uint8Array>>;
      for (const [name, { secret }] of Object.entries(trace.secrets))
        same(derived[name as TrafficSecret], secret);
      same(deriveSecret(main, "sha256", "exp master", hashes.serverFinished), trace.exporterSecret);
      same(deriveSecret(main, "sha256", "res master", hashes.clientFinished), trace.resumptionSecret);
    });

    it(`expands the keys and IVs of §${trace.section}`, () => {
      for (const { secret, key, iv } of Object.values(trace.secrets)) {
        const keys = trafficKeys(secret, suite);
        same(keys.key, key);
        same(keys.iv, iv);
      }
    });

    it(`computes what the Finished messages of §${trace.section} hold`, () => {
      const { client, server } = finishedOf(messages);
      const ofServer = trace.secrets["s hs traffic"]?.secret ?? new Uint8Array();
      const ofClient = trace.secrets["c hs traffic"]?.secret ?? new Uint8Array();
      same(finishedVerifyData(ofServer, "sha256", hashes.beforeServerFinished), server);
      same(finishedVerifyData(ofClient, "sha256", hashes.beforeClientFinished), client);
    });
  }

  it("makes the pre-shared key of §4 from the ticket nonce of §3", () => {
    const presharedKey = RESUMED_0RTT.presharedKey ?? new Uint8Array();
    same(resumptionPsk(SIMPLE_1RTT.resumptionSecret, "sha256", Uint8Array.of(0, 0)), presharedKey);
  });

  it("computes the PSK binder of §4", () => {
    const nothing = digest("sha256", new Uint8Array(), "buffer");
    const binderKey = deriveSecret(RESUMED_0RTT.earlySecret, "sha256", "res binder", nothing);
    same(binderKey, hex`69fe131a3bbad5d63c64eebcc30e395b9d8107726a13d074e389dbc8a4e47256`);
    const [hello = new Uint8Array()] = tracedMessages(RESUMED_0RTT);
    // The binders, with the length of the list and of the one in it.
    const withoutBinders = digest("sha256", hello.subarray(0, -35), "buffer");
    same(withoutBinders, hex`63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14`);
    same(finishedVerifyData(binderKey, "sha256", withoutBinders), hello.subarray(-32));
  });
});

function sharedSecretOf({ sharedSecret, x25519 }: Trace): Uint8Array {
  if (sharedSecret !== undefined) return sharedSecret;
  assert(x25519);
  const pkcs8 = Buffer.concat([hex`302e020100300506032b656e04220420`, x25519.clientPrivate]);
  const spki = Buffer.concat([hex`302a300506032b656e032100`, x25519.serverPublic]);
  return diffieHellman({
    privateKey: createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }),
    publicKey: createPublicKey({ key: spki, format: "der", type: "spki" }),
  });
}

function same(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(Buffer.from(actual).toString("hex"), Buffer.from(expected).toString("hex"));
}
