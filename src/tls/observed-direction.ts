import { type HandclaspError, isHandclaspError } from "../errors.ts";
import { tlsVersion, VERSIONS } from "./code-points-version.ts";
import { CONTENT_TYPE } from "./content-type.ts";
import { malformedFrame } from "./frame-reader.ts";
import { type HandshakeFrame, HandshakeReader } from "./handshake-reader.ts";
import { parseAlert } from "./messages/alert.ts";
import { parseChangeCipherSpec } from "./messages/change-cipher-spec.ts";
import type { ClientHello } from "./messages/client-hello.ts";
import { type HandshakeMessage, parseHandshakeMessage } from "./messages/handshake-message.ts";
import { type Hellos, takeClientHello, takeServerHello } from "./observed-hellos.ts";
import { ObservedKeys } from "./observed-keys.ts";
import type { Opening, Sender } from "./observed-opening.ts";
import type { ObservedSecrets } from "./observed-secrets.ts";
import type { TlsRecord } from "./record-reader.ts";
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

  /** Tells what is in a record; what is missing instead, when the record has to wait. */
  take(record: TlsRecord, when: Arrival): string | undefined {
    const opening = this.#keys.open(record, this.#hellos, this.pending > 0);
    if (opening.state === "waiting") return opening.missing;
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
    this.#handshake = new HandshakeReader(this.#options);
  }

  #takeOpening(opening: Exclude<Opening, { state: "waiting" }>, record: TlsRecord, when: Arrival): void {
    if (opening.problem !== undefined) {
      const error = opening.state === "open" || opening.error === undefined ? {} : { error: opening.error };
      this.#problem({ ...when, kind: "undecryptable", message: opening.problem, ...error });
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
    let keysChanged = false;
    const reader = this.#handshake;
    reader.push(fragment);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      if (keysChanged)
        throw malformedFrame("handshake", record.offset, "a message goes on where its keys have ended");
      const parsed = this.#parse(frame, when);
      if (parsed !== undefined) this.#heed(parsed);
      this.#message(when, this.#version(record), CONTENT_TYPE.handshake, frame.type, frame.bytes, parsed);
      keysChanged = this.#keys.after(frame.type);
    }
    if (keysChanged) this.#handshake.endEpoch();
  }

  #parse(frame: HandshakeFrame, when: Arrival): HandshakeMessage | undefined {
    const { server } = this.#hellos;
    const version = tlsVersion(server?.version ?? 0) ?? "TLSv1.2";
    const { maxMessageLength } = this.#options;
    const known = { version, maxMessageLength };
    const context = server === undefined ? known : { ...known, cipherSuite: server.cipherSuite };
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
      this.#hellos.earlyDataAccepted = parsed.message.earlyData === true;
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

  /** The one negotiated; before that the highest that the client offers; before that the record's. */
  #version(record: TlsRecord): string {
    const { client, retry, server } = this.#hellos;
    return nameOf((server ?? retry)?.version ?? highestOffered(client) ?? record.version);
  }
}

function highestOffered(hello: ClientHello | undefined): number | undefined {
  if (hello?.supportedVersions === undefined) return hello?.legacyVersion;
  const known = hello.supportedVersions.filter((code) => tlsVersion(code) !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function nameOf(version: number): string {
  return tlsVersion(version) ?? VERSIONS.name(version) ?? `0x${version.toString(16).padStart(4, "0")}`;
}
