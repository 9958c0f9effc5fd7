import type { ServerResponse } from "node:http";
import type { CutReason } from "../../../trust/happenings/cut-reason.ts";
import { SESSION_COOKIE } from "../../../session-cookie.ts";
import { FieldList } from "../fields/field-list.ts";
import { lowerName } from "../fields/lower-name.ts";
import type { UpstreamFailure } from "./http-upstream.ts";

/** Writes what the upstream answers to the client, in the client's version of HTTP. */
export interface Reply {
  /** Sent or about to be. */
  readonly status: number | undefined;
  /** Why the upstream did not answer, or not to the end. */
  readonly failure: UpstreamFailure | undefined;
  /** 100 to 199, but for 101. */
  information(status: number, sent: FieldList): void;
  /** Throws when the upstream's fields cannot be sent on; nothing is sent then. `isAll`: there is nothing else. */
  head(status: number, message: string, sent: FieldList, isAll?: boolean): void;
  /** Says whether more may come; if not, `onDrain` is called once it may. */
  data(chunk: Uint8Array, onDrain: () => void): boolean;
  end(trailers: FieldList): void;
  /** Answers by ourselves; once a head went out, the client must see that the body is not whole. */
  fail(status: number): void;
  /** The same for what went wrong behind. */
  failBecause(failure: UpstreamFailure): void;
  /** Ends without an end: a reset stream, or a connection that is cut. */
  cut(reason: CutReason): void;
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

/** Fields of an answer, and what they say of its body. */
export interface AnswerFields {
  list: FieldList;
  /** How long it is. */
  isSized: boolean;
  /** That trailers follow. */
  announcesTrailers: boolean;
}

/** What goes on to the client. */
export function endToEnd(sent: FieldList): AnswerFields {
  const fields: AnswerFields = { list: new FieldList(), isSized: false, announcesTrailers: false };
  const { list } = fields;
  let listed: string[] | undefined;
  for (let at = 0; at < sent.size; at++) {
    const name = sent.nameAt(at);
    const lower = lowerName(name);
    const value = sent.valueAt(at);
    // An upstream that set it would say as whom an operator acts.
    if (lower === "set-cookie" && value.includes(SESSION_COOKIE)) continue;
    if (!HOP_BY_HOP.has(lower)) {
      list.add(name, value);
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
export function withoutFields(fields: FieldList, names: readonly string[]): FieldList {
  return fields.filter((name) => {
    const lower = lowerName(name);
    return lower === "content-length" || !names.includes(lower);
  });
}
