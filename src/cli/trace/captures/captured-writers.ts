import type { TraceMessage } from "../../../tls/observer/trace-message.ts";
import { say } from "../../terminal/output.ts";
import { columnsOf, wrapped } from "../../terminal/prose.ts";
import type { TraceCertificates } from "./certificates.ts";
import type { TracedConnection } from "../connection/traced-connection.ts";
import { bothOf, type ConnectionWriter } from "../connection/connection-writer.ts";
import { describeProblem } from "../connection/describe-connection.ts";
import type { TraceFormat } from "../formats/format.ts";
import { capturedFormat } from "../formats/format-writers.ts";
import type { TraceWriter } from "../formats/writer.ts";

/** What writes each connection of a capture, with what has no place in the format on stderr. */
export function capturedWriters(
  format: TraceFormat,
  writer: TraceWriter,
  certificates?: TraceCertificates,
): (connection: TracedConnection) => ConnectionWriter {
  const { writerFor, tellsAll } = capturedFormat(format, writer);
  const withRest = (connection: TracedConnection): ConnectionWriter =>
    tellsAll ? writerFor(connection) : bothOf(writerFor(connection), aside(connection));
  if (certificates === undefined) return withRest;
  const keeper = { message: (message: TraceMessage) => certificates.keep(message) };
  return (connection) => bothOf(keeper, withRest(connection));
}

/** Of what a stranger can bring about without end, so many are told and the others are counted. */
const MOST_PROBLEMS = 64;

/** Problems are told only once it is clear that the connection was TLS at all. */
function aside(connection: TracedConnection): ConnectionWriter {
  const lines: string[] = [];
  let more = 0;
  return {
    problem(problem) {
      if (lines.length < MOST_PROBLEMS) lines.push(describeProblem(problem, connection));
      else more += 1;
    },
    explained: ({ text }) => say(wrapped(`connection ${connection.id}: ${text}`, columnsOf(process.stderr))),
    end(isTls) {
      if (!isTls) return;
      for (const line of lines) say(line);
      if (more > 0) say(`connection ${connection.id}: ${more} more problems`);
    },
  };
}
