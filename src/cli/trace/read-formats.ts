import type { Connection, TcpEvent } from "../../capture/connection.ts";
import { PcapngRecorder, type RecordedConnection } from "../../capture/pcapng-recorder.ts";
import { formatServerAddress } from "../../client/server-address.ts";
import type { TraceMessage, TraceProblem } from "../../tls/trace-message.ts";
import { escapeText } from "../../trust/peer-name.ts";
import { say, toIsoTime } from "../output.ts";
import { formatterOf, type TextFormat, type TraceFormat } from "./format.ts";
import { type TraceSecrets, toKeyLogLine } from "./secrets.ts";
import type { TraceWriter } from "./writer.ts";

/** Writes one connection of a capture. */
export interface CapturedWriter {
  event(event: TcpEvent): void;
  message(message: TraceMessage): void;
  problem(problem: TraceProblem): void;
  /** The explanation is what the connection came to, when that was asked for. */
  end(isTls: boolean, explanation?: string): void;
}

/** What writes the connections of a capture in a format. */
export function capturedWriter(
  format: TraceFormat,
  writer: TraceWriter,
  secrets: TraceSecrets,
): (connection: Connection) => CapturedWriter {
  if (format === "pcapng") {
    const recorder = new PcapngRecorder((bytes) => writer.write(bytes));
    return (connection) => recordingWriter(recorder, connection, secrets);
  }
  if (format === "jsonl") return (connection) => lineWriter(format, connection, writer);
  return (connection) => groupWriter(format, connection, writer);
}

/** Each message as it comes; what is no message goes to stderr. */
function lineWriter(format: TextFormat, { id }: Connection, writer: TraceWriter): CapturedWriter {
  const toText = formatterOf(format);
  const problems: TraceProblem[] = [];
  return {
    event: () => undefined,
    message: (message) => writer.write(`${toText(message)}\n`),
    problem: (problem) => void problems.push(problem),
    end(isTls, explanation) {
      if (isTls) for (const problem of problems) say(describeProblem(problem));
      if (explanation !== undefined) say(`connection ${id}: ${explanation}`);
    },
  };
}

/** What is kept of one connection, in characters, until it ends. */
const MOST_KEPT = 256 * 1024;

/**
 * A heading, then all messages of the connection: people read one handshake after the other. Of one that has more to
 * tell than anybody wants to keep, part after part.
 */
function groupWriter(format: TextFormat, connection: Connection, writer: TraceWriter): CapturedWriter {
  const toText = formatterOf(format);
  let kept: string[] = [];
  let length = 0;
  let isBegun = false;
  const add = (line: string): void => {
    kept.push(line, "\n");
    length += line.length + 1;
    if (length > MOST_KEPT) flush();
  };
  const flush = (): void => {
    writer.write(kept.join(""));
    kept = [`# connection ${connection.id} goes on\n`];
    length = 0;
    isBegun = true;
  };
  return {
    event(event) {
      if (event.kind === "open") add(`# ${describeConnection(connection, event.timeMs)}`);
      else if (event.kind === "reset") add(`# the ${event.direction} reset the connection`);
    },
    message: (message) => add(toText(message)),
    problem: (problem) => add(`# ${describeProblem(problem)}`),
    end(isTls, explanation) {
      if (explanation !== undefined) add(`# ${explanation}`);
      const isEmpty = isBegun && length === 0;
      if ((isTls || explanation !== undefined) && !isEmpty) writer.write(kept.join(""));
    },
  };
}

/** Whole connections again, now with their secrets in front of them. */
function recordingWriter(
  recorder: PcapngRecorder,
  { id, client, server }: Connection,
  secrets: TraceSecrets,
): CapturedWriter {
  let time = 0;
  let recorded: RecordedConnection | undefined;
  let unfollow: (() => void) | undefined;
  return {
    event(event) {
      time = event.timeMs ?? time;
      recorded ??= recorder.open(client, server, time);
      if (event.kind === "data") recorded.data(event.direction, time, event.bytes);
      else if (event.kind === "finish") recorded.finish(event.direction, time);
      else if (event.kind === "reset") recorded.reset(event.direction, time);
    },
    message({ parsed }) {
      if (parsed?.name !== "client_hello") return;
      unfollow?.();
      unfollow = secrets.follow(parsed.message.random, (entry) => recorded?.keyLog(toKeyLogLine(entry)));
    },
    problem: (problem) => say(describeProblem(problem)),
    end(_isTls, explanation) {
      unfollow?.();
      recorded?.flush();
      if (explanation !== undefined) say(`connection ${id}: ${explanation}`);
    },
  };
}

function describeConnection(connection: Connection, timeMs: number | undefined): string {
  const { id, client, server, fromStart } = connection;
  const [from, to] = [client, server].map(({ address, port }) =>
    formatServerAddress({ host: address, port }),
  );
  const when = timeMs === undefined || timeMs > LAST_MS ? "" : `, ${toIsoTime(timeMs)}`;
  return `connection ${id}: ${from} to ${to}${when}${fromStart ? "" : ", captured from the middle"}`;
}

const LAST_MS = 8_640_000_000_000_000;

function describeProblem({ connection, direction, kind, message }: TraceProblem): string {
  const who = direction === "read" ? "client" : "server";
  return `connection ${connection}, ${who}, ${kind}: ${escapeText(message)}`;
}
