import type { Endpoint } from "../../../capture/tcp/connection.ts";
import { formatServerAddress } from "../../../client/servers/server-address.ts";
import { senderOf, type TraceProblem } from "../../../tls/observer/trace-message.ts";
import { escapeText } from "../../../trust/naming/peer-name.ts";
import { toIsoTime } from "../../../operator/iso-time.ts";
import type { TracedConnection } from "./traced-connection.ts";

/** The last time that has a date, and negative the first one; pcapng has room for others. */
export const LAST_MS: number = 8_640_000_000_000_000;

export function describeEndpoint({ address, port }: Endpoint): string {
  return formatServerAddress({ host: address, port });
}

/** ISO 8601 in UTC; undefined of a time that there is none of. */
export function describeTime(timeMs: number | undefined): string | undefined {
  return timeMs === undefined || Math.abs(timeMs) > LAST_MS ? undefined : (toIsoTime(timeMs) ?? undefined);
}

/** `connection 1: CLIENT to SERVER, TIME`. */
export function describeConnection(connection: TracedConnection, timeMs: number | undefined): string {
  const { id, client, server, isHeadless } = connection;
  const time = describeTime(timeMs);
  const when = time === undefined ? "" : `, ${time}`;
  const from = isHeadless === true ? ", captured from the middle" : "";
  return `connection ${id}: ${describeEndpoint(client)} to ${describeEndpoint(server)}${when}${from}`;
}

export function describeProblem(
  { direction, kind, message }: TraceProblem,
  { id, side }: TracedConnection,
): string {
  return `connection ${id}, ${senderOf(direction, side)}, ${kind}: ${escapeText(message)}`;
}
