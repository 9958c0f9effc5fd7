import { BeforeTls } from "../../../capture/before-tls/before-tls.ts";
import type { Sender } from "../../../tls/records/sender.ts";
import { judgeHandshake } from "../../../explain/judge-handshake.ts";
import { HandshakeObserver } from "../../../tls/observer/handshake-observer.ts";
import type { KeyLogEntry } from "../../../tls/keys/key-log.ts";
import type { ServerHello } from "../../../tls/messages/hello/server-hello.ts";
import type { ConnectionEvent } from "../../../tls/observer/connection-event.ts";
import {
  directionOf,
  senderOf,
  type TraceDirection,
  type TraceMessage,
  type TraceProblem,
} from "../../../tls/observer/trace-message.ts";
import type { TracedConnection } from "./traced-connection.ts";
import type { ConnectionWriter } from "./connection-writer.ts";
import { LAST_MS } from "./describe-connection.ts";
import { explainHandshake } from "../story/explain.ts";
import { StoryTeller } from "../story/story.ts";

export interface ConnectionTraceOptions {
  /** Whether the writer is to hear what the connection came to. */
  readonly explains: boolean;
  /** Where secrets are found by the random of a ClientHello, when they are no events; returns how to get no more. */
  readonly follow?: (clientRandom: Uint8Array, onSecret: (entry: KeyLogEntry) => void) => () => void;
  /** The master secret of a session of TLS 1.2 or before, by the id in the ServerHello. */
  readonly ofSession?: (sessionId: Uint8Array) => Uint8Array | undefined;
  /**
   * Whether it is going on right now, and our side is ours: then its bytes stay as they are, and what came to nothing is
   * explained when it is clear, not at the end.
   */
  readonly isLive: boolean;
}

/** More than the handshakes that are met have in a direction. */
const MOST_COPIED = 64 * 1024;

/** The way of one connection, live or captured: its events come in, and are told with the messages they lead to. */
export class ConnectionTrace {
  readonly #connection: TracedConnection;
  readonly #writer: ConnectionWriter;
  readonly #options: ConnectionTraceOptions;
  readonly #observer: HandshakeObserver | undefined;
  readonly #story: StoryTeller | undefined;
  /** Live it is known where TLS begins. */
  readonly #preface: BeforeTls | undefined;
  readonly #copiedBytes: Record<Sender, number> = { client: 0, server: 0 };
  #prefaces = 0;
  #clientRandom: Uint8Array | undefined;
  #unfollow: (() => void) | undefined;
  #time = 0;
  #packet: number | undefined;
  #messages = 0;
  #isUndecryptable = false;
  #isEnding = false;
  #isClosed = false;
  #isExplained = false;

  constructor(connection: TracedConnection, writer: ConnectionWriter, options: ConnectionTraceOptions) {
    this.#connection = connection;
    this.#writer = writer;
    this.#options = options;
    if (options.explains) {
      this.#story = new StoryTeller(connection.side);
      this.#story.isHeadless = connection.isHeadless === true;
      this.#story.isLive = options.isLive;
      this.#story.serverPort = connection.server.port;
      if (options.isLive && connection.isFromFile !== true) this.#story.isHandclasp(connection.side);
    }
    if (!options.isLive) this.#preface = this.#look();
    const isRead = writer.message !== undefined || options.explains || options.follow !== undefined;
    if (isRead) this.#observer = this.#observe();
  }

  /** Whether anything of it was TLS, as far as anybody wanted to know. */
  get isTls(): boolean {
    return this.#messages > 0;
  }

  get isUndecryptable(): boolean {
    return this.#isUndecryptable;
  }

