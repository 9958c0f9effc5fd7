import { ALERT_DESCRIPTIONS, CONTENT_TYPES, HANDSHAKE_TYPES } from "../code-points/code-points.ts";
import { CHANGE_CIPHER_SPEC_TYPE, TRACE_CONTENT_TYPE, type TraceMessage } from "../observer/trace-message.ts";

/** As IANA has it; for the two that are not on the wire, as OpenSSL has it. */
export function nameContentType(code: number): string | null {
  if (code === TRACE_CONTENT_TYPE.header) return "HEADER";
  if (code === TRACE_CONTENT_TYPE.innerContentType) return "INNER_CONTENT_TYPE";
  return CONTENT_TYPES.name(code);
}

/** What the number of a message's type stands for, which depends on its content type; null when nobody knows. */
export function nameMessageType({ contentType, messageType }: TraceMessage): string | null {
  if (messageType === null) return null;
  switch (contentType) {
    case TRACE_CONTENT_TYPE.header:
    case TRACE_CONTENT_TYPE.innerContentType:
      return CONTENT_TYPES.name(messageType);
    case TRACE_CONTENT_TYPE.alert:
      return ALERT_DESCRIPTIONS.name(messageType);
    case TRACE_CONTENT_TYPE.changeCipherSpec:
      return messageType === CHANGE_CIPHER_SPEC_TYPE ? "change_cipher_spec" : null;
    default:
      return HANDSHAKE_TYPES.name(messageType);
  }
}
