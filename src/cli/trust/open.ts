import { Command, Option } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { HandclaspError } from "../../errors.ts";
import { toWindow, type WindowJson } from "../../operator/window.ts";
import { parseDuration } from "../../duration.ts";
import { parseIpNetwork } from "../../trust/network/ip-network.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { asArgument } from "../command-line/as-argument.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { parseCount } from "../command-line/parse-count.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { print, printJson, say, showName, showTime } from "../terminal/output.ts";

interface Options {
  /** Milliseconds. */
  readonly for?: number;
  readonly max?: number;
  readonly from?: string;
  readonly close?: true;
  readonly show?: true;
  readonly store: StoreUrl;
  readonly json?: true;
}

const NETWORK = asArgument((text: string) => {
  if (parseIpNetwork(text) !== undefined) return text;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `"${text}" is no IP network`, {
    hint: "write it like 192.0.2.0/24 or 2001:db8::/32",
  });
});

/** `trust open --for 10m --max 12 --from 192.0.2.0/24`. */
export function openCommand(): Command {
  return new Command("open")
    .description("accept clients never seen before for a while, whatever the policy of the servers")
    .addOption(new Option("--for <duration>", "for so long: 10m, 1h").argParser(asArgument(parseDuration)))
    .addOption(
      new Option("--max <count>", "no more than so many: the last one closes it").argParser(parseCount),
    )
    .addOption(new Option("--from <cidr>", "only clients from this network").argParser(NETWORK))
    .addOption(new Option("--close", "stop it now, and show who came").conflicts(["for", "max", "from"]))
    .addOption(
      new Option("--show", "show how it stands and who came, and change nothing").conflicts([
        "for",
        "max",
        "from",
        "close",
      ]),
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run(options: Options, command: Command): Promise<void> {
  const { for: forMs, max = null, from = null, close, show, store: url, json } = options;
  if (forMs === undefined && close === undefined && show === undefined) {
    command.error("error: give --for DURATION, --close, or --show");
  }
  await withStore(
    url,
    "trust open",
    async (store, operator) => {
      if (show !== true) await operator.openFirstUse(forMs ?? 0, { max, from });
      await showWindow(store, { json: json === true });
    },
    { mustExist: true, reads: show === true },
  );
}

async function showWindow(store: TrustStore, { json }: { readonly json: boolean }): Promise<void> {
  const window = await toWindow(store, Date.now());
  if (json) {
    printJson({ openUntil: window?.open === true ? window.until : null, window });
    return;
  }
  print(window === null ? "first use is closed" : windowText(window));
  for (const { peer, state, keyId } of window?.came ?? [])
    print(`${state}  ${showName(peer ?? "-")}  ${keyId}`);
  if (window?.open === false && window.came.length > 0) {
    say("whoever does not belong here: handclasp trust revoke KEY");
  }
}

function windowText({ open, until, endedAt, ended, max, from, taken }: WindowJson): string {
  const came = taken === 0 ? "" : `: ${taken} came`;
  if (open) {
    const rails = [
      ...(max === null ? [] : [`for ${max} at the most`]),
      ...(from === null ? [] : [`from ${from}`]),
    ];
    return [`first use is open until ${time(until)}`, ...rails].join(", ") + came;
  }
  const how = ended === "used-up" ? ", used up" : "";
  return taken === 0
    ? `first use is closed${how}`
    : `first use is closed${how} since ${time(endedAt ?? until)}${came}`;
}

function time(text: string): string {
  return showTime(Date.parse(text));
}
