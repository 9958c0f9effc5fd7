import { BeforeTls } from "../../capture/before-tls/before-tls.ts";
import type { PrefaceRefusal } from "../../capture/before-tls/conversation.ts";
import type { PrefaceName } from "../../capture/before-tls/preface-name.ts";
import type { Connection, Direction, TcpEvent } from "../../capture/connection.ts";
import { HandshakeObserver } from "../../tls/handshake-observer.ts";
import type { TraceMessage, TraceProblem } from "../../tls/trace-message.ts";
import type { HandshakeFacts } from "../../explain/handshake-facts.ts";
import { StoryTeller } from "./story.ts";
import type { TraceSecrets } from "./secrets.ts";

/** What a capture tells of one connection. */
export interface CapturedListener {
  message(message: TraceMessage): void;
  problem(problem: TraceProblem): void;
}

/** The last time that has a date; pcapng has room for later ones. */
const LAST_MS = 8_640_000_000_000_000;

/** Observes one connection of a capture, the way its server saw it. */
export class CapturedConnection {
  readonly connection: Connection;
  readonly #observer: HandshakeObserver;
  readonly #listener: CapturedListener;
  readonly #id: string;
  /** Once bytes are missing, where records begin is not known any more. */
  readonly #lost = new Set<Direction>();
  readonly #story: StoryTeller = new StoryTeller("server");
  readonly #preface: BeforeTls;
  #unfollow: (() => void) | undefined;
  #time = 0;
  #packet = 0;
  #messages = 0;

  constructor(connection: Connection, secrets: TraceSecrets, listener: CapturedListener) {
    this.connection = connection;
    this.#listener = listener;
    this.#id = String(connection.id);
    this.#story.isHeadless = !connection.fromStart;
    this.#preface = new BeforeTls(!connection.fromStart, {
      data: (sender, bytes) => this.#data(sender, bytes),
      gap: (sender, length) => this.#gap(sender, length),
    });
    this.#observer = new HandshakeObserver({
      connection: this.#id,
      now: () => this.#time,
      packet: () => this.#packet,
      onMessage: (message) => {
        this.#messages += 1;
        this.#story.message(message);
        listener.message(message);
        if (message.parsed?.name !== "client_hello") return;
        this.#unfollow?.();
        this.#unfollow = secrets.follow(message.parsed.message.random, ({ label, clientRandom, secret }) =>
          this.#observer.secret(label, clientRandom, secret),
        );
      },
      onProblem: (problem) => {
        this.#story.problem(problem);
        listener.problem(problem);
      },
      onApplicationData: (direction, bytes) =>
        this.#story.told(direction === "read" ? "client" : "server", bytes),
    });
  }

  /** Whether anything of it was TLS. */
  get isTls(): boolean {
    return this.#messages > 0;
  }

  /** What came before TLS, in order. */
  get before(): readonly PrefaceName[] {
    return this.#preface.before;
  }

  /** That the server did not want to begin TLS, or to lead to who would. */
  get refusal(): PrefaceRefusal | undefined {
    return this.#preface.refusal;
  }

  /** What it came to; to be asked once it is closed. */
  get story(): HandshakeFacts {
    return this.#story;
  }

  event(event: TcpEvent): void {
    this.#time = Math.min(event.timeMs ?? this.#time, LAST_MS);
    this.#packet = event.packet;
    switch (event.kind) {
      case "data":
        this.#preface.data(event.direction, event.bytes);
        break;
      case "gap":
        this.#preface.gap(event.direction, event.length);
        break;
      case "finish":
        this.#story.ended(event.direction, "closed");
        break;
      case "reset":
        this.#story.ended(event.direction, "reset");
        break;
      case "close":
        this.#preface.end();
        this.#story.isCut ||= this.#story.end === undefined;
        this.#unfollow?.();
        this.#observer.end();
        break;
    }
  }

  #data(sender: Direction, bytes: Uint8Array): void {
    if (this.#lost.has(sender)) return;
    this.#story.bytes(sender, bytes);
    // The observer keeps what it was given, the reader of the file writes over it.
    if (sender === "client") this.#observer.read(bytes.slice());
    else this.#observer.wrote(bytes.slice());
  }

  #gap(direction: Direction, length: number): void {
    if (this.#lost.has(direction)) return;
    this.#lost.add(direction);
    this.#story.isCut = true;
    this.#listener.problem({
      connection: this.#id,
      time: this.#time,
      packet: this.#packet,
      direction: direction === "client" ? "read" : "write",
      kind: "truncated",
      message: `the capture lacks ${length} bytes of the ${direction}'s, and nothing after them can be read`,
    });
  }
}