  event(event: ConnectionEvent): void {
    if (this.#isClosed) return;
    this.#time = Math.max(-LAST_MS, Math.min(event.timeMs ?? this.#time, LAST_MS));
    this.#packet = event.packet ?? this.#packet;
    this.#writer.event?.(event);
    switch (event.kind) {
      case "data":
        if (this.#preface === undefined) this.#data(event.sender, event.bytes);
        else this.#preface.data(event.sender, event.bytes);
        break;
      case "gap":
        this.#preface?.gap(event.sender, event.length);
        break;
      case "secret": {
        const { label, clientRandom, secret } = event.entry;
        this.#observer?.secret(label, clientRandom, secret);
        break;
      }
      case "finish":
        this.#story?.ended(event.sender, "closed", event.packet);
        this.#explainEarly(event.sender);
        break;
      case "reset":
        this.#story?.ended(event.sender, "reset", event.packet);
        break;
      case "close":
        this.#close(event.reason === "end-of-capture");
        break;
    }
  }

  #look(): BeforeTls {
    const { isHeadless = false } = this.#connection;
    return new BeforeTls(isHeadless, {
      data: (sender, bytes) => {
        this.#tellBefore();
        this.#data(sender, bytes);
      },
      gap: (sender, length) => this.#gap(sender, length),
    });
  }

  #tellBefore(): void {
    const { before = [], refusal } = this.#preface ?? {};
    if (before.length === this.#prefaces && (refusal === undefined || !this.#isEnding)) return;
    this.#prefaces = before.length;
    if (this.#story !== undefined) {
      this.#story.before = before;
      this.#story.refusal = refusal;
    }
    this.#writer.preface?.({ before: [...before], ...(refusal && { refusal }) });
  }

  #observe(): HandshakeObserver {
    const { id: connection, side, isHeadless = false } = this.#connection;
    const packet = (): number => this.#packet ?? 0;
    const observer = new HandshakeObserver({
      connection,
      side,
      now: () => this.#time,
      ...(!this.#options.isLive && { packet }),
      onMessage: (message) => this.#message(message),
      onProblem: (problem) => this.#problem(problem),
      ...(this.#story !== undefined && { onApplicationData: this.#told }),
    });
    if (isHeadless) for (const direction of ["read", "write"] as const) observer.gap(direction, 0);
    return observer;
  }

  readonly #told = (direction: TraceDirection, bytes: Uint8Array): void => {
    this.#story?.told(senderOf(direction, this.#connection.side), bytes);
  };

  #message(message: TraceMessage): void {
    this.#messages += 1;
    this.#story?.message(message);
    this.#writer.message?.(message);
    if (message.parsed?.name === "server_hello") this.#findSession(message.parsed.message);
    if (message.parsed?.name !== "client_hello") return;
    this.#clientRandom = message.parsed.message.random;
    this.#unfollow?.();
    this.#unfollow = this.#options.follow?.(message.parsed.message.random, (entry) =>
      this.event({ kind: "secret", entry }),
    );
  }

  #findSession({ sessionId }: ServerHello): void {
    const secret = this.#options.ofSession?.(sessionId);
    const clientRandom = this.#clientRandom;
    if (secret === undefined || clientRandom === undefined) return;
    this.event({ kind: "secret", entry: { label: "CLIENT_RANDOM", clientRandom, secret } });
  }

  #problem(problem: TraceProblem): void {
    this.#story?.problem(problem);
    if (problem.kind === "undecryptable") this.#isUndecryptable = true;
    this.#writer.problem?.(problem);
  }

  #data(sender: Sender, bytes: Uint8Array): void {
    this.#story?.bytes(sender, bytes);
    if (this.#observer === undefined) return;
    const kept = this.#options.isLive ? bytes : this.#copied(sender, bytes);
    if (sender === this.#connection.side) this.#observer.wrote(kept);
    else this.#observer.read(kept);
  }

  /** What is kept of a handshake must not hold on to the chunk of the file that it came in. */
  #copied(sender: Sender, bytes: Uint8Array): Uint8Array {
    if (this.#copiedBytes[sender] > MOST_COPIED) return bytes;
    this.#copiedBytes[sender] += bytes.length;
    return bytes.slice();
  }

  #gap(sender: Sender, length: number): void {
    if (this.#story !== undefined) this.#story.isCut = true;
    this.#observer?.gap(directionOf(sender, this.#connection.side), length);
  }

  /** Nothing comes any more of a peer that left before its handshake ended, though our side may wait for a while. */
  #explainEarly(by: Sender): void {
    const { side } = this.#connection;
    const isOver = by !== side && this.#story !== undefined && !this.#story.finished.has(by);
    if (this.#options.isLive && isOver) setImmediate(() => this.#explain());
  }

  #close(isCut: boolean): void {
    this.#preface?.end();
    this.#isEnding = true;
    this.#tellBefore();
    if (this.#story !== undefined) this.#story.isCut ||= this.#story.end === undefined;
    this.#unfollow?.();
    this.#observer?.end();
    // Of a connection that our own end interrupts there is nothing to explain.
    if (!isCut || !this.#options.isLive) this.#explain();
    this.#isClosed = true;
    this.#writer.end?.(this.isTls);
  }

  #explain(): void {
    if (this.#story === undefined || this.#isExplained || this.#isClosed) return;
    this.#isExplained = true;
    this.#writer.explained?.({
      text: explainHandshake(this.#story),
      explanations: judgeHandshake(this.#story),
    });
  }
}
