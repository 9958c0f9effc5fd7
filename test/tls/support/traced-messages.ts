import { hash as digest } from "node:crypto";
import type { Trace } from "../../vectors/rfc8448-trace.ts";

/** The handshake messages of a trace, whole, in order; of a HelloRetryRequest what it makes of the first ClientHello. */
export function tracedMessages(trace: Trace): readonly Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (const { bytes, type = bytes[0], content = bytes.subarray(5) } of trace.records) {
    if (type === 22) messages.push(...split(Buffer.from(content)));
  }
  const [hello, retry] = messages;
  if (hello === undefined || retry === undefined || messages[2]?.[0] !== CLIENT_HELLO) return messages;
  const messageHash = Buffer.concat([Uint8Array.of(254, 0, 0, 32), digest("sha256", hello, "buffer")]);
  return [messageHash, ...messages.slice(1)];
}

const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const FINISHED = 20;

/** The hashes at the points where RFC 8446 §7.1 and §4.4 need them. */
export interface TranscriptHashes {
  readonly clientHello: Uint8Array;
  readonly serverHello: Uint8Array;
  readonly beforeServerFinished: Uint8Array;
  readonly serverFinished: Uint8Array;
  readonly beforeClientFinished: Uint8Array;
  readonly clientFinished: Uint8Array;
}

export function transcriptHashes(messages: readonly Uint8Array[]): TranscriptHashes {
  const lastHello = messages.findLastIndex(([type]) => type === SERVER_HELLO);
  const [server = 0, client = 0] = messages.flatMap(([type], index) => (type === FINISHED ? [index] : []));
  const upTo = (end: number): Uint8Array => digest("sha256", Buffer.concat(messages.slice(0, end)), "buffer");
  return {
    clientHello: upTo(lastHello),
    serverHello: upTo(lastHello + 1),
    beforeServerFinished: upTo(server),
    serverFinished: upTo(server + 1),
    beforeClientFinished: upTo(client),
    clientFinished: upTo(client + 1),
  };
}

export function finishedOf(messages: readonly Uint8Array[]): {
  readonly server: Uint8Array;
  readonly client: Uint8Array;
} {
  const [server, client] = messages
    .filter(([type]) => type === FINISHED)
    .map((message) => message.subarray(4));
  return { server: server ?? new Uint8Array(), client: client ?? new Uint8Array() };
}

function split(content: Buffer): readonly Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < content.length;) {
    const end = at + 4 + content.readUIntBE(at + 1, 3);
    messages.push(content.subarray(at, end));
    at = end;
  }
  return messages;
}
