import { Command, Option } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { toKeyPage } from "../../operator/listed-key.ts";
import { onlyIn, parseSearch } from "../../operator/search-text.ts";
import { isSetAside } from "../../trust/judging/is-set-aside.ts";
import type { KeyRecord, KeyState } from "../../trust/records/key-record.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import type { KeyFilter, ListedKey } from "../../trust/port/roll.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { showMinute, showName } from "../terminal/output.ts";
import { addPageOptions, type PageFlags, SEARCHED_OF_KEYS } from "../lists/page-options.ts";
import { printList } from "../lists/print-list.ts";
import { shortKeyId, showPeer } from "../lists/print-keys.ts";

const STATES: readonly KeyState[] = ["pending", "trusted", "revoked", "ignored", "retired"];

interface Options extends PageFlags {
  readonly state?: KeyState;
  readonly store: StoreUrl;
}

/** `trust list`: a row per key, the longest known first. */
export function listCommand(): Command {
  const command = new Command("list")
    .description("every key that was met or brought, and what it is allowed")
    .addOption(new Option("--state <state>", "only keys in this state").choices(STATES));
  return addPageOptions(command, `${SEARCHED_OF_KEYS}; and state:, source:, group:, seen<30d`)
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run({ state, store: url, ...flags }: Options): Promise<void> {
  await withStore(
    url,
    "trust list",
    async (store) => {
      const now = Date.now();
      const filter = toFilter(flags, state, now);
      await printList((page) => store.listKeys({ ...filter, ...page }), flags, {
        toListed: (keys) => toKeyPage(store, keys, now),
        columns: [
          { title: "PEER", isFree: true },
          { title: "STATE" },
          { title: "KEY" },
          { title: "LAST SEEN" },
          { title: "NOTE" },
        ],
        toCells: (key) => toCells(key, now),
        nothing: nothing(state, flags),
      });
    },
    { reads: true },
  );
}

/** What was typed, of the keys in a state if one is given. */
function toFilter({ search }: PageFlags, state: KeyState | undefined, now: number): KeyFilter {
  const typed = search === undefined ? {} : parseSearch(search, now);
  return state === undefined ? typed : onlyIn(state, typed);
}

function nothing(state: KeyState | undefined, { search, after }: PageFlags): string {
  if (search !== undefined || after !== undefined) return "no such keys";
  return state === undefined ? "no keys yet" : `no ${state} keys`;
}

function toCells(key: ListedKey, now: number): readonly string[] {
  const notes = [noteOf(key, now), key.note === null ? "" : escapeText(key.note)];
  const note = notes.filter((text) => text !== "").join("; ");
  return [showPeer(key), key.state, shortKeyId(key.pin), showMinute(key.lastSeen), note];
}

function noteOf(key: KeyRecord, now: number): string {
  if (key.state === "pending" && key.conflictsWith !== null) {
    return `key-changed: the name is bound to ${shortKeyId(key.conflictsWith)}`;
  }
  if (key.state === "trusted" && key.expires !== null && now >= key.expires) {
    return `expired: approved until ${showMinute(key.expires)}`;
  }
  if (key.state === "trusted" && key.newName !== null) {
    return `name-changed: it now claims ${showName(key.newName)}`;
  }
  if (isSetAside(key)) return "set aside: it waits for approval";
  if (key.staleSeen) return "it showed up since then: stolen?";
  return key.expires === null ? "" : `until ${showMinute(key.expires)}`;
}
