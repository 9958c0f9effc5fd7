import { toKeyId } from "../trust/naming/key-id.ts";
import type { KeyPin } from "../trust/records/key-record.ts";
import { escapeText } from "../trust/naming/peer-name.ts";
import type { RefusalSighting } from "../trust/port/ledger.ts";
import type { ListedRefusal } from "../trust/port/roll.ts";
import { toIsoTime } from "./iso-time.ts";

/** Refusals of one key, for one reason, from one address, at one listener, as programs get them. */
export interface RefusalJson {
  /** The bound or claimed name; escaped. */
  readonly peer: string | null;
  /** Null, like the key id, when no certificate was shown, or none whose key could be read. */
  readonly pin: KeyPin | null;
  readonly keyId: string | null;
  readonly reason: RefusalSighting["reason"];
  readonly detail: RefusalSighting["detail"];
  readonly address: string | null;
  /** That it came to; null at servers that have no name for it. */
  readonly listener: string | null;
  /** The newest connection that was refused so. */
  readonly connection: string;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  readonly count: number;
  /** That it came to, where machines share their trust; null where they do not. */
  readonly machine: string | null;
}

/** What the machine is called that a refusal came to, for programs. */
export function machineOf({ machine }: ListedRefusal): string | null {
  return machine === undefined ? null : escapeText(machine);
}

/** A refusal of the store. */
export function toListedRefusal(refusal: ListedRefusal): RefusalJson {
  const { peer, pin, reason, detail, address, listener, connection, firstAt, lastAt, count } = refusal;
  return {
    peer,
    pin,
    keyId: pin === null ? null : toKeyId(pin),
    reason,
    detail,
    address,
    listener,
    connection,
    firstAt: toIsoTime(firstAt),
    lastAt: toIsoTime(lastAt),
    count,
    machine: machineOf(refusal),
  };
}
