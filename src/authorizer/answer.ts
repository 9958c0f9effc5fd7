import type { ServerResponse } from "node:http";
import { encodeName, encodeNames } from "../trust/naming/encode-name.ts";
import type { Admit, RefusalReason } from "../trust/records/verdict.ts";
import { toldReason } from "./told-reason.ts";

/** Without a length, or with a body, proxies close the connection on which they asked. */
const LENGTH = ["Content-Length", "0"] as const;
/** A proxy that keeps answers would let in who was revoked since. */
const NO_STORE = ["Cache-Control", "no-store"] as const;

/** All three fields always: a proxy fills in what is missing with the client's own, or with nothing's name. */
export function answerAdmitted(
  response: ServerResponse,
  { peer, pin }: Admit,
  groups: readonly string[],
): void {
  const who = ["Handclasp-Peer", encodeName(peer), "Handclasp-Key", pin, "Handclasp-Groups"] as const;
  response.writeHead(200, [...who, encodeNames(groups), ...LENGTH, ...NO_STORE]).end();
}

export function answerRefused(response: ServerResponse, reason: RefusalReason): void {
  const told = ["Handclasp-Reason", toldReason(reason)] as const;
  response.writeHead(statusOf(reason), [...told, ...LENGTH, ...NO_STORE]).end();
}

/** An answer that says nothing. */
export function answerEmpty(response: ServerResponse, status: 200 | 401 | 404 | 503): void {
  response.writeHead(status, [...LENGTH, ...NO_STORE]).end();
}

/** What proxies understand: everything else is a failure of ours to them. */
function statusOf(reason: RefusalReason): 401 | 403 | 503 {
  if (reason === "no-certificate") return 401;
  return reason === "store-unavailable" ? 503 : 403;
}
