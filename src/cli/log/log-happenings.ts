import type {
  Exchanged,
  GatewayHappening,
  HandshakeFailed,
  MalformedRequest,
  ProxyHeaderRefused,
  Relayed,
  UpstreamFailed,
} from "../../trust/happenings/gateway-happening.ts";
import type { HappeningOf } from "../../trust/happenings/happening.ts";
import type { Happenings } from "../../trust/happenings/happenings.ts";
import type { PushHappening } from "../../trust/happenings/push-happening.ts";
import { isHandclaspError } from "../../errors.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { type EventLog, named } from "./event-log.ts";
import { ClientLog, type ClientLogOptions } from "./client-log.ts";
import { opensslReason } from "./openssl-reason.ts";

/** Changes, refusals and failures. */
const CHANGES = [
  "met",
  "rotated",
  "refused",
  "cut",
  "failed",
  "handshake-failed",
  "proxy-header-refused",
  "accept-failed",
  "full",
  "upstream-failed",
  "malformed-request",
  "push-in-step",
  "push-failed",
  "push-cut",
] as const;
type Logged = (typeof CHANGES)[number] | "recognised" | "anonymous" | "relayed" | "exchanged";

/** What is logged: changes and refusals, or every connection and request, too. */
export type LogDetail = "changes" | "connections";
const LOGGED: Readonly<Record<LogDetail, readonly Logged[]>> = {
  changes: CHANGES,
  connections: [...CHANGES, "recognised", "anonymous", "relayed", "exchanged"],
};

export interface HappeningsLogOptions extends ClientLogOptions {
  readonly detail: LogDetail;
}

/** Writes what a server or gateway does to the log. Returns how to stop. */
export function logHappenings(happenings: Happenings, options: HappeningsLogOptions): () => void {
  const { log, detail } = options;
  const clients = new ClientLog(options);
  return happenings.subscribe(LOGGED[detail], (happening: HappeningOf<Logged>) => {
    switch (happening.type) {
      case "met":
      case "rotated":
      case "recognised":
        return clients.admitted(happening);
      case "anonymous":
        return clients.anonymous(happening);
      case "refused":
        return clients.refused(happening);
      case "cut":
        return clients.cut(happening);
      case "failed":
        if (detail === "connections" || !isToldOfReplica(happening.error)) clients.failed(happening);
        return;
      case "push-in-step":
      case "push-failed":
      case "push-cut":
        return logPush(log, happening);
      default:
        return logGateway(log, happening);
    }
  });
}

/** Writes what becomes of a gateway's workers to the log. */
export function logWorkers(happenings: Happenings, log: EventLog): () => void {
  const types = [
    "worker-started",
    "worker-died",
    "worker-stuck",
    "worker-failed",
    "happenings-lost",
  ] as const;
  return happenings.subscribe(types, ({ type, ...about }) => {
    if ("error" in about) log.failed(about.error);
    else log.write({ event: type, ...about });
  });
}

function logGateway(log: EventLog, happening: Extract<GatewayHappening, { readonly type: Logged }>): void {
  switch (happening.type) {
    case "handshake-failed":
    case "proxy-header-refused":
      return logFailed(log, happening);
    case "accept-failed": {
      const { type: event, listener, error } = happening;
      return log.write({ event, ...named(listener), message: error.message });
    }
    case "full": {
      const { type: event, listener, most } = happening;
      return log.write({ event, ...named(listener), most });
    }
    case "upstream-failed":
      return logUpstreamFailed(log, happening);
    case "malformed-request":
      return logMalformed(log, happening);
    case "relayed":
      return logRelayed(log, happening);
    case "exchanged":
      return logExchanged(log, happening);
  }
}

function logPush(log: EventLog, happening: PushHappening): void {
  const { type: event, push, place } = happening;
  if (happening.type === "push-in-step") return log.write({ event, push, place, count: happening.count });
  if (happening.type === "push-failed")
    return log.write({ event, push, place, message: happening.error.message });
  const { pin, from } = happening;
  log.write({ event, push, place, keyId: toKeyId(pin), from });
}

function logFailed(log: EventLog, happening: HandshakeFailed | ProxyHeaderRefused): void {
  const { type: event, listener, error } = happening;
  const address = (happening.type === "handshake-failed" ? happening.remoteAddress : happening.proxy) ?? null;
  log.write({ event, ...named(listener), message: opensslReason(error), address });
}

function logUpstreamFailed(
  log: EventLog,
  { type: event, listener, connection, failure, error }: UpstreamFailed,
): void {
  const about = { problem: failure, message: error.message, connection: connection?.id ?? null };
  log.write({ event, ...named(listener), ...about });
}

function logMalformed(
  log: EventLog,
  { type: event, listener, connection, peer, status, error }: MalformedRequest,
): void {
  const about = { peer, connection: connection?.id ?? null, status: status ?? null };
  log.write({ event, ...named(listener), ...about, message: error.message });
}

function logRelayed(
  log: EventLog,
  { listener, connection, peer, reason, bytesIn, bytesOut, durationMs }: Relayed,
): void {
  const about = { peer, connection: connection?.id ?? null, reason, bytesIn, bytesOut };
  const took = durationMs === null ? null : Math.round(durationMs);
  log.write({ event: "closed", ...named(listener), ...about, durationMs: took });
}

function logExchanged(
  log: EventLog,
  { listener, connection, peer, method, target, status, durationMs }: Exchanged,
): void {
  log.write({
    event: "request",
    ...named(listener),
    peer,
    connection: connection?.id ?? null,
    method: escapeText(method, MOST_BYTES),
    target: escapeText(withoutSecrets(target), MOST_BYTES),
    status: status ?? null,
    durationMs: Math.round(durationMs),
  });
}

/** Queries carry tokens, and what stands before a host is a password. RFC 9110 §4.2.4, RFC 3986 §3.4. */
function withoutSecrets(target: string): string {
  return target.replace(/[?#].*$/s, "").replace(/^([a-z][\w+.-]*:)?\/\/[^/]*@/i, "$1//");
}

const MOST_BYTES = 2048;

/** Whether it failed for what lines say as often as that changes: that this machine does not know what others do. */
function isToldOfReplica(error: unknown): boolean {
  return isHandclaspError(error) && error.details["replication"] !== undefined;
}
