import type { TraceMessage } from "../../../tls/observer/trace-message.ts";
import { escapeText } from "../../../trust/naming/peer-name.ts";
import type { TracedConnection } from "../connection/traced-connection.ts";
import type { ConnectionWriter } from "../connection/connection-writer.ts";
import { columnsOf, wrapped } from "../../terminal/prose.ts";
import { describeConnection, describeProblem } from "../connection/describe-connection.ts";
import type { Lines } from "./lines.ts";
import type { TraceWriter } from "./writer.ts";

type Format = (message: TraceMessage) => string;

/** Each message as it comes, and nothing else. */
export function messageWriter(toText: Format, writer: TraceWriter): ConnectionWriter {
  return { message: (message) => writer.write(`${toText(message)}\n`) };
}

/** A heading, then the messages of the connection; what is no message stands in lines that begin with `#`. */
export function headedWriter(toText: Format, connection: TracedConnection, lines: Lines): ConnectionWriter {
  let isExplained = false;
  return {
    event(event) {
      if (event.kind === "open") lines.add(`# ${describeConnection(connection, event.timeMs)}`);
      else if (event.kind === "reset") lines.add(`# the ${event.sender} reset the connection`);
    },
    preface({ before, refusal }) {
      if (before.length > 0) lines.add(`# before TLS: ${before.join(", ")}`);
      if (refusal !== undefined)
        lines.add(`# the server refused to begin TLS: "${escapeText(refusal.answer)}"`);
    },
    message: (message) => lines.add(toText(message)),
    problem: (problem) => lines.add(`# ${describeProblem(problem, connection)}`),
    explained({ text }) {
      isExplained = true;
      lines.add(wrapped(text, columnsOf(process.stdout), "# "));
    },
    end: (isTls) => lines.end(isTls || isExplained),
  };
}
