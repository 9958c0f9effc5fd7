import type { Guard } from "../../guard/guard.ts";
import { CUT_REASONS } from "../../trust/happenings/cut-reason.ts";
import { createCounters, type GuardCounters } from "../../guard/stats.ts";

/** What the servers of one listener did so far. */
export interface Tally {
  readonly stats: GuardCounters;
  /** Of connections that were let in, as on the wire. */
  bytesIn: number;
  bytesOut: number;
}

/** Adds up what guards know: those at work, and those that a reload put away. */
export class ListenerTallies {
  readonly #guards = new Map<Guard, { readonly listener: string; readonly guard: Guard }>();
  readonly #past = new Map<string, Tally>();

  /** The guards at work. */
  get guards(): Iterable<{ readonly listener: string; readonly guard: Guard }> {
    return this.#guards.values();
  }

  open(guard: Guard, listener: string): void {
    this.#guards.set(guard, { listener, guard });
  }

  close(guard: Guard): void {
    const gone = this.#guards.get(guard);
    if (gone === undefined) return;
    this.#guards.delete(guard);
    addStats(tallyOf(this.#past, gone.listener), gone.guard);
  }

  /** A connection is over. */
  moved(listener: string, bytesIn: number, bytesOut: number): void {
    const tally = tallyOf(this.#past, listener);
    tally.bytesIn += bytesIn;
    tally.bytesOut += bytesOut;
  }

  /** By listener, up to now. */
  now(): ReadonlyMap<string, Tally> {
    const tallies = new Map<string, Tally>();
    for (const [name, { stats, ...bytes }] of this.#past)
      tallies.set(name, { stats: { ...stats, cut: { ...stats.cut } }, ...bytes });
    for (const { listener, guard } of this.#guards.values()) {
      const tally = tallyOf(tallies, listener);
      addStats(tally, guard);
      for (const { socket } of guard.connections) {
        tally.bytesIn += socket.bytesRead;
        tally.bytesOut += socket.bytesWritten;
      }
    }
    return tallies;
  }
}

function tallyOf(tallies: Map<string, Tally>, listener: string): Tally {
  let tally = tallies.get(listener);
  if (tally === undefined) {
    tally = { stats: createCounters(), bytesIn: 0, bytesOut: 0 };
    tallies.set(listener, tally);
  }
  return tally;
}

function addStats({ stats }: Tally, guard: Guard): void {
  const { cut, ...counts } = guard.stats;
  for (const [name, value] of Object.entries(counts)) stats[name as keyof typeof counts] += value;
  for (const reason of CUT_REASONS) stats.cut[reason] += cut[reason];
}
