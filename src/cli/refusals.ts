import { Command, Option } from "commander";
import type { StoreUrl } from "../trust/port/store-url.ts";
import { toListedRefusal } from "../operator/listed-refusal.ts";
import { refusalsOf } from "../operator/refusals-of.ts";
import { REFUSAL_REASONS } from "../trust/judging/alerts.ts";
import type { ListedRefusal, RefusalFilter } from "../trust/port/roll.ts";
import type { RecordedReason } from "../trust/records/sighting.ts";
import { jsonOption } from "./command-line/json-option.ts";
import { storeOption } from "./command-line/store-option.ts";
import { withStore } from "./trust-store/with-store.ts";
import { escapeAgain, escapeText } from "../trust/naming/peer-name.ts";
import { showMinute } from "./terminal/output.ts";
import { addPageOptions, type PageFlags, SEARCHED_OF_KEYS, toSearch } from "./lists/page-options.ts";
import { printList } from "./lists/print-list.ts";
import { addTimeOptions, type TimeFlags, toTimes } from "./lists/time-options.ts";
import { shortKeyId, showFrom } from "./lists/print-keys.ts";

interface Flags extends PageFlags, TimeFlags {
  readonly peer?: string;
  readonly reason?: RecordedReason;
  readonly listener?: string;
  readonly address?: string;
  readonly store: StoreUrl;
}

const REASONS: readonly RecordedReason[] = [...REFUSAL_REASONS, "path-not-allowed"];

/** `refusals`: who was refused in the last seven days, when, why and how often. */
export function command(): Command {
  const refusals = addTimeOptions(new Command("refusals"))
    .option("--peer <key>", "only of this key, or of whoever is or was called so")
    .addOption(new Option("--reason <reason>", "only for this reason").choices(REASONS))
    .option("--listener <name>", "only at this listener of a gateway")
    .option("--address <cidr>", "only from this address or network");
  return addPageOptions(refusals, `${SEARCHED_OF_KEYS}; or the connection`)
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run({ peer, store: url, ...flags }: Flags): Promise<void> {
  const { reason, listener, address } = flags;
  await withStore(
    url,
    "refusals",
    async (store) => {
      const filter: RefusalFilter = {
        ...toSearch(flags),
        ...toTimes(flags),
        ...(peer !== undefined && (await refusalsOf(store, peer))),
        ...(reason !== undefined && { reason }),
        ...(listener !== undefined && { listener }),
        ...(address !== undefined && { network: address }),
      };
      const isWhole = Object.keys(filter).length === 0 && flags.after === undefined;
      await printList((page) => store.listRefusals({ ...filter, ...page }), flags, {
        toListed: (refusals) => refusals.map(toListedRefusal),
        columns: [
          { title: "LAST" },
          { title: "REASON", isFree: true },
          { title: "KEY" },
          { title: "FROM", isFree: true },
          { title: "TIMES" },
          { title: "PEER" },
        ],
        toCells,
        nothing: isWhole ? "nobody was refused in the last seven days" : "no such refusals",
      });
    },
    { reads: true },
  );
}

function toCells(refusal: ListedRefusal): readonly string[] {
  const { lastAt, reason, detail, pin, address, listener, count, peer, machine } = refusal;
  return [
    showMinute(lastAt),
    escapeText(detail === null ? reason : `${reason} (${detail})`),
    pin === null ? "-" : shortKeyId(pin),
    showFrom(address, listener, machine),
    String(count),
    peer === null ? "-" : escapeAgain(peer),
  ];
}
