import { HandclaspError } from "../../errors.ts";
import type { Remedy } from "../../remedy.ts";
import type { TrustEvent } from "../records/events.ts";
import { toKeyId } from "../naming/key-id.ts";
import type { KeyRecord } from "../records/key-record.ts";
import type { SeenKey } from "../records/change.ts";

/**
 * What was looked at is what is acted on: a key that was pushed out may come back with another claim, and a peer may have
 * another key. Throws ERR_HANDCLASP_CHANGED when it is not so any more.
 */
export function mustBeAsSeen(
  keys: readonly KeyRecord[],
  seen: SeenKey | readonly SeenKey[] | undefined,
): void {
  if (seen === undefined) return;
  const wanted: readonly SeenKey[] = Array.isArray(seen) ? seen : [seen];
  const other = keys.find((key) => !wanted.some((one) => isSame(key, one)));
  if (other !== undefined) throw changed(other);
  if (keys.length === wanted.length) return;
  throw new HandclaspError("ERR_HANDCLASP_CHANGED", "there are fewer keys than were looked at", {
    hint: LOOK_AGAIN,
    remedies: keys.slice(0, 1).map(toLook),
    details: { pins: keys.map(({ pin }) => pin) },
  });
}

/** Why an event cannot be undone any more: the key of now, and the event that changed it, where there are such. */
export function changedSince(
  sequence: number,
  key: KeyRecord | undefined,
  by: TrustEvent | undefined,
): HandclaspError {
  const since = by === undefined || by.sequence <= sequence ? "" : `, by event ${by.sequence} (${by.type})`;
  return new HandclaspError("ERR_HANDCLASP_CHANGED", `what event ${sequence} did was changed since${since}`, {
    hint: "look at how it is now, and change that",
    remedies: key === undefined ? [] : [toLook(key)],
    details: {
      sequence,
      ...(key && { pin: key.pin, version: key.version, claimedName: key.claimedName }),
      ...(since !== "" && { changedBy: by?.sequence }),
    },
  });
}

function toLook({ pin }: KeyRecord): Remedy {
  return { act: "show-key", at: "server", key: toKeyId(pin) };
}

const LOOK_AGAIN = "look at it again, and decide anew";

function isSame(key: KeyRecord, seen: SeenKey): boolean {
  if (seen.pin !== undefined && key.pin !== seen.pin) return false;
  return (
    key.version === seen.version && (seen.claimedName === undefined || key.claimedName === seen.claimedName)
  );
}

function changed(key: KeyRecord): HandclaspError {
  const { pin, state, version, claimedName, newName } = key;
  const claim = newName ?? claimedName;
  const claims = claim === null ? "claims no name" : `claims the name "${claim}"`;
  const message = `${toKeyId(pin)} is ${state} and ${claims} now, in version ${version}: it was another when it was looked at`;
  return new HandclaspError("ERR_HANDCLASP_CHANGED", message, {
    hint: LOOK_AGAIN,
    remedies: [toLook(key)],
    details: { pin, state, version, claimedName, newName },
  });
}
