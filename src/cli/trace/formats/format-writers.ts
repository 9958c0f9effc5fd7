import { PcapngRecorder } from "../../../capture/recording/pcapng-recorder.ts";
import { formatListing } from "../../../tls/formats/format-listing.ts";
import { formatOpenssl } from "../../../tls/formats/format-openssl.ts";
import type { TracedConnection } from "../connection/traced-connection.ts";
import type { ConnectionWriter } from "../connection/connection-writer.ts";
import { jsonlWriter } from "./jsonl-writer.ts";
import { GroupedLines, MingledLines } from "./lines.ts";
import { headedWriter, messageWriter } from "./plain-writers.ts";
import { recordingWriter } from "./recording-writer.ts";
import { textWriter } from "./text-writer.ts";
import type { TraceWriter } from "./writer.ts";
import type { TraceFormat } from "./format.ts";

/** What writes each of many connections; what it does not tell itself is left to `aside`. */
export interface FormatWriter {
  readonly writerFor: (connection: TracedConnection) => ConnectionWriter;
  /** Whether problems and explanations stand in what is written. */
  readonly tellsAll: boolean;
}

/** Writes connections while they go on, side by side. */
export function liveFormat(format: TraceFormat, writer: TraceWriter): FormatWriter {
  switch (format) {
    case "text": {
      const mingled = new MingledLines(writer);
      const writerFor = (connection: TracedConnection): ConnectionWriter =>
        textWriter(connection, mingled.of(`connection ${connection.id} goes on`), { isLive: true });
      return { writerFor, tellsAll: true };
    }
    case "listing":
      return { writerFor: () => messageWriter(formatListing, writer), tellsAll: false };
    case "openssl":
      return { writerFor: () => messageWriter(formatOpenssl, writer), tellsAll: false };
    default:
      return dataFormat(format, writer);
  }
}

/** Writes the connections of a capture; for people one after the other. */
export function capturedFormat(format: TraceFormat, writer: TraceWriter): FormatWriter {
  switch (format) {
    case "text": {
      const writerFor = (connection: TracedConnection): ConnectionWriter =>
        textWriter(connection, new GroupedLines(writer, `connection ${connection.id} goes on`), {
          isLive: false,
        });
      return { writerFor, tellsAll: true };
    }
    case "listing":
    case "openssl": {
      const toText = format === "listing" ? formatListing : formatOpenssl;
      const writerFor = (connection: TracedConnection): ConnectionWriter =>
        headedWriter(toText, connection, new GroupedLines(writer, `# connection ${connection.id} goes on`));
      return { writerFor, tellsAll: true };
    }
    default:
      return dataFormat(format, writer);
  }
}

function dataFormat(format: "jsonl" | "pcapng", writer: TraceWriter): FormatWriter {
  if (format === "jsonl") {
    return { writerFor: (connection) => jsonlWriter(connection, writer), tellsAll: false };
  }
  const recorder = new PcapngRecorder((bytes) => writer.write(bytes));
  return { writerFor: (connection) => recordingWriter(recorder, connection), tellsAll: false };
}
