import { Command, Option } from "commander";
import { toKeyId } from "../../trust/key-id.ts";
import { isSetAside } from "../../trust/is-set-aside.ts";
import type { KeyPin, KeyRecord, KeyState } from "../../trust/key-record.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { jsonOption, storeOption, withStore } from "../context.ts";
import { print, printJson, say, showName, showTime, table } from "../output.ts";
import { toListedKey } from "../../operator/listed-key.ts";
import { showPeer } from "./print-keys.ts";

const STATES: readonly KeyState[] = ["pending", "trusted", "revoked", "ignored", "retired"];
/** Two groups with their check characters: enough to name a key by. */
const SHORT_KEY_ID = "AAAAAAA-AAAAAAA".length;

interface Options {
  readonly state?: KeyState;
  readonly store: string;
  readonly json?: true;
}

/** `trust list`: a row per key, the longest known first. */
export function listCommand(): Command {
  return new Command("list")
    .description("every key that was met or brought, and what it is allowed")
    .addOption(new Option("--state <state>", "only keys in this state").choices(STATES))
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run({ state, store: url, json }: Options): Promise<void> {
  await withStore(
    url,
    "trust list",
    (store) => {
      const now = Date.now();
      const keys = store.keys().filter((key) => state === undefined || key.state === state);
      if (json === true) printJson(keys.map((key) => toListedKey(store, key, now)));
      else if (keys.length === 0) say(state === undefined ? "no keys yet" : `no ${state} keys`);
      else
        print(
          table([
            ["PEER", "STATE", "KEY", "LAST SEEN", "NOTE"],
            ...keys.map((key) => toCells(store, key, now)),
          ]),
        );
    },
    { reads: true },
  );
}

function toCells(store: TrustStore, key: KeyRecord, now: number): readonly string[] {
  return [showPeer(key), key.state, shortKeyId(key.pin), showTime(store.lastSeen(key.pin)), noteOf(key, now)];
}

function noteOf(key: KeyRecord, now: number): string {
  if (key.state === "pending" && key.conflictsWith !== null) {
    return `key-changed: the name is bound to ${shortKeyId(key.conflictsWith)}`;
  }
  if (key.state === "trusted" && key.expires !== null && now >= key.expires) {
    return `expired: approved until ${showTime(key.expires)}`;
  }
  if (key.state === "trusted" && key.newName !== null) {
    return `name-changed: it now claims ${showName(key.newName)}`;
  }
  if (isSetAside(key)) return "set aside: it waits for approval";
  if (key.staleSeen) return "it showed up since then: stolen?";
  return key.expires === null ? "" : `until ${showTime(key.expires)}`;
}

function shortKeyId(pin: KeyPin): string {
  return toKeyId(pin).slice(0, SHORT_KEY_ID);
}
