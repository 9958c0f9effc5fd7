import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findDefects, type FoundDefect } from "../../src/explain/find-defects.ts";
import type { HandshakeFacts } from "../../src/explain/seen/handshake-facts.ts";
import { encodeName } from "../../src/x509/parts/identity-content.ts";
import { readClientHello } from "../tls/observer/support/hellos.ts";
import {
  alternativeNames,
  certificateOf,
  type CertificateParts,
  der,
  extension,
  modulusOf,
  oid,
  rsaSpki,
  sequence,
  subjectOf,
  utf8String,
} from "../x509/support/der-writer.ts";

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
/** Within the dates of the certificates here, which are issued by "issuer". */
const NOW = Date.UTC(2030, 0, 1);

const NOTHING: HandshakeFacts = {
  time: NOW,
  clientHello: undefined,
  retryRequest: undefined,
  serverHello: undefined,
  alpnProtocol: undefined,
  certificateRequest: undefined,
  chains: {},
  finished: new Set(),
  alert: undefined,
  sealedAlert: undefined,
  isSealedAlertInFlight: false,
  sealedAnswer: undefined,
  isDone: false,
  hungUpAfterAnswer: false,
  leftUnspoken: false,
  last: undefined,
  spoke: new Set(),
  said: {},
  firstBytes: {},
  firstToSpeak: undefined,
  seen: new Set(),
  before: [],
  end: undefined,
  isUndecryptable: false,
  isHeadless: false,
  isCut: false,
  handclasp: new Set(),
};

const purposes = (...oids: readonly string[]): Uint8Array =>
  extension("2.5.29.37", sequence(...oids.map(oid)));
const usage = (bits: number): Uint8Array => extension("2.5.29.15", der(0x03, Uint8Array.of(0, bits)));

function ofClient(parts: CertificateParts, facts: Partial<HandshakeFacts> = {}): readonly FoundDefect[] {
  return findDefects({ ...NOTHING, chains: { client: [certificateOf(parts)] }, ...facts }, "client");
}

function ofServer(parts: CertificateParts, serverName: string): readonly FoundDefect[] {
  const clientHello = readClientHello({ serverName });
  return findDefects({ ...NOTHING, clientHello, chains: { server: [certificateOf(parts)] } }, "server");
}

const names = (found: readonly FoundDefect[]): readonly string[] => found.map(({ defect }) => defect);

/** What is said of the authority that nobody knows comes last, whatever else there is. */
const UNKNOWN = ["missing-intermediate", "unknown-ca"];

/** That the server asked for a certificate of this authority. */
function request(name: string): Partial<HandshakeFacts> {
  const certificateRequest = {
    requestContext: new Uint8Array(),
    certificateTypes: [],
    signatureAlgorithms: [],
    signatureAlgorithmsCert: [],
    certificateAuthorities: [encodeName(name)],
    compressCertificate: [],
    extensions: [],
  };
  return { certificateRequest };
}

describe("what can be held against a certificate", () => {
  it("is nothing of who showed none", () => {
    assert.deepEqual(findDefects(NOTHING, "client"), []);
  });

  it("is its dates, by when the handshake was, and not where that is not known", () => {
    assert.deepEqual(names(ofClient({})), UNKNOWN);
    assert.deepEqual(names(ofClient({}, { time: Date.UTC(2050, 0, 1) })), ["expired", ...UNKNOWN]);
    assert.deepEqual(names(ofClient({}, { time: Date.UTC(2020, 0, 1) })), ["not-yet-valid", ...UNKNOWN]);
    for (const time of [0, 8_640_000_000_000_001, Number.NaN])
      assert.deepEqual(names(ofClient({}, { time })), UNKNOWN);
  });

  it("is a purpose that is not this side's, and a key that must not sign", () => {
    assert.deepEqual(names(ofClient({ extensions: [purposes(CLIENT_AUTH)] })), UNKNOWN);
    assert.deepEqual(names(ofClient({ extensions: [purposes("2.5.29.37.0")] })), UNKNOWN);
    const [wrong] = ofClient({ extensions: [purposes(SERVER_AUTH)] });
    assert.equal(wrong?.defect, "wrong-key-usage");
    assert.match(wrong.evidence, /names servers, not clients/);
    assert.deepEqual(names(ofClient({ extensions: [usage(0x80)] })), UNKNOWN);
    assert.deepEqual(names(ofClient({ extensions: [usage(0x20)] })), ["wrong-key-usage", ...UNKNOWN]);
  });

  it("is that the key is too short", () => {
    assert.deepEqual(names(ofClient({ spki: rsaSpki(modulusOf(1024)) })), ["weak-key", ...UNKNOWN]);
    assert.deepEqual(names(ofClient({ spki: rsaSpki(modulusOf(2048)) })), UNKNOWN);
  });

  it("is that a server's is not for the name that was asked for", () => {
    const extensions = [alternativeNames(["dns", "a.example"])];
    assert.deepEqual(names(ofServer({ extensions }, "a.example")), UNKNOWN);
    const [mismatch] = ofServer({ extensions }, "b.example");
    assert.equal(mismatch?.defect, "name-mismatch");
    assert.match(mismatch.evidence, /"b\.example".* is for "a\.example"/);
  });

  it("is that it vouches for itself", () => {
    assert.deepEqual(names(ofClient({ subject: subjectOf(utf8String("issuer")) })), ["self-signed"]);
  });

  it("is that its issuer is not among those that were asked for, or not known though it is", () => {
    assert.deepEqual(names(ofClient({}, request("another"))), [
      "missing-intermediate",
      "issuer-not-acceptable",
    ]);
    const known = ofClient({}, request("issuer"));
    assert.deepEqual(names(known), ["unknown-ca"]);
    assert.match(known[0]?.evidence ?? "", /whose name the other side has/);
  });

  it("is looked for up to the last issuer that was shown, in whatever order", () => {
    const root = certificateOf({ subject: subjectOf(utf8String("issuer")) });
    const chains = { client: [certificateOf(), root] };
    const [only, ...others] = findDefects({ ...NOTHING, chains }, "client");
    assert.equal(only?.defect, "unknown-ca");
    assert.equal(only.issuer, "CN=issuer");
    assert.deepEqual(others, []);
  });
});
