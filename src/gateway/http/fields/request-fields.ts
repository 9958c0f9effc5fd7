import { fieldKind, isTrailerAllowed } from "./field-kinds.ts";
import { toFieldValue } from "./field-value.ts";

/** The fields of a request as the upstream gets them. */
export interface RequestFields {
  /** Names and values in turn: Host, end-to-end fields, then ours. Nothing about framing or the connection. */
  readonly list: string[];
  /** The length the client gave for the body. */
  readonly contentLength: number | undefined;
  /** Trailers follow, as the client says. */
  readonly announcesTrailers: boolean;
}

/** What the gateway says of a connection. */
export interface ToldOfPeer {
  /** Whether it is a trusted proxy's own, whose word on other clients is kept. */
  readonly isProxied: boolean;
  /** Names and values in turn; empty for an anonymous client. */
  readonly fields: readonly string[];
  /** The value of `Forwarded` for a request to `host`. RFC 7239 §4. */
  forwarded(host: string): string;
}

/** What a client sent (names and values in turn), without what only a gateway may say, and with what ours says. */
export function toRequestFields(raw: readonly string[], host: string, peer: ToldOfPeer): RequestFields {
  const list = ["Host", host];
  let contentLength: number | undefined;
  let announcesTrailers = false;
  let cookies = "";
  let forwarded = "";
  let listed: ReadonlySet<string> | undefined;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const value = toFieldValue(raw[at + 1]);
    switch (fieldKind(name)) {
      case "end-to-end":
        list.push(name, value);
        break;
      case "proxied":
        if (!peer.isProxied) break;
        if (name.toLowerCase() === "forwarded") forwarded += `${value}, `;
        else list.push(name, value);
        break;
      case "cookie":
        // RFC 9113 §8.2.3: HTTP/2 may split it, HTTP/1.1 may not.
        cookies += cookies === "" ? value : `; ${value}`;
        break;
      case "content-length":
        contentLength = Number(value);
        break;
      case "connection":
        listed = listedIn(value, listed);
        break;
      case "te":
        if (/(?:^|,)\s*trailers\s*(?:,|$)/i.test(value)) list.push("TE", "trailers");
        break;
      case "trailer":
        announcesTrailers = true;
        list.push(name, value);
        break;
    }
  }
  if (cookies !== "") list.push("Cookie", cookies);
  const kept = listed === undefined ? list : withoutListed(list, listed);
  kept.push("Forwarded", forwarded + peer.forwarded(host), ...peer.fields);
  return { list: kept, contentLength, announcesTrailers };
}

/** Trailers as they may go on: names and values in turn to pairs. */
export function toTrailers(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    if (isTrailerAllowed(name)) pairs.push([name, toFieldValue(raw[at + 1])]);
  }
  return pairs;
}

/** Nearly always `keep-alive` or `close` alone, which name no field that would go on. */
function listedIn(value: string, before: ReadonlySet<string> | undefined): ReadonlySet<string> | undefined {
  if (value === "keep-alive" || value === "close" || value === "Keep-Alive") return before;
  const names = value.split(",").map((name) => name.trim().toLowerCase());
  return new Set([...(before ?? []), ...names]);
}

/** RFC 9110 §7.6.1. Host stays: it is the target, not a field of one hop. TE was read already. */
function withoutListed(list: readonly string[], listed: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at] ?? "";
    const lower = name.toLowerCase();
    if (lower === "host" || lower === "te" || !listed.has(lower)) kept.push(name, list[at + 1] ?? "");
  }
  return kept;
}
