import { randomUUID } from "node:crypto";

let count = 0;
/** Tells connections of one process from another's: they share a trust store. */
const RUN = randomUUID().slice(0, 8);

/** A number that no other connection of this process has. */
export function nextConnectionNumber(): number {
  return ++count;
}

/** What a connection is called; unique among all processes that share a trust store. */
export function toConnectionId(number: number): string {
  return `${RUN}-${number.toString(36)}`;
}
