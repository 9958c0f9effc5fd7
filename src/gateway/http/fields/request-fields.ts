import { SESSION_COOKIE } from "../../../session-cookie.ts";
import { fieldKind, isTrailerAllowed } from "./field-kinds.ts";
import { FieldList } from "./field-list.ts";
import { forwardedBehind, isForwarded } from "./forwarded-fields.ts";
import { lowerName } from "./lower-name.ts";

/** The fields of a request as the upstream gets them. */
export interface RequestFields {
  /** Host, end-to-end fields, then ours. Nothing about framing or the connection. */
  readonly list: FieldList;
  /** The length the client gave for the body. */
  readonly contentLength: number | undefined;
  /** Trailers follow, as the client says. */
  readonly announcesTrailers: boolean;
}

/** What the gateway says of a connection. */
export interface ToldOfPeer {
  /** Whether it is a trusted proxy's own, whose word on other clients is kept. */
  readonly isProxied: boolean;
  /** Who it is, as true now; empty for an anonymous client. */
  readonly fields: FieldList;
  /** Where a request to `host` comes from. */
  forwarded(host: string): FieldList;
}

/** What a client sent, without what only a gateway may say, and with what ours says. */
export function toRequestFields(sent: FieldList, host: string, peer: ToldOfPeer): RequestFields {
  const list = new FieldList(["Host", host]);
  let contentLength: number | undefined;
  let announcesTrailers = false;
  let cookies = "";
  let said: FieldList | undefined;
  let listed: ReadonlySet<string> | undefined;
  for (let at = 0; at < sent.size; at++) {
    const name = sent.nameAt(at);
    const value = sent.valueAt(at);
    switch (fieldKind(name)) {
      case "end-to-end":
        list.add(name, value);
        break;
      case "proxied":
        if (!peer.isProxied) break;
        if (isForwarded(name)) (said ??= new FieldList()).add(name, value);
        else list.add(name, value);
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
        if (/(?:^|,)\s*trailers\s*(?:,|$)/i.test(value)) list.add("TE", "trailers");
        break;
      case "trailer":
        announcesTrailers = true;
        list.add(name, value);
        break;
    }
  }
  if (cookies.includes(SESSION_COOKIE)) cookies = withoutSession(cookies);
  if (cookies !== "") list.add("Cookie", cookies);
  const kept = listed === undefined ? list : withoutListed(list, listed);
  const forwarded = peer.forwarded(host);
  kept.addAll(said === undefined ? forwarded : forwardedBehind(said, forwarded));
  kept.addAll(peer.fields);
  return { list: kept, contentLength, announcesTrailers };
}

/** An upstream that had it would be an operator. */
function withoutSession(cookies: string): string {
  const kept = cookies.split(";").filter((pair) => pair.split("=", 1)[0]?.trim() !== SESSION_COOKIE);
  return kept.join(";").trim();
}

/** Trailers as they may go on. */
export function toTrailers(sent: FieldList): FieldList {
  return sent.filter(isTrailerAllowed);
}

/** Nearly always `keep-alive` or `close` alone, which name no field that would go on. */
function listedIn(value: string, before: ReadonlySet<string> | undefined): ReadonlySet<string> | undefined {
  if (value === "keep-alive" || value === "close" || value === "Keep-Alive") return before;
  const names = value.split(",").map((name) => name.trim().toLowerCase());
  return new Set([...(before ?? []), ...names]);
}

/** RFC 9110 §7.6.1. Host stays: it is the target, not a field of one hop. TE was read already. */
function withoutListed(list: FieldList, listed: ReadonlySet<string>): FieldList {
  return list.filter((name) => {
    const lower = lowerName(name);
    return lower === "host" || lower === "te" || !listed.has(lower);
  });
}
