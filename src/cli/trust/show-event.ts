import type { EventJson } from "../../operator/listed-event.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { shortKeyId } from "../lists/print-keys.ts";
import { showName } from "../terminal/output.ts";
import { inLines } from "../terminal/prose.ts";

/** An event in lines of at most `width` columns. Whatever it holds is escaped: an event says what a client claimed. */
export function showEvent(
  { sequence, at, type, actor, pin, peer, before, after, details }: EventJson,
  width: number,
): string {
  if (type === null) return `${sequence}  (this event cannot be read)`;
  const parts = [
    String(sequence),
    escapeText(at ?? "-"),
    escapeText(type),
    ...(peer === null ? [] : [showName(peer)]),
    ...(pin === null ? [] : [showPin(pin)]),
    ...(before === after ? [] : [`${before ?? "new"} -> ${after ?? "gone"}`]),
    ...Object.entries(details ?? {}).flatMap(([name, value]) =>
      value === null ? [] : [`${name}=${escapeText(value)}`],
    ),
    `by ${escapeText(actor?.user ?? actor?.process ?? "?")}`,
    ...(actor?.via === undefined || actor.via === "cli" ? [] : [`via ${escapeText(actor.via)}`]),
    ...(actor?.address ? [`from ${escapeText(actor.address)}`] : []),
    ...(actor?.listener ? [`at ${escapeText(actor.listener)}`] : []),
    ...(actor?.machine ? [`on ${escapeText(actor.machine)}`] : []),
  ];
  return inLines(parts, width);
}

function showPin(pin: string): string {
  try {
    return shortKeyId(pin as Parameters<typeof shortKeyId>[0]);
  } catch {
    return escapeText(pin);
  }
}
