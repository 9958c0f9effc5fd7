import { randomUUID } from "node:crypto";

/** What a replica takes from clocks and from chance; simulations give their own. */
export interface Runtime {
  /** Milliseconds since the epoch; may go back. */
  now(): number;
  /** Milliseconds that never go back. */
  elapsed(): number;
  /** A UUID, lower-case; what is made later lies behind it in indexes, unless a clock went back. */
  newId(): string;
  /** At least 0, below 1. */
  random(): number;
  /** Calls back once all of this moment has been asked for. */
  soon(call: () => void): void;
  /** Calls back once, unless it is stopped: that is returned. */
  after(ms: number, call: () => void): () => void;
  /** Keeps no process alive. */
  every(ms: number, call: () => void): () => void;
}

/** The system's. */
export const SYSTEM: Runtime = {
  now: Date.now,
  elapsed: () => performance.now(),
  newId,
  random: Math.random,
  soon: (call) => void setImmediate(call),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  every: (ms, call) => {
    const timer = setInterval(call, ms).unref();
    return () => clearInterval(timer);
  },
};

/** RFC 9562 §5.7. A random one would lie on a page of its own, in each index here and in the database. */
function newId(): string {
  const millis = Date.now().toString(16).padStart(12, "0");
  return `${millis.slice(0, 8)}-${millis.slice(8)}-7${randomUUID().slice(15)}`;
}
