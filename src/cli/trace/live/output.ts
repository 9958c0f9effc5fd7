import type { ConnectionListener } from "../../../tls/observer/connection-event.ts";
import type { TraceProblem } from "../../../tls/observer/trace-message.ts";
import { flat } from "../../terminal/prose.ts";
import type { TracedConnection } from "../connection/traced-connection.ts";
import { ConnectionTrace } from "../connection/connection-trace.ts";
import { bothOf, type ConnectionWriter } from "../connection/connection-writer.ts";
import type { TraceFlags } from "../formats/format.ts";
import { type FormatWriter, liveFormat } from "../formats/format-writers.ts";
import { TraceWriter } from "../formats/writer.ts";

export interface TraceOutputOptions extends TraceFlags {
  /** Told what could not be read or decrypted, and at which listener, unless the format has it. */
  readonly onProblem: (problem: TraceProblem, listener: string | undefined) => void;
  /** Told in a paragraph what each connection came to, unless the format has it. */
  readonly onExplained?: (connection: string, explanation: string) => void;
}

/** Writes what happens on live connections, in one of the formats. */
export class TraceOutput implements Disposable {
  readonly #options: TraceOutputOptions;
  readonly #writer: TraceWriter;
  readonly #format: FormatWriter;
  /** Those that are open. */
  readonly #traces = new Set<ConnectionTrace>();

  /** Throws what `TraceWriter` throws. */
  constructor(options: TraceOutputOptions) {
    this.#options = options;
    this.#writer = new TraceWriter(options);
    this.#format = liveFormat(options.format, this.#writer);
  }

  /** What hears one connection, and writes it. */
  trace(connection: TracedConnection): ConnectionListener {
    const own = this.#format.writerFor(connection);
    const writer = this.#format.tellsAll ? own : bothOf(own, this.#aside(connection));
    const trace = new ConnectionTrace(connection, writer, {
      explains: this.#options.explain === true,
      isLive: true,
    });
    this.#traces.add(trace);
    return (event) => {
      trace.event(event);
      if (event.kind === "close") this.#traces.delete(trace);
    };
  }

  /** Connections that are still open end here. */
  [Symbol.dispose](): void {
    for (const trace of this.#traces) {
      trace.event({ kind: "close", reason: "end-of-capture", timeMs: Date.now() });
    }
    this.#traces.clear();
    this.#writer[Symbol.dispose]();
  }

  #aside({ id, listener }: TracedConnection): ConnectionWriter {
    const { onProblem, onExplained } = this.#options;
    return {
      problem: (problem) => onProblem(problem, listener),
      explained: ({ text }) => onExplained?.(id, flat(text)),
    };
  }
}
