import type { Sender } from "../../../tls/records/sender.ts";
import { CIPHER_SUITE_NAMES } from "../../../tls/code-points/code-points-cipher-suites.ts";
import { NAMED_GROUPS } from "../../../tls/code-points/code-points-named-groups.ts";
import { VERSIONS } from "../../../tls/code-points/code-points-version.ts";
import { isGrease } from "../../../tls/code-points/code-points.ts";
import type { ClientHello } from "../../../tls/messages/hello/client-hello.ts";
import type { ServerHello } from "../../../tls/messages/hello/server-hello.ts";
import { senderOf, type TraceMessage, type TraceProblem } from "../../../tls/observer/trace-message.ts";
import type { ConnectionEvent } from "../../../tls/observer/connection-event.ts";
import type { Preface } from "../connection/connection-writer.ts";
import type { TracedConnection } from "../connection/traced-connection.ts";

/** What one side sent, as far as it was seen. */
export interface SentBytes {
  /** Of TCP's payload. */
  bytes: number;
  /** How often bytes are missing, and how many in all. */
  gaps: number;
  missing: number;
}

/** What is kept of the problems of one connection. */
const MOST_PROBLEMS = 16;

/** What there is to say of a connection as a whole; text of others is as it came. */
export class ConnectionSummary {
  readonly #side: TracedConnection["side"];
  /** Of the event that began it. */
  startMs: number | undefined;
  startPacket: number | undefined;
  /** Of the last event. */
  timeMs: number | undefined;
  packet: number | undefined;
  /** What came before TLS, in order. */
  before: readonly string[] = [];
  /** That the server refused to begin TLS, in its words. */
  refusal: string | undefined;
  /** What the client asked for; undefined until its ClientHello was read. */
  offered:
    | {
        readonly serverName: string | null;
        readonly versions: readonly string[];
        readonly alpn: readonly string[] | null;
      }
    | undefined;
  version: string | null = null;
  suite: string | null = null;
  group: string | null = null;
  alpn: string | null = null;
  /** The server took up an earlier session; undefined until it answered. */
  isResumed: boolean | undefined;
  readonly sent: Readonly<Record<Sender, SentBytes>> = { client: nothingSent(), server: nothingSent() };
  /** Who ended it first, and how; undefined when that was not seen. */
  end: { readonly how: "closed" | "reset"; readonly by: Sender } | undefined;
  readonly problems: TraceProblem[] = [];
  /** Why not all was decrypted, where that is so: the first reason, however many problems came before it. */
  notDecrypted: string | undefined;
  #sessionId: Uint8Array | undefined;

  constructor({ side }: Pick<TracedConnection, "side">) {
    this.#side = side;
  }

  /** Who sent what is told in this direction. */
  senderOf({ direction }: Pick<TraceMessage, "direction">): Sender {
    return senderOf(direction, this.#side);
  }

  /** The one side that was captured, where the other one is known to have sent something, too. */
  get oneSided(): Sender | undefined {
    const { client, server } = this.sent;
    if (isUnseen(client) === isUnseen(server)) return undefined;
    return isUnseen(client) ? "server" : "client";
  }

  event(event: ConnectionEvent): void {
    if (event.kind === "open") {
      this.startMs = event.timeMs;
      this.startPacket = event.packet;
    }
    this.timeMs = event.timeMs ?? this.timeMs;
    this.packet = event.packet ?? this.packet;
    switch (event.kind) {
      case "data":
        this.sent[event.sender].bytes += event.bytes.length;
        break;
      case "gap":
        this.sent[event.sender].gaps += 1;
        this.sent[event.sender].missing += event.length;
        break;
      case "finish":
        this.end ??= { how: "closed", by: event.sender };
        break;
      case "reset":
        this.end ??= { how: "reset", by: event.sender };
        break;
    }
  }

  preface({ before, refusal }: Preface): void {
    this.before = before;
    this.refusal = refusal?.answer;
  }

  message({ parsed }: TraceMessage): void {
    switch (parsed?.name) {
      case "client_hello":
        this.#clientHello(parsed.message);
        break;
      case "server_hello":
        if (!parsed.message.isHelloRetryRequest) this.#serverHello(parsed.message);
        break;
      case "encrypted_extensions":
        this.alpn = parsed.message.alpnProtocol ?? null;
        break;
      case "server_key_exchange":
        if (parsed.message.method === "ecdhe") this.group = nameGroup(parsed.message.namedGroup);
        break;
    }
  }

  problem(problem: TraceProblem): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push(problem);
    const { kind, message } = problem;
    if (kind === "undecryptable" || kind === "unread") this.notDecrypted ??= message;
  }

  #clientHello({
    serverName,
    supportedVersions,
    legacyVersion,
    alpnProtocols,
    sessionId,
  }: ClientHello): void {
    this.offered ??= {
      serverName: serverName ?? null,
      versions: (supportedVersions ?? [legacyVersion]).filter((code) => !isGrease(code)).map(nameVersion),
      alpn: alpnProtocols ?? null,
    };
    this.#sessionId = sessionId.slice();
  }

  #serverHello(hello: ServerHello): void {
    this.version = nameVersion(hello.version);
    this.suite = CIPHER_SUITE_NAMES.name(hello.cipherSuite) ?? hex(hello.cipherSuite);
    this.alpn = hello.alpnProtocol ?? null;
    if (hello.keyShare !== undefined) this.group = nameGroup(hello.keyShare.group);
    const asked = this.#sessionId ?? hello.sessionId;
    const isSameSession = asked.length > 0 && Buffer.compare(asked, hello.sessionId) === 0;
    this.isResumed =
      this.version === "TLSv1.3"
        ? hello.selectedIdentity !== undefined
        : this.offered !== undefined && isSameSession;
  }
}

function isUnseen({ bytes, missing }: SentBytes): boolean {
  return bytes === 0 && missing > 0;
}

function nothingSent(): SentBytes {
  return { bytes: 0, gaps: 0, missing: 0 };
}

/** IANA's name, else the number. */
function nameGroup(code: number): string {
  return NAMED_GROUPS.name(code) ?? hex(code);
}

function nameVersion(code: number): string {
  return VERSIONS.name(code) ?? hex(code);
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(4, "0")}`;
}
