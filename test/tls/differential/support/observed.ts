import { HandshakeObserver } from "../../../../src/tls/observer/handshake-observer.ts";
import { parseKeyLog } from "../../../../src/tls/keys/key-log.ts";
import {
  TRACE_CONTENT_TYPE,
  type TraceMessage,
  type TraceProblem,
} from "../../../../src/tls/observer/trace-message.ts";

/** What the observer told of a connection. */
export interface Observed {
  readonly messages: readonly TraceMessage[];
  readonly problems: readonly TraceProblem[];
}

export interface ObserveOptions {
  readonly side?: "client" | "server";
  /** When the observer learns the secrets; before the first byte unless told. */
  readonly secrets?: "early" | "late" | "never";
  readonly maxBytes?: number;
}

export type Chunks = readonly (readonly ["client" | "server", Uint8Array])[];

/** Feeds an observer with a recorded connection. */
export function observeChunks(chunks: Chunks, keyLog: string, options: ObserveOptions = {}): Observed {
  const { side = "server", secrets = "early", maxBytes } = options;
  const messages: TraceMessage[] = [];
  const problems: TraceProblem[] = [];
  let now = 0;
  const observer = new HandshakeObserver({
    connection: "the connection",
    now: () => now++,
    side,
    onMessage: (message) => messages.push(message),
    onProblem: (problem) => problems.push(problem),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  const tellSecrets = (): void => {
    for (const { label, clientRandom, secret } of parseKeyLog(keyLog).entries)
      observer.secret(label, clientRandom, secret);
  };
  if (secrets === "early") tellSecrets();
  for (const [from, bytes] of chunks) {
    if (from === side) observer.wrote(bytes);
    else observer.read(bytes);
  }
  if (secrets === "late") tellSecrets();
  observer.end();
  return { messages, problems };
}

/** As lines to compare: direction, content type, message type, data. */
export function lines(messages: readonly TraceMessage[]): readonly string[] {
  return messages.map(({ direction, contentType, messageType, data }) =>
    [direction, contentType, messageType, Buffer.from(data).toString("hex")].join(" "),
  );
}

/** Without the ChangeCipherSpecs that came in, of which OpenSSL tells the header only. */
export function asOpensslTells(messages: readonly TraceMessage[]): readonly TraceMessage[] {
  return messages.filter(
    ({ direction, contentType }) =>
      direction === "write" || contentType !== TRACE_CONTENT_TYPE.changeCipherSpec,
  );
}
