import type { Endpoint } from "../../capture/connection.ts";
import { PcapngRecorder } from "../../capture/pcapng-recorder.ts";
import { observing } from "../../guard/observe.ts";
import type { TapListener } from "../../guard/tap.ts";
import { HandshakeObserver } from "../../tls/handshake-observer.ts";
import type { TraceMessage, TraceProblem } from "../../tls/trace-message.ts";
import { explaining } from "./explaining.ts";
import { formatterOf, type TextFormat, type TraceFlags } from "./format.ts";
import { recordingOf } from "./recording.ts";
import { TraceWriter } from "./writer.ts";

/** A connection that is being traced; `side` is ours. */
export interface TracedConnection {
  readonly id: string;
  readonly side: "client" | "server";
  readonly client: Endpoint;
  readonly server: Endpoint;
}

export interface TraceOutputOptions extends TraceFlags {
  /** Told what could not be read or decrypted. */
  readonly onProblem: (problem: TraceProblem) => void;
  /** Told in a paragraph what each connection came to, if that is wanted. */
  readonly onExplained?: (connection: string, explanation: string) => void;
}

/** Writes what happens on live connections, in one of the formats. */
export class TraceOutput implements Disposable {
  readonly #writer: TraceWriter;
  readonly #onExplained: TraceOutputOptions["onExplained"];
  readonly #listenerFor: (connection: TracedConnection) => TapListener;
  /** How to write what waits for its secrets, for each connection that is recorded. */
  readonly #waiting = new Set<() => void>();

  /** Throws what `TraceWriter` throws. */
  constructor({ onProblem, onExplained, ...flags }: TraceOutputOptions) {
    this.#onExplained = onExplained;
    this.#writer = new TraceWriter(flags);
    this.#listenerFor =
      flags.format === "pcapng" ? this.#recording() : this.#printing(flags.format, onProblem);
  }

  /** What hears the bytes and secrets of one connection, and writes them. */
  trace(connection: TracedConnection): TapListener {
    const listener = this.#listenerFor(connection);
    return this.#onExplained === undefined ? listener : explaining(listener, connection, this.#onExplained);
  }

  [Symbol.dispose](): void {
    for (const flush of this.#waiting) flush();
    this.#waiting.clear();
    this.#writer[Symbol.dispose]();
  }

  #recording(): (connection: TracedConnection) => TapListener {
    const recorder = new PcapngRecorder((bytes) => this.#writer.write(bytes));
    return (connection) => {
      const { listener, flush } = recordingOf(recorder, connection, () => this.#waiting.delete(flush));
      this.#waiting.add(flush);
      return listener;
    };
  }

  #printing(
    format: TextFormat,
    onProblem: (problem: TraceProblem) => void,
  ): (connection: TracedConnection) => TapListener {
    const toText = formatterOf(format);
    return ({ id, side }) => {
      const onMessage = (message: TraceMessage): void => this.#writer.write(`${toText(message)}\n`);
      return observing(new HandshakeObserver({ connection: id, side, now: Date.now, onMessage, onProblem }));
    };
  }
}
