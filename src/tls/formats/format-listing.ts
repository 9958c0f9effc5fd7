import { HANDSHAKE_TYPE } from "../code-points/code-points.ts";
import { nameContentType, nameMessageType } from "./format-names.ts";
import { TRACE_CONTENT_TYPE, type TraceMessage } from "../observer/trace-message.ts";

/**
 * One line without its end, as Python prints what `SSLContext._msg_callback` is given. Where Python looks the type up
 * in the wrong enum, the right one is named: the inner content type 22 is HANDSHAKE, not CERTIFICATE_STATUS.
 */
export function formatListing(message: TraceMessage): string {
  const { contentType, messageType } = message;
  const content = member("_TLSContentType", contentType, nameContentType(contentType));
  const name = messageType === null ? null : (pythonName(message) ?? nameMessageType(message));
  return `content_type=${content}\t\tmsg_type=${member(ENUMS.get(contentType) ?? "_TLSMessageType", messageType, name)}`;
}

const ENUMS: ReadonlyMap<number, string> = new Map([
  [TRACE_CONTENT_TYPE.header, "_TLSContentType"],
  [TRACE_CONTENT_TYPE.innerContentType, "_TLSContentType"],
  [TRACE_CONTENT_TYPE.alert, "_TLSAlertType"],
]);

/** Where Python's names are not IANA's. */
const PYTHON_NAMES: ReadonlyMap<number, string> = new Map([
  [HANDSHAKE_TYPE.new_session_ticket, "NEWSESSION_TICKET"],
  [HANDSHAKE_TYPE.server_hello_done, "SERVER_DONE"],
]);

function pythonName({ contentType, messageType }: TraceMessage): string | undefined {
  return contentType === TRACE_CONTENT_TYPE.handshake ? PYTHON_NAMES.get(messageType ?? -1) : undefined;
}

/** An unknown value is printed as the number that it is. */
function member(enumeration: string, code: number | null, name: string | null): string {
  return name === null ? String(code) : `<${enumeration}.${name.toUpperCase()}: ${code}>`;
}
