import { formatJsonl } from "../../../tls/formats/format-jsonl.ts";
import { ja4 } from "../../../tls/formats/ja4.ts";
import { TRACE_CONTENT_TYPE, type TraceMessage } from "../../../tls/observer/trace-message.ts";
import { toJsonLine } from "../../terminal/output.ts";
import type { TracedConnection } from "../connection/traced-connection.ts";
import { ConnectionSummary } from "./connection-summary.ts";
import type { ConnectionWriter, Explained } from "../connection/connection-writer.ts";
import { describeTime } from "../connection/describe-connection.ts";
import type { TraceWriter } from "./writer.ts";

/** How many headers wait for the ClientHello that they belong to. */
const MOST_WAITING = 16;

/** A line that says which connection it is, a line for each message, and one that says what became of it. */
export function jsonlWriter(connection: TracedConnection, writer: TraceWriter): ConnectionWriter {
  const summary = new ConnectionSummary(connection);
  /** Headers of a hello that the first line shall tell of; undefined once that line is written. */
  let waiting: TraceMessage[] | undefined = [];
  let fingerprint: string | null = null;
  let explained: Explained | undefined;
  const begin = (): void => {
    if (waiting === undefined) return;
    writer.write(`${toJsonLine(beginning(connection, summary, fingerprint))}\n`);
    for (const message of waiting) writer.write(`${formatJsonl(message)}\n`);
    waiting = undefined;
  };
  return {
    event: (event) => summary.event(event),
    preface: (preface) => summary.preface(preface),
    message(message) {
      if (waiting !== undefined && message.parsed?.name === "client_hello")
        fingerprint = ja4(message.parsed.message);
      summary.message(message);
      if (
        waiting !== undefined &&
        message.contentType === TRACE_CONTENT_TYPE.header &&
        waiting.length < MOST_WAITING
      ) {
        waiting.push(message);
        return;
      }
      begin();
      writer.write(`${formatJsonl(message)}\n`);
    },
    problem: (problem) => summary.problem(problem),
    explained: (told) => (explained = told),
    end(isTls) {
      if (!isTls && explained === undefined) return;
      begin();
      writer.write(`${toJsonLine(ending(connection, summary, explained))}\n`);
    },
  };
}

function beginning(
  { id, client, server, isHeadless = false }: TracedConnection,
  { startMs, startPacket, before, offered, version, suite }: ConnectionSummary,
  fingerprint: string | null,
): object {
  return {
    type: "connection",
    connection: id,
    client,
    server,
    packet: startPacket,
    time: describeTime(startMs) ?? null,
    fromStart: !isHeadless,
    before,
    sni: offered?.serverName ?? null,
    alpn: offered?.alpn ?? null,
    versions: offered?.versions ?? null,
    version,
    suite,
    ja4: fingerprint,
  };
}

function ending(
  connection: TracedConnection,
  summary: ConnectionSummary,
  explained: Explained | undefined,
): object {
  const { end, sent, packet, timeMs, version, suite, group, alpn, isResumed, notDecrypted, problems } =
    summary;
  return {
    type: "connection-end",
    connection: connection.id,
    packet,
    time: describeTime(timeMs) ?? null,
    version,
    suite,
    group,
    alpn,
    resumed: isResumed ?? null,
    ended: end?.how ?? "cut",
    by: end?.by ?? null,
    bytes: { client: sent.client.bytes, server: sent.server.bytes },
    missing: {
      client: { gaps: sent.client.gaps, bytes: sent.client.missing },
      server: { gaps: sent.server.gaps, bytes: sent.server.missing },
    },
    oneSided: summary.oneSided ?? null,
    notDecrypted: notDecrypted ?? null,
    problems: problems.map((problem) => ({
      by: summary.senderOf(problem),
      packet: problem.packet,
      kind: problem.kind,
      message: problem.message,
    })),
    ...(explained && { explanation: explained.explanations }),
  };
}
