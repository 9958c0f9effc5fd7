import type { IncomingMessage } from "node:http";
import { MOST_KEPT } from "../exchange/request-body.ts";

/** HTTP itself, and TLS below it: whoever spoke them through us would say what they like to the upstream. */
const HTTP_AGAIN = /(?:^|[,\s])(?:h2c?|http|tls)(?:$|[,\s/])/i;

/**
 * RFC 9110 §7.8: with any method, and a small body whose length is known, as `docker exec` has one. Whatever else names a protocol is answered as
 * if it did not.
 */
export function isUpgrade({ headers, method = "" }: IncomingMessage): boolean {
  return (
    headers.upgrade !== undefined &&
    !HTTP_AGAIN.test(headers.upgrade) &&
    method !== "HEAD" &&
    method !== "TRACE" &&
    headers.expect === undefined &&
    headers["transfer-encoding"] === undefined &&
    Number(headers["content-length"] ?? 0) <= MOST_KEPT
  );
}
