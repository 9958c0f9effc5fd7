import type { Happening, HappeningOf, HappeningType } from "./happening.ts";

export interface HappeningsOptions {
  /** The stream that this one flows into: whatever is told here is told there, too. */
  readonly into?: Happenings;
  /** Told which types have subscribers, whenever these become others. */
  readonly onHeard?: (types: readonly HappeningType[]) => void;
}

interface Subscriber {
  readonly listener: (happening: Happening) => void;
  readonly isAwake: () => boolean;
}

const NOBODY: readonly Subscriber[] = [];

/** Brings what happens to those who want to hear it, at once and in the order in which they came. */
export class Happenings {
  readonly #options: HappeningsOptions;
  /** Lists are replaced, never changed: whoever is being told may stop to listen. */
  readonly #subscribers = new Map<HappeningType, readonly Subscriber[]>();

  constructor(options: HappeningsOptions = {}) {
    this.#options = options;
  }

  /** Whether somebody hears it. Make no happening that nobody hears. */
  hears(type: HappeningType): boolean {
    for (const { isAwake } of this.#subscribers.get(type) ?? NOBODY) if (isAwake()) return true;
    return this.#options.into?.hears(type) === true;
  }

  /** What a subscriber throws is told as a failure, and hurts nobody. */
  tell(happening: Happening): void {
    for (const { listener } of this.#subscribers.get(happening.type) ?? NOBODY) {
      try {
        listener(happening);
      } catch (error) {
        // Who fails when told of a failure would fail again.
        if (happening.type === "failed") continue;
        this.tell({ type: "failed", connection: undefined, listener: null, error });
      }
    }
    this.#options.into?.tell(happening);
  }

  /**
   * Calls back with happenings of these types; while `isAwake` says no, none needs to be made for this listener. Returns how
   * to stop.
   */
  subscribe<Type extends HappeningType>(
    types: readonly Type[],
    listener: (happening: HappeningOf<Type>) => void,
    isAwake: () => boolean = always,
  ): () => void {
    const subscriber = { listener: listener as (happening: Happening) => void, isAwake };
    for (const type of types) {
      this.#subscribers.set(type, [...(this.#subscribers.get(type) ?? NOBODY), subscriber]);
    }
    this.#heard();
    return () => {
      for (const type of types) {
        const others = this.#subscribers.get(type)?.filter((each) => each !== subscriber) ?? NOBODY;
        if (others.length > 0) this.#subscribers.set(type, others);
        else this.#subscribers.delete(type);
      }
      this.#heard();
    };
  }

  #heard(): void {
    this.#options.onHeard?.([...this.#subscribers.keys()]);
  }
}

function always(): boolean {
  return true;
}
