import assert from "node:assert/strict";
import { hash as digest } from "node:crypto";
import { ByteReader } from "../../../src/bytes/byte-reader.ts";
import { CIPHER_SUITES, type CipherSuite } from "../../../src/tls/keys/cipher-suite.ts";
import { parseKeyLog } from "../../../src/tls/keys/key-log.ts";
import { KeyLogSecrets, type SecretLabel } from "../../../src/tls/keys/key-log-secrets.ts";
import { nextTrafficSecret } from "../../../src/tls/keys/traffic-keys.ts";
import { finishedVerifyData } from "./key-schedule.ts";
import { openTls12Records } from "../../../src/tls/keys/open-record.ts";
import { Tls13RecordOpener } from "../../../src/tls/keys/open-record-tls13.ts";
import type { Sender } from "../../../src/tls/records/sender.ts";
import type { ProtectedRecord, RecordOpener } from "../../../src/tls/keys/record-protection.ts";
import { tls12VerifyData } from "./tls12-secrets.ts";
import type { RecordedConnection } from "./recorded-connection.ts";

/** A record that was protected, and what opens it. */
export interface OpenedOnTheWay {
  readonly from: Sender;
  readonly record: ProtectedRecord;
  readonly type: number;
  readonly content: Uint8Array;
}

const HELLO_RETRY_REQUEST = Buffer.from(
  "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c",
  "hex",
);
const SUPPORTED_VERSIONS = 43;
const ENCRYPT_THEN_MAC = 22;
const EXTENDED_MASTER_SECRET = 23;

/** Decrypts one connection from first byte to last, and checks each Finished by its MAC over all messages before. */
export class DecodedConnection {
  readonly opened: OpenedOnTheWay[] = [];
  readonly application: Record<Sender, string> = { client: "", server: "" };
  /** Who sent a Finished that was right, in order. */
  readonly finished: Sender[] = [];
  readonly keyUpdates: Sender[] = [];
  readonly extensions: Set<number> = new Set();
  /** Over the messages up to ClientKeyExchange. RFC 7627 §3. */
  sessionHash: Uint8Array = new Uint8Array();
  clientRandom: Uint8Array = new Uint8Array();
  serverRandom: Uint8Array = new Uint8Array();
  readonly #secrets = new KeyLogSecrets();
  readonly #records: Record<Sender, Uint8Array> = { client: new Uint8Array(), server: new Uint8Array() };
  readonly #messages: Record<Sender, Uint8Array> = { client: new Uint8Array(), server: new Uint8Array() };
  readonly #openers: Partial<Record<Sender, RecordOpener>> = {};
  readonly #traffic: Partial<Record<Sender, Uint8Array>> = {};
  #transcript: Uint8Array = new Uint8Array();
  #suite: CipherSuite | undefined;

