import { parseEvent, type SealedEvent, type TrustEvent } from "../trust/records/events.ts";
import type { Roll } from "../trust/port/roll.ts";

/** An event as programs get it; null in an event that cannot be read. */
export type EventJson = { readonly [Field in keyof TrustEvent]: TrustEvent[Field] | null } & {
  readonly sequence: number;
  /** Of the chain up to this event. */
  readonly hash: string;
};

export function toListedEvent({ sequence, json, hash }: SealedEvent): EventJson {
  const event: Partial<TrustEvent> = parseEvent(json) ?? {};
  return {
    sequence,
    at: event.at ?? null,
    type: event.type ?? null,
    actor: event.actor ?? null,
    pin: event.pin ?? null,
    peer: event.peer ?? null,
    before: event.before ?? null,
    after: event.after ?? null,
    details: event.details ?? null,
    hash,
  };
}

/** An event by its sequence number; undefined where there is none. */
export async function eventAt(store: Roll, sequence: number): Promise<SealedEvent | undefined> {
  const { items } = await store.listEvents({ after: String(sequence - 1), limit: 1 });
  return items.find((event) => event.sequence === sequence);
}
