import { parseEvent, type SealedEvent, type TrustEvent } from "../trust/events.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";

const AT_ONCE = 1000;

/** An event as programs get it; null in an event that cannot be read. */
export type ListedEvent = { readonly [Field in keyof TrustEvent]: TrustEvent[Field] | null } & {
  readonly sequence: number;
  /** Of the chain up to this event. */
  readonly hash: string;
};

/** All events after a sequence number, oldest first. */
export function* allEvents(store: TrustStore, after: number): Generator<SealedEvent> {
  for (let last: number | undefined = after; last !== undefined;) {
    const events = store.events(last, AT_ONCE);
    yield* events;
    last = events.at(-1)?.sequence;
  }
}

export function toListedEvent({ sequence, json, hash }: SealedEvent): ListedEvent {
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
