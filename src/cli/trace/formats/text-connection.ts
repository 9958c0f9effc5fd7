import type { Sender } from "../../../tls/records/sender.ts";
import { escapeText } from "../../../trust/naming/peer-name.ts";
import type { TracedConnection } from "../connection/traced-connection.ts";
import type { ConnectionSummary } from "./connection-summary.ts";
import { describeEndpoint, describeTime } from "../connection/describe-connection.ts";
import { layOut } from "./text-layout.ts";
import { countOf, sizeOf } from "./text-names.ts";

/** The arrow here is the one of what the client sends. */
export function heading(
  { id, client, server, isHeadless }: TracedConnection,
  { startMs, before }: ConnectionSummary,
): string {
  const time = describeTime(startMs);
  return [
    `connection ${id}: client ${describeEndpoint(client)} → server ${describeEndpoint(server)}`,
    ...(time === undefined ? [] : [time]),
    ...(before.length === 0 ? [] : [`behind ${before.join(", ")}`]),
    ...(isHeadless === true ? ["captured from the middle"] : []),
  ].join(", ");
}

/** How it ended, how much was sent, and what was not seen of it. */
export function closing(summary: ConnectionSummary): string {
  const { end, sent, startMs, timeMs, refusal } = summary;
  const how = end === undefined ? "its end was not seen" : `${end.how} by the ${end.by}`;
  const facts = [
    ...(refusal === undefined ? [] : [`the server refused to begin TLS: "${escapeText(refusal)}"`]),
    `the client sent ${sizeOf(sent.client.bytes)}, the server ${sizeOf(sent.server.bytes)}`,
    ...(["client", "server"] as const).flatMap((sender) => missingOf(sender, summary)),
  ];
  const since = startMs === undefined || timeMs === undefined ? 0 : timeMs - startMs;
  return layOut(since, "·", how, facts.join(", "));
}

function missingOf(sender: Sender, { sent, oneSided }: ConnectionSummary): readonly string[] {
  const { gaps, missing } = sent[sender];
  if (gaps === 0) return [];
  if (oneSided !== undefined && oneSided !== sender) return [`nothing of the ${sender}'s was captured`];
  return [`${sizeOf(missing)} of the ${sender}'s are missing, in ${countOf(gaps, "place")}`];
}
