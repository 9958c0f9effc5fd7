import { type HandclaspError, isHandclaspError } from "../../errors.ts";
import { HANDSHAKE_TYPE, HANDSHAKE_TYPES } from "../code-points/code-points.ts";
import {
  type HandshakeVersion,
  SSL_2,
  SSL_3,
  tlsVersion,
  VERSIONS,
} from "../code-points/code-points-version.ts";
import { CONTENT_TYPE } from "../code-points/content-type.ts";
import { type Hole, malformedFrame } from "../records/frame-reader.ts";
import { type HandshakeFrame, HandshakeReader } from "../records/handshake-reader.ts";
import { parseAlert } from "../messages/alert.ts";
import { parseChangeCipherSpec } from "../messages/change-cipher-spec.ts";
import type { ClientHello } from "../messages/hello/client-hello.ts";
import { type HandshakeMessage, parseHandshakeMessage } from "../messages/handshake-message.ts";
import { parseSsl2ClientHello } from "../messages/hello/ssl2-client-hello.ts";
import { certificateTypeOf, type Hellos, takeClientHello, takeServerHello } from "./observed-hellos.ts";
import { ObservedKeys } from "./observed-keys.ts";
import type { Opening, SealedOpening } from "./observed-opening.ts";
import type { Sender } from "../records/sender.ts";
import type { ObservedSecrets } from "./observed-secrets.ts";
import { isPlausibleHandshake } from "./plausible-handshake.ts";
import type { TlsRecord } from "../records/record-reader.ts";
import {
  type Arrival,
  CHANGE_CIPHER_SPEC_TYPE,
  TRACE_CONTENT_TYPE,
  type TraceDirection,
  type TraceMessage,
  type TraceProblem,
} from "./trace-message.ts";

export interface ObservedDirectionOptions {
  /** For each message. */
  readonly connection: string;
  readonly direction: TraceDirection;
  readonly sender: Sender;
  readonly hellos: Hellos;
  readonly secrets: ObservedSecrets;
  readonly onMessage: (message: TraceMessage) => void;
  readonly onProblem: (problem: TraceProblem) => void;
  readonly onApplicationData?: ((direction: TraceDirection, bytes: Uint8Array) => void) | undefined;
  readonly maxMessageLength: number;
}

/** What one sender says, record by record. */
export class ObservedDirection {
  readonly #options: ObservedDirectionOptions;
  readonly #keys: ObservedKeys;
  #handshake: HandshakeReader;
  #hellos: Hellos;
  /** Whether bytes are missing, and no message was made out behind them yet. */
  #isAdrift = false;
  /** The last record that came behind missing bytes. */
  #landing: TlsRecord | undefined;

  constructor(options: ObservedDirectionOptions) {
    this.#options = options;
    this.#hellos = options.hellos;
    this.#keys = new ObservedKeys(options.sender, options.secrets);
    this.#handshake = new HandshakeReader(options);
  }

  /** Bytes of a handshake message that is not complete. */
  get pending(): number {
    return this.#handshake.pending;
  }

  /** Tells what is in a record, before which so many bytes are missing; what it waits for instead, when it has to wait. */
  take(record: TlsRecord, when: Arrival, missing: number): string | undefined {
    if (record.gap !== undefined) this.#land(record, record.gap);
    const opening = this.#keys.open(record, this.#hellos, this.pending > 0, this.#isAdriftAt(record));
    if (opening.state === "waiting") return opening.missing;
    if (missing > 0) this.#problem({ ...when, kind: "truncated", message: describeMissing(missing) });
    const { header, type, version } = record;
    this.#message(when, nameOf(version), TRACE_CONTENT_TYPE.header, type, header);
    try {
      this.#takeOpening(opening, record, when);
    } catch (error) {
      if (!isHandclaspError(error, "ERR_HANDCLASP_MALFORMED")) throw error;
      this.lose();
      this.#malformed(error, when);
    }
    return undefined;
  }

  /** From now on only headers are told. */
  lose(): void {
    this.#keys.lose();
    this.#dropMessage();
  }

  /** What was waited for of the other side does not come. */
  goAlone(): void {
    this.#keys.goAlone();
  }

