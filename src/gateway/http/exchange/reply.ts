import type { ServerResponse } from "node:http";
import { toFieldValue } from "../fields/field-value.ts";
import { toLower } from "../fields/http2-fields.ts";
import type { UpstreamFailure } from "./http-upstream.ts";

/** Writes what the upstream answers to the client, in the client's version of HTTP. Fields are names and values in turn. */
export interface Reply {
  /** Sent or about to be. */
  readonly status: number | undefined;
  /** Why the upstream did not answer, or not to the end. */
  readonly failure: UpstreamFailure | undefined;
  /** 100 to 199, but for 101. */
  information(status: number, raw: readonly string[]): void;
  /** Throws when the upstream's fields cannot be sent on; nothing is sent then. `isAll`: there is nothing else. */
  head(status: number, message: string, raw: readonly string[], isAll?: boolean): void;
  /** Says whether more may come; if not, `onDrain` is called once it may. */
  data(chunk: Uint8Array, onDrain: () => void): boolean;
  end(rawTrailers: readonly string[]): void;
  /** Answers by ourselves; once a head went out, the client must see that the body is not whole. */
  fail(status: number): void;
  /** The same for what went wrong behind. */
  failBecause(failure: UpstreamFailure): void;
  /** Ends without an end: a reset stream, a closed connection. */
  cut(): void;
}

/** Knows which answers of HTTP/1.1 are the last ones of their connections. */
export interface LastAnswers {
  isLast(response: ServerResponse): boolean;
}

/** Fields of a response that are for one hop (RFC 9110 §7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authentication-info",
  "transfer-encoding",
  "upgrade",
  "te",
  "http2-settings",
]);

/** Fields of an answer, names and values in turn, and what they say of its body. */
export interface AnswerFields {
  list: string[];
  /** How long it is. */
  isSized: boolean;
  /** That trailers follow. */
  announcesTrailers: boolean;
}

/** What goes on to the client. */
export function endToEnd(raw: readonly string[]): AnswerFields {
  const fields: AnswerFields = { list: [], isSized: false, announcesTrailers: false };
  const { list } = fields;
  let listed: string[] | undefined;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const lower = toLower(name);
    const value = toFieldValue(raw[at + 1]);
    if (!HOP_BY_HOP.has(lower)) {
      list.push(name, value);
      if (lower === "content-length") fields.isSized = true;
      else if (lower === "trailer") fields.announcesTrailers = true;
    } else if (lower === "connection") {
      const options = value.toLowerCase();
      if (options !== "keep-alive" && options !== "close") {
        listed = [...(listed ?? []), ...options.split(/[\s,]+/)];
      }
    } else if (lower === "transfer-encoding" && value.toLowerCase() !== "chunked") {
      // RFC 9112 §6.1: for one hop, and it would stay in a body that goes on without it.
      throw new Error(`the upstream's answer is in a coding for this hop: ${JSON.stringify(value)}`);
    }
  }
  if (listed !== undefined) fields.list = withoutFields(list, listed);
  return fields;
}

/** Content-Length stays: it is framing. */
export function withoutFields(fields: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? "";
    if (!names.includes(toLower(name)) || toLower(name) === "content-length")
      kept.push(name, fields[at + 1] ?? "");
  }
  return kept;
}
