import type { KeyPin } from "../records/key-record.ts";
import type { LiveConnection, Refusal, RefusedFrom } from "../records/sighting.ts";
import { escapeText } from "../naming/peer-name.ts";
import { refusalPlace } from "./refusal-place.ts";
import type { RefusalSighting, SightingBatch } from "../port/ledger.ts";

/** What is kept between two writes; beyond that, refusals from new places are only counted together. */
const MOST_REFUSALS = 2000;
/** Of one reason all the same, so that a flood of others hides none of them. */
const LEAST_OF_REASON = 100;
/** What is kept of the words for what was wrong, in bytes. */
const MOST_WORDS = 300;

/** Adds up what a server sees, so that a known client never costs a write of its own. */
export class SightingBuffer {
  readonly #seen = new Map<KeyPin, number>();
  readonly #refusals = new Map<string, Tally>();
  /** How many places there are for a reason. */
  readonly #places = new Map<RefusalSighting["reason"], number>();
  readonly #opened = new Map<string, LiveConnection>();
  readonly #closed = new Set<string>();

  get isEmpty(): boolean {
    return this.#seen.size + this.#refusals.size + this.#opened.size + this.#closed.size === 0;
  }

  seen(pin: KeyPin, at: number): void {
    this.#seen.set(pin, at);
  }

  refused(refused: Refusal, { connection, remoteAddress, listener }: RefusedFrom, at: number): void {
    const { pin, peer, reason, concern, problem, fingerprint } = refused;
    const refusal = {
      pin,
      reason,
      detail: concern?.problem ?? null,
      problem: problem ?? null,
      fingerprint: fingerprint ?? null,
      peer,
      address: remoteAddress ?? null,
      listener: listener ?? null,
      connection,
      firstAt: at,
      lastAt: at,
      count: 1,
    };
    this.#add({ refusal, isEscaped: false });
  }

  opened(connection: LiveConnection): void {
    this.#opened.set(connection.id, connection);
  }

  closed(id: string): void {
    if (!this.#opened.delete(id)) this.#closed.add(id);
  }

  /** Takes back what could not be written; what is known of connections by now is the store's to remember. */
  restore({ seen, refusals }: SightingBatch): void {
    for (const { pin, at } of seen) if (!this.#seen.has(pin)) this.#seen.set(pin, at);
    const since = [...this.#refusals.values()];
    this.#clearRefusals();
    for (const refusal of refusals) this.#add({ refusal, isEscaped: true });
    for (const tally of since) this.#add(tally);
  }

  /** What has gathered, leaving nothing. */
  drain(): SightingBatch {
    const batch: SightingBatch = {
      seen: Array.from(this.#seen, ([pin, at]) => ({ pin, at })),
      refusals: Array.from(this.#refusals.values(), toSafe),
      opened: Array.from(this.#opened.values(), toRow),
      closed: [...this.#closed],
    };
    this.#seen.clear();
    this.#clearRefusals();
    this.#opened.clear();
    this.#closed.clear();
    return batch;
  }

  /** `later` is newer than all that is there. */
  #add({ refusal: later, isEscaped }: Tally): void {
    const own = refusalPlace(later);
    const isPlaced = this.#hasRoom(later) || this.#refusals.has(own);
    const newest = isPlaced ? later : { ...later, ...NOWHERE };
    const place = isPlaced ? own : refusalPlace(newest);
    const before = this.#refusals.get(place)?.refusal;
    const refusal =
      before === undefined
        ? newest
        : { ...newest, firstAt: before.firstAt, count: before.count + newest.count };
    this.#refusals.set(place, { refusal, isEscaped });
    if (before === undefined) this.#places.set(later.reason, this.#placesOf(later) + 1);
  }

  #hasRoom(refusal: RefusalSighting): boolean {
    return this.#refusals.size < MOST_REFUSALS || this.#placesOf(refusal) < LEAST_OF_REASON;
  }

  #placesOf({ reason }: RefusalSighting): number {
    return this.#places.get(reason) ?? 0;
  }

  #clearRefusals(): void {
    this.#refusals.clear();
    this.#places.clear();
  }
}

interface Tally {
  readonly refusal: RefusalSighting;
  /** Whether its words are safe to print: of many that come at once only the last ones are kept. */
  readonly isEscaped: boolean;
}

function toSafe({ refusal, isEscaped }: Tally): RefusalSighting {
  const { problem } = refusal;
  return isEscaped || problem === null ? refusal : { ...refusal, problem: escapeText(problem, MOST_WORDS) };
}

/** What is only counted is about nobody. Listeners are few. */
const NOWHERE = { pin: null, fingerprint: null, peer: null, address: null, problem: null };

/** Plain values: what was handed in may look its address up only now. */
function toRow({ id, pin, peer, remoteAddress, listener, since }: LiveConnection): LiveConnection {
  return { id, pin, peer, remoteAddress, listener, since };
}
