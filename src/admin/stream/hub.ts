import { toListedEvent } from "../../operator/listed-event.ts";
import type { SealedEvent } from "../../trust/records/events.ts";
import { EventStream } from "./event-stream.ts";
import { Glance, type GlanceOptions } from "./glance.ts";

const TICK_MS = 1000;
const COMMENT_EVERY = 15;
/** More than these that were missed are not told one by one. */
const MOST_MISSED = 1000;
const MOST_STREAMS = 500;
/** A browser has one for all of its pages. */
const MOST_OF_ONE = 50;

export type HubOptions = GlanceOptions;

/** A page that wants to listen. */
export interface WhoListens {
  /** The id of the operator. */
  readonly by: string;
  /** The last event that the page knows of; null for none. */
  readonly after: number | null;
  /** Whether who listens may still do so. */
  readonly isWelcome: () => boolean;
}

/** A page that listens. */
interface Listener extends Pick<WhoListens, "by" | "isWelcome"> {
  readonly stream: EventStream;
  /** The last event that it was told; null until it was told what it had missed. */
  told: number | null;
  /** What it looked at may be older than what it is told from: it is told to look at everything once. */
  isNew: boolean;
}

/** Tells all pages what happens: one subscription to the store and one timer, while there is a page. */
export class Hub {
  readonly #options: HubOptions;
  readonly #glance: Glance;
  readonly #listeners = new Set<Listener>();
  #unsubscribe: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#glance = new Glance(options);
  }

  /** Null when there are too many. Of an operator who has too many, the oldest ends: nobody takes the others' place. */
  open({ by, after, isWelcome }: WhoListens): EventStream | null {
    const ofOne = [...this.#listeners].filter((listener) => listener.by === by);
    if (ofOne.length >= MOST_OF_ONE) ofOne[0]?.stream.end();
    if (this.#listeners.size >= MOST_STREAMS) return null;
    const stream = new EventStream(() => this.#left(listener));
    const listener: Listener = { by, stream, isWelcome, told: null, isNew: true };
    this.#listeners.add(listener);
    this.#begin();
    void this.#catchUp(listener, after).catch(() => stream.end());
    return stream;
  }

  /** Ends all streams. */
  close(): void {
    for (const { stream } of this.#listeners) stream.end();
  }

  #begin(): void {
    this.#unsubscribe ??= this.#listen();
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  #listen(): () => void {
    const { store } = this.#options;
    const stopAnew = store.onAnew((anew) => anew.why === "lost" && this.#lost(anew.common));
    const stop = store.onEvents((events) => this.#happened(events));
    return () => {
      stopAnew();
      stop();
    };
  }

  /** What pages have of the chain is not in it any more. */
  #lost(common: number): void {
    for (const listener of this.#listeners) {
      if (listener.told === null || listener.told <= common) continue;
      listener.stream.tell("reset", {}, common);
      listener.told = common;
    }
  }

  #left(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#unsubscribe?.();
    clearInterval(this.#timer);
    this.#unsubscribe = undefined;
    this.#timer = undefined;
    this.#glance.forget();
  }

  /** Tells what a page missed, up to where it hears by itself; `reset` when that is too much, or was never there. */
  async #catchUp(listener: Listener, after: number | null): Promise<void> {
    const { store } = this.#options;
    const { stream } = listener;
    const { sequence: head } = store.head();
    let told = after ?? head;
    if (told > head || head - told > MOST_MISSED) {
      stream.tell("reset", {}, head);
      told = head;
    } else {
      stream.tell("ready", { head }, told);
    }
    while (told < store.head().sequence) {
      const { items } = await store.listEvents({ after: String(told), limit: MOST_MISSED });
      for (const event of items) tellChange(stream, event);
      const last = items.at(-1);
      if (last === undefined) break;
      told = last.sequence;
    }
    listener.told = told;
  }

  #happened(events: readonly SealedEvent[]): void {
    this.#dismiss();
    for (const listener of this.#listeners) {
      if (listener.told === null) continue;
      for (const event of events) {
        if (event.sequence <= listener.told) continue;
        if (event.sequence > listener.told + 1) listener.stream.tell("reset", {}, event.sequence);
        else tellChange(listener.stream, event);
        listener.told = event.sequence;
      }
    }
  }

  #tick(): void {
    this.#dismiss();
    this.#ticks++;
    if (this.#ticks % COMMENT_EVERY === 0) for (const { stream } of this.#listeners) stream.breathe();
    void this.#tellTopics();
  }

  async #tellTopics(): Promise<void> {
    const newcomers = new Set([...this.#listeners].filter(({ isNew }) => isNew));
    for (const listener of newcomers) listener.isNew = false;
    const topics = await this.#glance.look();
    for (const listener of this.#listeners) {
      for (const topic of newcomers.has(listener) ? ["reset"] : topics) listener.stream.tell(topic, {});
    }
  }

  /** Who may not listen any more hears nothing more. */
  #dismiss(): void {
    for (const { stream, isWelcome } of this.#listeners) if (!isWelcome()) stream.end();
  }
}

function tellChange(stream: EventStream, event: SealedEvent): void {
  stream.tell("change", toListedEvent(event), event.sequence);
}