  constructor(connection: RecordedConnection) {
    const { entries, malformedLines } = parseKeyLog(connection.keyLog);
    assert.equal(malformedLines, 0);
    for (const entry of entries) this.#secrets.add(entry);
    for (const { from, bytes } of connection.chunks) this.#take(from, bytes);
    assert.deepEqual([this.#records.client.length, this.#records.server.length], [0, 0]);
  }

  get suite(): CipherSuite {
    assert(this.#suite);
    return this.#suite;
  }

  get encryptThenMac(): boolean {
    return this.extensions.has(ENCRYPT_THEN_MAC);
  }

  get extendedMasterSecret(): boolean {
    return this.extensions.has(EXTENDED_MASTER_SECRET);
  }

  /** What opens the first record that the side protected. */
  freshOpener(side: Sender): RecordOpener {
    if (this.suite.version === "TLSv1.2") return this.#tls12Openers()[side];
    const label = side === "client" ? "CLIENT_HANDSHAKE_TRAFFIC_SECRET" : "SERVER_HANDSHAKE_TRAFFIC_SECRET";
    return new Tls13RecordOpener(this.suite, this.secret(label));
  }

  secret(label: SecretLabel): Uint8Array {
    const secret = this.#secrets.find(label, this.clientRandom);
    assert(secret, label);
    return secret;
  }

  #take(from: Sender, bytes: Uint8Array): void {
    let left = Buffer.concat([this.#records[from], bytes]);
    while (left.length >= 5 && left.length >= 5 + left.readUInt16BE(3)) {
      const end = 5 + left.readUInt16BE(3);
      this.#record(from, {
        type: left.readUInt8(0),
        version: left.readUInt16BE(1),
        fragment: left.subarray(5, end),
      });
      left = left.subarray(end);
    }
    this.#records[from] = left;
  }

  #record(from: Sender, record: ProtectedRecord): void {
    if (record.type === 20) {
      if (this.#suite?.version === "TLSv1.2") this.#openers[from] = this.#tls12Openers()[from];
      return;
    }
    const opener = this.#openers[from];
    if (opener === undefined) return this.#content(from, record.type, record.fragment);
    const { type, content } = opener.open(record);
    this.opened.push({ from, record, type, content });
    this.#content(from, type, content);
  }

  #content(from: Sender, type: number, content: Uint8Array): void {
    if (type === 23) this.application[from] += Buffer.from(content).toString("utf8");
    if (type !== 22) return;
    let left = Buffer.concat([this.#messages[from], content]);
    while (left.length >= 4 && left.length >= 4 + left.readUIntBE(1, 3)) {
      const end = 4 + left.readUIntBE(1, 3);
      this.#message(from, left.subarray(0, end));
      left = left.subarray(end);
    }
    this.#messages[from] = left;
  }

  #message(from: Sender, message: Buffer): void {
    const type = message.readUInt8(0);
    if (type === 20) this.#checkFinished(from, message.subarray(4));
    if (type === 1) this.clientRandom = message.subarray(6, 38);
    this.#transcript = Buffer.concat([this.#transcript, message]);
    if (type === 2) this.#serverHello(message.subarray(4));
    if (type === 16) this.sessionHash = this.#transcriptHash();
    if (type === 20 && this.suite.version === "TLSv1.3") {
      this.#open(
        from,
        this.secret(from === "client" ? "CLIENT_TRAFFIC_SECRET_0" : "SERVER_TRAFFIC_SECRET_0"),
      );
    }
    if (type === 24) {
      this.keyUpdates.push(from);
      this.#open(from, nextTrafficSecret(this.#traffic[from] ?? new Uint8Array(), this.suite.hash));
    }
  }

  #serverHello(body: Uint8Array): void {
    const hello = new ByteReader(body, "server_hello");
    hello.uint16("legacy_version");
    const random = hello.bytes(32, "random");
    hello.vector(1, "session_id");
    this.#suite = CIPHER_SUITES.get(hello.uint16("cipher_suite"));
    hello.uint8("compression_method");
    const extensions = hello.isEmpty ? hello : hello.vector(2, "extensions");
    while (!extensions.isEmpty) {
      this.extensions.add(extensions.uint16("type"));
      extensions.vector(2, "data");
    }
    if (HELLO_RETRY_REQUEST.equals(random)) return this.#restartTranscript(body.length + 4);
    this.serverRandom = random;
    if (!this.extensions.has(SUPPORTED_VERSIONS)) return;
    this.#open("client", this.secret("CLIENT_HANDSHAKE_TRAFFIC_SECRET"));
    this.#open("server", this.secret("SERVER_HANDSHAKE_TRAFFIC_SECRET"));
  }

  /** RFC 8446 §4.4.1: the first ClientHello counts as its hash. */
  #restartTranscript(retryLength: number): void {
    const first = this.#transcript.subarray(0, -retryLength);
    const hashed = digest(this.suite.hash, first, "buffer");
    const retry = this.#transcript.subarray(-retryLength);
    this.#transcript = Buffer.concat([Uint8Array.of(254, 0, 0, hashed.length), hashed, retry]);
  }

  #checkFinished(from: Sender, verifyData: Uint8Array): void {
    const { suite } = this;
    const expected =
      suite.version === "TLSv1.2"
        ? tls12VerifyData(this.secret("CLIENT_RANDOM"), suite.hash, from, this.#transcriptHash())
        : finishedVerifyData(this.#traffic[from] ?? new Uint8Array(), suite.hash, this.#transcriptHash());
    assert.deepEqual(Buffer.from(verifyData), Buffer.from(expected), `Finished of the ${from}`);
    this.finished.push(from);
  }

  #tls12Openers(): Record<Sender, RecordOpener> {
    assert(this.suite.version === "TLSv1.2");
    return openTls12Records({
      suite: this.suite,
      masterSecret: this.secret("CLIENT_RANDOM"),
      randoms: { client: this.clientRandom, server: this.serverRandom },
      encryptThenMac: this.encryptThenMac,
    });
  }

  #open(side: Sender, secret: Uint8Array): void {
    assert(this.suite.version === "TLSv1.3");
    this.#traffic[side] = secret;
    this.#openers[side] = new Tls13RecordOpener(this.suite, secret);
  }

  #transcriptHash(): Uint8Array {
    return digest(this.suite.hash, this.#transcript, "buffer");
  }
}
