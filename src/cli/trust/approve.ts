import { Command, Option } from "commander";
import { parseDuration } from "../../trust/duration.ts";
import type { KeyPin, KeyRecord } from "../../trust/key-record.ts";
import type { ApproveOptions } from "../../trust/operator.ts";
import { nameKey } from "../../trust/peer-name.ts";
import type { TrustStore } from "../../trust/trust-store.ts";
import { asArgument, jsonOption, storeOption, withStore } from "../context.ts";
import { printChangedKeys } from "./listed-key.ts";

/** What everything that makes a key trusted can be told. */
export interface ApprovalFlags {
  readonly name?: string;
  readonly replace?: true;
  readonly add?: true;
  /** Milliseconds. */
  readonly expires?: number;
}

interface Options extends ApprovalFlags {
  readonly store: string;
  readonly json?: true;
}

/** `trust approve KEY`. */
export function approveCommand(): Command {
  const command = new Command("approve")
    .description("trust a key, or accept the new name of a trusted one")
    .argument("<key>", "a pin, a fingerprint, a key id (14 characters will do) or a name that it claims")
    .option("--name <name>", "bind this name instead of the claimed one");
  return addApprovalFlags(command).addOption(storeOption()).addOption(jsonOption()).action(run);
}

/** `--replace`, `--add` and `--expires`. */
export function addApprovalFlags(command: Command): Command {
  return command
    .addOption(new Option("--replace", "retire the keys that hold the name").conflicts("add"))
    .addOption(new Option("--add", "keep the keys that hold the name, beside this one"))
    .addOption(
      new Option("--expires <duration>", "trust it for so long: 12h, 90d").argParser(
        asArgument(parseDuration),
      ),
    );
}

/** The flags as an operator takes them. */
export function toApproveOptions({ name, replace, add, expires }: ApprovalFlags): ApproveOptions {
  return {
    ...(name !== undefined && { name }),
    ...(replace === true && { onConflict: "replace" as const }),
    ...(add === true && { onConflict: "add" as const }),
    ...(expires !== undefined && { expires: Date.now() + expires }),
  };
}

/** Runs what makes a key trusted. Returns that key, then those that were retired for it. */
export async function withRetired(
  store: TrustStore,
  approve: () => Promise<readonly KeyRecord[]>,
): Promise<readonly KeyRecord[]> {
  const trusted = new Set<KeyPin>();
  for (const key of store.keys()) if (key.state === "trusted") trusted.add(key.pin);
  const approved = await approve();
  const names = new Set(approved.map(({ peer }) => nameKey(peer ?? "")));
  const peers = [...names].flatMap((name) => store.keysOfName(name));
  return [...approved, ...peers.filter((key) => key.state === "retired" && trusted.has(key.pin))];
}

async function run(key: string, { store: url, json, ...flags }: Options): Promise<void> {
  await withStore(
    url,
    "trust approve",
    async (store, operator) => {
      const keys = await withRetired(store, () => operator.approve(key, toApproveOptions(flags)));
      printChangedKeys(store, keys, { ...(json && { json }) });
    },
    { mustExist: true },
  );
}
