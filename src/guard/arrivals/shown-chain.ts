import { HandclaspError } from "../../errors.ts";
import { CONTENT_TYPE } from "../../tls/code-points/content-type.ts";
import { type HandshakeFrame, HandshakeReader } from "../../tls/records/handshake-reader.ts";
import { parseKeyLogLine } from "../../tls/keys/key-log.ts";
import { parseCertificateMessage } from "../../tls/messages/certificates/certificate.ts";
import { Tls13RecordOpener } from "../../tls/keys/open-record-tls13.ts";
import { RecordReader, type TlsRecord } from "../../tls/records/record-reader.ts";
import type { Tls13Suite } from "../../tls/keys/tls13-suite.ts";
import { readCertificate } from "../../x509/certificate-facts.ts";
import { readNameSizes } from "../../x509/parts/name-sizes.ts";

const CERTIFICATE = 11;
/** A client's own certificate, which costs one verification, and those that OpenSSL goes on to. */
const MOST_CERTIFICATES = 4;
/** Of those behind the client's own, all together. */
const MOST_ISSUER_BYTES = 16 * 1024;
/**
 * OpenSSL compares each name with each constraint above it: 700 ms where each kind has some kB. This many bytes of the one
 * times bytes of the other took 6 ms.
 */
const MOST_NAME_WORK = 1024 * 1024;
/** What `readCertificate` takes, issuers, and what stands between. */
const MOST_MESSAGE = (48 + 16 + 1) * 1024;

/** What opens a client's flight in TLS 1.3. */
export interface FlightSecret {
  readonly suite: Tls13Suite;
  /** The key log line of CLIENT_HANDSHAKE_TRAFFIC_SECRET. */
  readonly line: Buffer;
}

/**
 * Reads the certificates of a client before OpenSSL does, which verifies every signature of whatever chain it is given.
 * Bounds how many there are, how large, and the kinds of their keys.
 */
export class ShownChain {
  readonly #records = new RecordReader();
  readonly #messages = new HandshakeReader({ maxMessageLength: MOST_MESSAGE });
  readonly #opener: Tls13RecordOpener | undefined;
  #isSound = false;

  /** `secret` is undefined in TLS 1.2, where certificates are sent in the clear. */
  constructor(secret: FlightSecret | undefined) {
    const entry = secret && parseKeyLogLine(secret.line);
    if (secret !== undefined && entry !== undefined) {
      this.#opener = new Tls13RecordOpener(secret.suite, entry.secret);
    }
  }

  /**
   * The next bytes behind the ClientHello; they are kept, and must not change. Says whether all certificates are there
   * and within the bounds. Throws a HandclaspError when they are not, or cannot be found.
   */
  read(bytes: Uint8Array): boolean {
    if (this.#isSound) return true;
    for (const record of this.#records.read(bytes)) {
      const fragment = this.#fragment(record);
      if (fragment === undefined) continue;
      for (const message of this.#messages.read(fragment)) {
        this.#judge(message);
        return (this.#isSound = true);
      }
    }
    return false;
  }

  /** The part of a handshake message in a record; undefined when it has none. */
  #fragment(record: TlsRecord): Uint8Array | undefined {
    if (record.type === CONTENT_TYPE.alert) return undefined;
    if (this.#opener === undefined) {
      if (record.type === CONTENT_TYPE.handshake) return record.fragment;
    } else {
      if (record.type === CONTENT_TYPE.changeCipherSpec) return undefined;
      // Early data, which would not open, is no part of our handshakes.
      const { type, content } = this.#opener.open(record);
      if (type === CONTENT_TYPE.handshake) return content;
      if (type === CONTENT_TYPE.alert) return undefined;
    }
    throw unexpected(`a record of type ${record.type}`);
  }

  #judge({ type, body }: HandshakeFrame): void {
    if (type !== CERTIFICATE) throw unexpected(`a handshake message of type ${type}`);
    const version = this.#opener === undefined ? "TLSv1.2" : "TLSv1.3";
    const { entries } = parseCertificateMessage(body, version);
    if (entries.length > MOST_CERTIFICATES) throw tooMuch(`${entries.length} certificates`);
    let issuerBytes = 0;
    let names = 0;
    let constraints = 0;
    for (const [at, { certificate }] of entries.entries()) {
      if (at > 0) issuerBytes += certificate.length;
      if (issuerBytes > MOST_ISSUER_BYTES) throw tooMuch(`${issuerBytes} bytes of issuers`);
      readCertificate(certificate);
      const sizes = readNameSizes(certificate);
      names += sizes.names;
      constraints += sizes.constraints;
    }
    if (names * constraints > MOST_NAME_WORK) throw tooMuch(`${names} bytes of names under constraints`);
  }
}

function unexpected(what: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_MALFORMED", `${what} where a client's certificates belong`);
}

function tooMuch(what: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_CERTIFICATE_MALFORMED", `the client sent ${what}`);
}
