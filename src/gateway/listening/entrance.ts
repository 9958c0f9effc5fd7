import type { Socket } from "node:net";
import type { Capacity } from "./capacity.ts";

interface EntranceOptions {
  /** Of the whole process. */
  readonly capacity: Capacity;
  /** How many may be in at once that came through here; asked each time. */
  readonly most: () => number;
  readonly letIn: (transport: Socket) => void;
  /** Called when one has to wait and none did before. */
  readonly onFull: () => void;
}

/** Connections that wait for room, at the most: as many as a kernel keeps by default. */
const MOST_WAITING = 511;

/** Lets connections in as long as there is room, then as others end: who waited longest is first. */
export class Entrance {
  readonly #options: EntranceOptions;
  readonly #mostWaiting: number;
  readonly #waiting = new Set<Socket>();
  readonly #stopWaiting: () => void;
  #inside = 0;

  constructor(options: EntranceOptions) {
    this.#options = options;
    this.#mostWaiting = Math.min(MOST_WAITING, options.capacity.most);
    this.#stopWaiting = options.capacity.onFreed(() => this.admitWaiting());
  }

  /** Lets it in, has it wait, or closes it when too many do already. */
  accept(transport: Socket): void {
    if (this.#waiting.size === 0 && this.#take()) return this.#start(transport);
    if (this.#waiting.size >= this.#mostWaiting) return void transport.destroy();
    if (this.#waiting.size === 0) this.#options.onFull();
    this.#waiting.add(transport);
    transport.on("error", ignore);
    transport.on("close", () => this.#waiting.delete(transport));
  }

  /** For when `most` became more. */
  admitWaiting(): void {
    for (const transport of this.#waiting) {
      if (!this.#take()) return;
      this.#waiting.delete(transport);
      this.#start(transport);
    }
  }

  /** The last thing that is called. */
  close(): void {
    this.#stopWaiting();
    this.turnAway();
  }

  /** Closes those that wait; who is in stays. */
  turnAway(): void {
    for (const transport of this.#waiting) transport.destroy();
    this.#waiting.clear();
  }

  /** Room for one more, and it is taken. */
  #take(): boolean {
    const { capacity, most } = this.#options;
    if (this.#inside >= most() || !capacity.take()) return false;
    this.#inside += 1;
    return true;
  }

  #start(transport: Socket): void {
    transport.on("close", this.#closed);
    this.#options.letIn(transport);
  }

  readonly #closed = (): void => {
    this.#inside -= 1;
    this.#options.capacity.give();
  };
}

/** 'close' follows. */
function ignore(): void {}
