import { ERROR_CODES, type ErrorCode, HandclaspError, isHandclaspError, reasonOf } from "../../errors.ts";
import type { HappeningConnection, HappeningPeer } from "./connection-happening.ts";
import type { Happening, HappeningType } from "./happening.ts";

/** A happening on its way to another process: plain JSON, without certificates, and no text longer than 2048 characters. */
export interface Crossing {
  readonly type: CrossingType;
  readonly [field: string]: unknown;
}

/** What becomes of processes they do not tell themselves, and a change of trust is seen by all who have the store. */
export type CrossingType = Exclude<HappeningType, "changed" | "happenings-lost" | `worker-${string}`>;

const STAYS: ReadonlySet<HappeningType> = new Set([
  "changed",
  "happenings-lost",
  "worker-started",
  "worker-died",
  "worker-stuck",
  "worker-failed",
]);
const MOST_CHARACTERS = 2048;

/** Whether one process tells another of it. */
export function crosses(type: HappeningType): type is CrossingType {
  return !STAYS.has(type);
}

export function toCrossing(happening: Extract<Happening, { readonly type: CrossingType }>): Crossing {
  const fields = Object.entries(happening).map(([name, value]) => [name, toPlain(name, value)]);
  return Object.fromEntries(fields) as Crossing;
}

export function fromCrossing(crossing: Crossing): Happening {
  const { error, ...fields } = crossing;
  const told: unknown = error === undefined ? fields : { ...fields, error: toError(error as PlainError) };
  return told as Happening;
}

interface PlainError {
  readonly message: string;
  readonly code?: string;
}

function toPlain(name: string, value: unknown): unknown {
  // Anything can be thrown, null too.
  if (name === "error") return plainError(value);
  if (value === null || value === undefined) return value;
  if (name === "certificate") return undefined;
  if (name === "connection") return plainConnection(value as HappeningConnection);
  if (name === "peer" && typeof value === "object") return plainPeer(value as HappeningPeer);
  return typeof value === "string" ? value.slice(0, MOST_CHARACTERS).toWellFormed() : value;
}

function plainError(error: unknown): PlainError {
  const message = reasonOf(error).slice(0, MOST_CHARACTERS).toWellFormed();
  return isHandclaspError(error) ? { message, code: error.code } : { message };
}

function toError({ message, code }: PlainError): Error {
  if (code === undefined || !(code in ERROR_CODES)) return new Error(message);
  return new HandclaspError(code as ErrorCode, message);
}

/** Field by field: what is told here looks most of them up. */
function plainConnection({ id, remoteAddress, listener }: HappeningConnection): HappeningConnection {
  return { id, remoteAddress, listener };
}

function plainPeer(peer: HappeningPeer): HappeningPeer {
  const { name, pin, keyId, fingerprint, firstUse, renewed, rotated, tlsVersion, resumed } = peer;
  return { name, pin, keyId, fingerprint, firstUse, renewed, rotated, tlsVersion, resumed };
}
