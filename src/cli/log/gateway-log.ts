import type { Server } from "node:tls";
import type { GatewayEvent, OnGatewayEvent } from "../../gateway/gateway-event.ts";
import type { PrimaryEvent } from "../../gateway/workers/primary.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { JsonLog } from "./json-log.ts";
import { QuietLog } from "./quiet-log.ts";
import { opensslReason } from "./openssl-reason.ts";
import { type EventLog, logClients, named, ServeLog } from "./event-log.ts";

/** What a gateway logs: changes and refusals, or every connection and request, too. */
export type LogDetail = "changes" | "connections";

/** The log of a gateway: text for a person at a terminal, JSON lines for everybody else. */
export function openGatewayLog(json: boolean): QuietLog {
  return new QuietLog(!json && process.stderr.isTTY ? new ServeLog(false) : new JsonLog());
}

export interface GatewayLogOptions {
  readonly detail: LogDetail;
  /** Whether certificates go to stdout as PEM. */
  readonly printCertificate: boolean;
  /** Told of known keys with new certificates. */
  readonly onRenewed?: (pin: KeyPin) => void;
}

/** Writes what a gateway does, and what its guards decide, to the log. */
export function logGateway(
  log: EventLog,
  { detail, printCertificate, onRenewed }: GatewayLogOptions,
): OnGatewayEvent {
  const stops = new Map<Server, () => void>();
  const connections = detail === "connections";
  return (event) => {
    switch (event.type) {
      case "server-opened": {
        const { server, listener } = event;
        const about = { server, listener: listener.name, connections, printCertificate, onRenewed };
        stops.set(server, logClients({ ...about, log }));
        break;
      }
      case "server-closed":
        stops.get(event.server)?.();
        stops.delete(event.server);
        break;
      case "handshake-failed":
      case "proxy-header-refused":
        logFailed(log, event);
        break;
      case "accept-failed":
        log.write({ event: "accept-failed", ...named(event.listener.name), message: event.error.message });
        break;
      case "full":
        log.write({ event: "full", ...named(event.listener.name), most: event.listener.maxConnections });
        break;
      case "upstream-failed":
        logUpstreamFailed(log, event);
        break;
      case "malformed-request":
        logMalformed(log, event);
        break;
      case "relayed":
      case "exchanged":
        if (detail === "connections") logTraffic(log, event);
        break;
    }
  };
}

/** Writes what becomes of a gateway's workers to the log. */
export function logWorkers(log: EventLog): (event: PrimaryEvent) => void {
  return ({ type, ...about }) => {
    if (!("error" in about)) log.write({ event: type, ...about });
    else log.failed(about.error);
  };
}

function logFailed(
  log: EventLog,
  event: Extract<GatewayEvent, { type: "handshake-failed" | "proxy-header-refused" }>,
): void {
  const address = (event.type === "handshake-failed" ? event.remoteAddress : event.proxy) ?? null;
  const message = opensslReason(event.error);
  log.write({ event: event.type, ...named(event.listener.name), message, address });
}

function logUpstreamFailed(
  log: EventLog,
  { listener, connection, problem, error }: Extract<GatewayEvent, { type: "upstream-failed" }>,
): void {
  log.write({
    event: "upstream-failed",
    ...named(listener.name),
    problem,
    message: error.message,
    connection: connection?.id ?? null,
  });
}

function logMalformed(
  log: EventLog,
  { listener, connection, status, error }: Extract<GatewayEvent, { type: "malformed-request" }>,
): void {
  log.write({
    event: "malformed-request",
    ...named(listener.name),
    peer: connection?.peer?.name ?? null,
    connection: connection?.id ?? null,
    status: status ?? null,
    message: error.message,
  });
}

function logTraffic(log: EventLog, event: Extract<GatewayEvent, { type: "relayed" | "exchanged" }>): void {
  const { listener, connection } = event;
  const about = {
    ...named(listener.name),
    peer: connection?.peer?.name ?? null,
    connection: connection?.id ?? null,
  };
  if (event.type === "relayed") {
    const durationMs = connection === undefined ? null : Math.round(performance.now() - connection.startedAt);
    const { bytesIn, bytesOut } = event;
    const reason = connection?.cutFor ?? null;
    log.write({ event: "closed", ...about, reason, bytesIn, bytesOut, durationMs });
    return;
  }
  const { method, target, status, durationMs } = event;
  log.write({
    event: "request",
    ...about,
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