  /** A record may be asked about more than once, while it waits. */
  #land(record: TlsRecord, gap: number): void {
    if (record === this.#landing) return;
    this.#landing = record;
    this.#keys.gap(gap);
    this.#isAdrift = true;
    this.#dropMessage();
  }

  #isAdriftAt({ type, fragment }: TlsRecord): boolean {
    return this.#isAdrift && !(type === CONTENT_TYPE.handshake && this.#isPlausible(fragment));
  }

  #isPlausible(fragment: Uint8Array): boolean {
    const { sender, maxMessageLength } = this.#options;
    return isPlausibleHandshake(fragment, sender, maxMessageLength);
  }

  #dropMessage(): void {
    this.#handshake = new HandshakeReader(this.#options);
  }

  #takeOpening(opening: Exclude<Opening, { state: "waiting" }>, record: TlsRecord, when: Arrival): void {
    if (opening.problem !== undefined) {
      const { error, kind = "undecryptable" }: Partial<SealedOpening> =
        opening.state === "open" ? {} : opening;
      this.#problem({ ...when, kind, message: opening.problem, ...(error && { error }) });
    }
    if (opening.state === "sealed") return;
    const { type, content, inner } = opening;
    const version = this.#version(record);
    if (inner) this.#message(when, version, TRACE_CONTENT_TYPE.innerContentType, type, Uint8Array.of(type));
    if (type === CONTENT_TYPE.handshake) this.#takeHandshake(content, record, when);
    else if (type === CONTENT_TYPE.alert)
      this.#message(when, version, type, parseAlert(content).description.code, content);
    else if (type === CONTENT_TYPE.changeCipherSpec) {
      parseChangeCipherSpec(content);
      this.#message(when, version, type, CHANGE_CIPHER_SPEC_TYPE, content);
      if (this.#keys.changeCipherSpec(this.#hellos)) this.#handshake.endEpoch();
    } else if (type === CONTENT_TYPE.applicationData) {
      this.#options.onApplicationData?.(this.#options.direction, content);
    }
  }

  #takeHandshake(fragment: Uint8Array, record: TlsRecord, when: Arrival): void {
    if (this.#isAdrift && !this.#isPlausible(fragment)) return;
    this.#isAdrift = false;
    const { hole } = record;
    if (record.version === SSL_2) return this.#takeSsl2Hello(fragment, record, when);
    if (hole !== undefined) return this.#takeHoled(fragment, hole, record, when);
    this.#handshake.push(fragment);
    this.#tellMessages(record, when);
  }

  /** RFC 5246 §E.2. */
  #takeSsl2Hello(fragment: Uint8Array, record: TlsRecord, when: Arrival): void {
    const type = HANDSHAKE_TYPE.client_hello;
    const parsed: HandshakeMessage = { name: "client_hello", type, message: parseSsl2ClientHello(fragment) };
    this.#heed(parsed);
    this.#message(when, this.#version(record), CONTENT_TYPE.handshake, type, fragment, parsed);
  }

  /** What stands behind a hole is read when the hole is within a message. */
  #takeHoled(fragment: Uint8Array, { from, to }: Hole, record: TlsRecord, when: Arrival): void {
    if (from > 0) this.#handshake.push(fragment.subarray(0, from));
    this.#tellMessages(record, when);
    if (this.#handshake.gap(to - from)) {
      if (to < fragment.length) this.#handshake.push(fragment.subarray(to));
      this.#tellMessages(record, when);
    } else {
      this.#dropMessage();
      this.#isAdrift = true;
    }
  }

  #tellMessages(record: TlsRecord, when: Arrival): void {
    let keysChanged = false;
    const reader = this.#handshake;
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      if (keysChanged)
        throw malformedFrame("handshake", record.offset, "a message goes on where its keys have ended");
      const parsed =
        frame.lacks === undefined ? this.#parse(frame, record, when) : this.#tellIncomplete(frame, when);
      if (parsed !== undefined) this.#heed(parsed);
      this.#message(
        when,
        this.#version(record, frame.type),
        CONTENT_TYPE.handshake,
        frame.type,
        frame.bytes,
        parsed,
      );
      keysChanged = this.#keys.after(frame.type);
    }
    if (keysChanged) this.#handshake.endEpoch();
  }

  #tellIncomplete({ type, lacks }: HandshakeFrame, when: Arrival): undefined {
    if (lacks !== "room") return;
    const name = HANDSHAKE_TYPES.name(type) ?? `message of type ${type}`;
    const { maxMessageLength } = this.#options;
    this.#problem({
      ...when,
      kind: "unread",
      message: `a ${name} of more than ${maxMessageLength} bytes was passed over`,
    });
  }

  #parse(frame: HandshakeFrame, record: TlsRecord, when: Arrival): HandshakeMessage | undefined {
    const { server } = this.#hellos;
    const version = handshakeVersion(this.#versionCode(record, frame.type));
    const { maxMessageLength } = this.#options;
    const known = { version, maxMessageLength };
    const certificateType = certificateTypeOf(this.#options.sender, this.#hellos);
    const context = {
      ...known,
      ...(server !== undefined && { cipherSuite: server.cipherSuite }),
      ...(certificateType !== undefined && { certificateType }),
    };
    try {
      return parseHandshakeMessage(frame.type, frame.body, context);
    } catch (error) {
      if (!isHandclaspError(error, "ERR_HANDCLASP_MALFORMED")) throw error;
      this.#malformed(error, when);
      return undefined;
    }
  }

  /** What a message settles for those that follow. */
  #heed(parsed: HandshakeMessage): void {
    const { sender, secrets } = this.#options;
    if (parsed.name === "encrypted_extensions" && sender === "server")
      this.#hellos.encryptedExtensions = parsed.message;
    if (!this.#keys.takesHellos) return;
    if (parsed.name === "client_hello" && sender === "client") {
      this.#hellos = takeClientHello(this.#hellos, parsed.message);
      secrets.own(parsed.message.random);
    } else if (parsed.name === "server_hello" && sender === "server") {
      this.#hellos = takeServerHello(this.#hellos, parsed.message);
    }
  }

  #message(
    when: Arrival,
    version: string,
    contentType: number,
    messageType: number,
    data: Uint8Array,
    parsed?: HandshakeMessage,
  ): void {
    const { connection, direction, onMessage } = this.#options;
    const message = { connection, direction, ...when, version, contentType, messageType, data };
    onMessage(parsed === undefined ? message : { ...message, parsed });
  }

  #malformed(error: HandclaspError, when: Arrival): void {
    this.#problem({ ...when, kind: "malformed", message: error.message, error });
  }

  #problem(problem: Omit<TraceProblem, "connection" | "direction">): void {
    const { connection, direction, onProblem } = this.#options;
    onProblem({ connection, direction, ...problem });
  }

  #version(record: TlsRecord, messageType?: number): string {
    return nameOf(this.#versionCode(record, messageType));
  }

  /**
   * The one negotiated; without a ServerHello that of the record of a message which comes after one; before that the
   * highest that the client offers; before that the record's.
   */
  #versionCode(record: TlsRecord, messageType?: number): number {
    const { client, retry, server } = this.#hellos;
    const negotiated = (server ?? retry)?.version;
    if (negotiated !== undefined) return negotiated;
    const isAnswer = messageType !== undefined && messageType !== HANDSHAKE_TYPE.client_hello;
    return (isAnswer ? undefined : highestOffered(client)) ?? record.version;
  }
}

function describeMissing(bytes: number): string {
  return `${bytes} bytes are missing`;
}

function highestOffered(hello: ClientHello | undefined): number | undefined {
  if (hello?.supportedVersions === undefined) return hello?.legacyVersion;
  const known = hello.supportedVersions.filter((code) => tlsVersion(code) !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** The grammar that a version's messages have; that of TLS 1.2 for one that is not known. */
function handshakeVersion(code: number): HandshakeVersion {
  return code === SSL_3 ? "SSLv3" : (tlsVersion(code) ?? "TLSv1.2");
}

function nameOf(version: number): string {
  return tlsVersion(version) ?? VERSIONS.name(version) ?? `0x${version.toString(16).padStart(4, "0")}`;
}
