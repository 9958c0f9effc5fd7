import type { KeyPin } from "./key-record.ts";
import type { LiveConnection } from "./sighting.ts";
import type { RefusalSighting, SightingBatch } from "./trust-store.ts";
import type { Refuse } from "./verdict.ts";

/** What is kept between two writes; beyond that, refusals from new places are only counted together. */
const MOST_REFUSALS = 2000;

/** Adds up what a server sees, so that a known client never costs a write of its own. */
export class SightingBuffer {
  readonly #seen = new Map<KeyPin, number>();
  readonly #refusals = new Map<string, RefusalSighting>();
  readonly #opened = new Map<string, LiveConnection>();
  readonly #closed = new Set<string>();

  get isEmpty(): boolean {
    return this.#seen.size + this.#refusals.size + this.#opened.size + this.#closed.size === 0;
  }

  seen(pin: KeyPin, at: number): void {
    this.#seen.set(pin, at);
  }

  refused(refuse: Refuse, connection: string, remoteAddress: string | undefined, at: number): void {
    let pin = refuse.pin;
    let peer = refuse.peer;
    let address = remoteAddress ?? null;
    const detail = refuse.concern?.problem ?? null;
    let place = `${refuse.reason} ${pin ?? ""} ${address ?? ""} ${detail ?? ""}`;
    if (this.#refusals.size >= MOST_REFUSALS && !this.#refusals.has(place)) {
      pin = peer = address = null;
      place = `${refuse.reason} ${detail ?? ""}`;
    }
    const before = this.#refusals.get(place);
    this.#refusals.set(place, {
      pin,
      reason: refuse.reason,
      detail,
      peer,
      address,
      connection,
      firstAt: before?.firstAt ?? at,
      lastAt: at,
      count: (before?.count ?? 0) + 1,
    });
  }

  opened(connection: LiveConnection): void {
    this.#opened.set(connection.id, connection);
  }

  closed(id: string): void {
    if (!this.#opened.delete(id)) this.#closed.add(id);
  }

  /** What has gathered, leaving nothing. */
  drain(): SightingBatch {
    const batch: SightingBatch = {
      seen: Array.from(this.#seen, ([pin, at]) => ({ pin, at })),
      refusals: [...this.#refusals.values()],
      opened: Array.from(this.#opened.values(), toRow),
      closed: [...this.#closed],
    };
    this.#seen.clear();
    this.#refusals.clear();
    this.#opened.clear();
    this.#closed.clear();
    return batch;
  }
}

/** Plain values: what was handed in may look its address up only now. */
function toRow({ id, pin, peer, remoteAddress, since }: LiveConnection): LiveConnection {
  return { id, pin, peer, remoteAddress, since };
}
