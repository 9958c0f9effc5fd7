import { Command } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { HandclaspError } from "../../errors.ts";
import type { Operator } from "../../operator/operator.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyRecord } from "../../trust/records/key-record.ts";
import { escapeText, nameKey } from "../../trust/naming/peer-name.ts";
import { type KeyReference, namesWholeKey, parseKeyReference } from "../../trust/naming/key-reference.ts";
import type { Compared } from "../../trust/records/change.ts";
import { chooseKeys } from "../../trust/naming/resolve-keys.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { isConfirmed } from "../terminal/confirm.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { say, showTime } from "../terminal/output.ts";
import { leaveUnchanged } from "./agreement.ts";
import { addApprovalFlags, type ApprovalFlags, toImportOptions } from "./approval-flags.ts";
import { actOnMany, seenIn } from "./act-on-many.ts";
import { addKeysFlags, type KeysFlags, readKeys } from "../command-line/keys-argument.ts";
import { printChangedKeys, showFrom, showPeer } from "../lists/print-keys.ts";

interface Options extends ApprovalFlags, KeysFlags {
  /** The name that somebody saw. */
  readonly seen?: string;
  readonly yes?: true;
  readonly store: StoreUrl;
  readonly json?: true;
}

/** `trust approve KEY`. */
export function approveCommand(): Command {
  const command = new Command("approve")
    .description("trust a key, or accept the new name of a trusted one")
    .argument("[keys...]", "a pin, a fingerprint, a key id (14 characters will do) or a name that it claims")
    .option("--name <name>", "bind this name instead of the claimed one")
    .option("--seen <name>", "only if this is the name that it claims, as you saw it")
    .option("--yes", "do not ask at a terminal");
  return addKeysFlags(addApprovalFlags(command))
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((keys: readonly string[], options: Options) => run(keys, options, command));
}

async function run(texts: readonly string[], options: Options, command: Command): Promise<void> {
  const { keys, isMany } = await readKeys(texts, options, command);
  const isSeveral = isMany || options.dryRun === true;
  if (isMany && (options.name ?? options.seen) !== undefined) {
    command.error("error: --name and --seen are about one KEY");
  }
  await withStore(
    options.store,
    "trust approve",
    async (store, operator) => {
      if (isSeveral) await approveMany(store, operator, keys, options);
      else await approveOne(store, operator, keys[0] ?? "", options);
    },
    { mustExist: true },
  );
}

async function approveMany(
  store: TrustStore,
  operator: Operator,
  keys: readonly string[],
  options: Options,
): Promise<void> {
  const { name: _name, ...approval } = toImportOptions(options);
  const { yes, json, dryRun, ifVersion } = options;
  await actOnMany(store, operator, {
    act: "approve",
    verb: "approve",
    done: "approved",
    keys: seenIn(keys, ifVersion).map((one) => ({
      ...one,
      compared: comparedBy(parseKeyReference(one.key)),
    })),
    options: { ...approval, dryRun: dryRun === true },
    json: json === true,
    asks: yes !== true && dryRun !== true && process.stdin.isTTY,
  });
}

async function approveOne(
  store: TrustStore,
  operator: Operator,
  text: string,
  options: Options,
): Promise<void> {
  const reference = parseKeyReference(text);
  const [key] = chooseKeys(reference, await store.keysMeantBy(reference), "approve");
  if (key === undefined) throw new Error("what answers to nothing was refused");
  const { seen, ifVersion } = options;
  if (seen !== undefined) mustClaim(key, seen);
  const isDecided = seen !== undefined || ifVersion !== undefined || options.yes === true;
  if (!isDecided && process.stdin.isTTY && !(await isApproved(store, key, options))) {
    leaveUnchanged();
    return;
  }
  // By its pin, and only as it was looked at: another key may have come to claim the name, or this one another name.
  const looked = ifVersion === undefined ? key : { version: ifVersion };
  const compared = comparedBy(reference);
  const approved = await operator.approve(key.pin, { ...toImportOptions(options), compared, seen: looked });
  await printChangedKeys(store, approved, { ...(options.json && { json: true }) });
}

/** Whoever gives a key as a whole has it from somewhere: a wrong one finds no key. */
function comparedBy(reference: KeyReference): Compared {
  return namesWholeKey(reference) ? "key-id" : "none";
}

/** What it would be called, unless it is given another name. */
function claimOf({ newName, peer, claimedName, pin }: KeyRecord): string {
  return newName ?? peer ?? claimedName ?? toKeyId(pin);
}

function mustClaim(key: KeyRecord, seen: string): void {
  const claim = claimOf(key);
  if (nameKey(claim) === nameKey(seen)) return;
  throw new HandclaspError(
    "ERR_HANDCLASP_CHANGED",
    `this key claims the name "${escapeText(claim)}", not "${escapeText(seen)}"`,
    { hint: `look at it again: handclasp trust show ${toKeyId(key.pin)}` },
  );
}

async function isApproved(store: TrustStore, key: KeyRecord, { name }: Options): Promise<boolean> {
  const [came] = (await store.listRefusals({ of: { pins: [key.pin], peers: [] }, limit: 1 })).items;
  const [row] = (await store.listKeys({ pins: [key.pin] })).items;
  const lastSeen = row?.lastSeen ?? null;
  const seen = lastSeen === null ? "" : `, seen ${showTime(lastSeen)}`;
  const from = came?.address ? ` from ${showFrom(came.address, came.listener)}` : "";
  say(`  ${showPeer(key)}  ${key.state}${seen}${from}`);
  say(`  ${toKeyId(key.pin)}`);
  return isConfirmed(`trust this key as "${escapeText(name ?? claimOf(key))}"?`);
}
