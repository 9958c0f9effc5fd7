import { toKeyId } from "../trust/naming/key-id.ts";
import type { KeyPin } from "../trust/records/key-record.ts";
import { escapeText } from "../trust/naming/peer-name.ts";
import type { ListedConnection } from "../trust/port/roll.ts";
import { toIsoTime } from "./iso-time.ts";

/** A connection that is open, as programs get it. */
export interface ConnectionJson {
  readonly connection: string;
  readonly process: string;
  /** Of the process that has it: a process id may come again. */
  readonly run: string;
  readonly peer: string;
  readonly keyId: string;
  readonly pin: KeyPin;
  readonly remoteAddress: string | null;
  readonly since: string | null;
  /** That it came to; null at servers that have no name for it. */
  readonly listener: string | null;
  /** That it runs on, where machines share their trust; null where they do not. */
  readonly machine: string | null;
}

/** A live connection of the store. */
export function toListedConnection({
  id,
  process,
  run,
  peer,
  pin,
  remoteAddress,
  since,
  listener,
  machine,
}: ListedConnection): ConnectionJson {
  return {
    connection: id,
    process,
    run,
    peer: escapeText(peer),
    keyId: toKeyId(pin),
    pin,
    remoteAddress,
    since: toIsoTime(since),
    listener,
    machine: machine === undefined ? null : escapeText(machine),
  };
}
