import { ALERT_LEVELS } from "../code-points/code-points.ts";
import { spellVersion, VERSIONS } from "../code-points/code-points-version.ts";
import { nameMessageType } from "./format-names.ts";
import { TRACE_CONTENT_TYPE, type TraceMessage } from "../observer/trace-message.ts";

const BYTES_PER_LINE = 16;

/** One head line and hex below it, without the last line's end, as `openssl s_client -msg` prints a message. */
export function formatOpenssl(message: TraceMessage): string {
  const { direction, data } = message;
  const arrows = direction === "write" ? ">>>" : "<<<";
  const length = data.length.toString(16).padStart(4, "0");
  const { subject, details } = describe(message);
  return [`${arrows} ${subject} [length ${length}]${details}`, ...hexLines(data)].join("\n");
}

const SUBJECTS: ReadonlyMap<number, string> = new Map([
  [TRACE_CONTENT_TYPE.changeCipherSpec, "ChangeCipherSpec"],
  [TRACE_CONTENT_TYPE.alert, "Alert"],
  [TRACE_CONTENT_TYPE.handshake, "Handshake"],
  [TRACE_CONTENT_TYPE.header, "RecordHeader"],
  [TRACE_CONTENT_TYPE.innerContentType, "InnerContent"],
]);

function describe(message: TraceMessage): { readonly subject: string; readonly details: string } {
  const { version, contentType } = message;
  const spelled = spellVersion(version);
  if (spelled === undefined) {
    const code = VERSIONS.code(version) ?? Number(version);
    return {
      subject: `Not TLS data or unknown version (version=${code}, content_type=${contentType})`,
      details: "",
    };
  }
  const content = SUBJECTS.get(contentType) ?? `Unknown (content_type=${contentType})`;
  return { subject: `${spelled}, ${content}`, details: detailsOf(message) };
}

function detailsOf(message: TraceMessage): string {
  const name = nameMessageType(message);
  if (message.contentType === TRACE_CONTENT_TYPE.handshake) return name === null ? "???" : `, ${camel(name)}`;
  if (message.contentType !== TRACE_CONTENT_TYPE.alert) return "";
  return `, ${ALERT_LEVELS.name(message.data[0] ?? 0) ?? "???"} ${name ?? "???"}`;
}

function camel(name: string): string {
  return name
    .split("_")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}

function hexLines(data: Uint8Array): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < data.length; at += BYTES_PER_LINE) {
    const bytes = Array.from(data.subarray(at, at + BYTES_PER_LINE), (byte) =>
      byte.toString(16).padStart(2, "0"),
    );
    lines.push(`    ${bytes.join(" ")}`);
  }
  return lines;
}
