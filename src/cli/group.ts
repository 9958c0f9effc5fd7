import { Command, Option } from "commander";
import type { StoreUrl } from "../trust/port/store-url.ts";
import { toListedMember } from "../operator/listed-member.ts";
import { toKeyId } from "../trust/naming/key-id.ts";
import { parseKeyReference } from "../trust/naming/key-reference.ts";
import { chooseKeys } from "../trust/naming/resolve-keys.ts";
import { keepsItsName } from "../trust/judging/is-set-aside.ts";
import type { KeyRecord } from "../trust/records/key-record.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { nameKey } from "../trust/naming/peer-name.ts";
import { jsonOption } from "./command-line/json-option.ts";
import { storeOption } from "./command-line/store-option.ts";
import { withStore } from "./trust-store/with-store.ts";
import { ifVersionOption } from "./command-line/keys-argument.ts";
import { print, printJson, say, showMinute, showName } from "./terminal/output.ts";
import { addPageOptions, type PageFlags, toSearch } from "./lists/page-options.ts";
import { printList } from "./lists/print-list.ts";

interface Flags {
  readonly ifVersion?: number;
  readonly allKeys?: true;
  readonly store: StoreUrl;
  readonly json?: true;
}

/** `group add | remove | list`: peers that listeners of a gateway let in together. */
export function command(): Command {
  const group = new Command("group");
  group
    .command("add")
    .description("put a peer into a group; the first one makes the group")
    .argument("<name>", "the group")
    .argument("<key>", "the peer: its name, or pin, fingerprint or key id of one of its keys")
    .addOption(ifVersionOption())
    .addOption(
      new Option("--all-keys", "a peer with several keys into a group of operators, too").conflicts(
        "ifVersion",
      ),
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((name: string, key: string, flags: Flags) => change("add", name, key, flags));
  group
    .command("remove")
    .description("take a peer out of a group; its connections end where only the group is let in")
    .argument("<name>", "the group")
    .argument("<key>", "the peer, as for `group add`")
    .addOption(ifVersionOption())
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((name: string, key: string, flags: Flags) => change("remove", name, key, flags));
  addPageOptions(
    group
      .command("list")
      .description("the groups, and who is in them")
      .option("--group <name>", "only who is in this one"),
    "the name of a group or a peer",
  )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(list);
  return group;
}

async function change(what: "add" | "remove", group: string, key: string, flags: Flags): Promise<void> {
  const { store: url, json, ifVersion, allKeys } = flags;
  await withStore(
    url,
    `group ${what}`,
    async (store, operator) => {
      const version = ifVersion === undefined ? {} : { seen: { version: ifVersion } };
      const seen = allKeys === true ? { seen: await keysOfPeer(store, key) } : version;
      const [changed] =
        what === "add"
          ? await operator.addToGroup(group, key, seen)
          : await operator.removeFromGroup(group, key, seen);
      const peer = changed?.peer ?? null;
      if (json === true) printJson({ group, peer, member: what === "add" });
      else print(`${what === "add" ? "added" : "removed"}  ${showName(peer ?? key)}  ${showName(group)}`);
    },
    { mustExist: true },
  );
}

/** Those that speak for the peer, as they are shown: what gets its name meanwhile does not come into the group with them. */
async function keysOfPeer(store: TrustStore, text: string): Promise<readonly KeyRecord[]> {
  const reference = parseKeyReference(text);
  const [one] = chooseKeys(reference, await store.keysMeantBy(reference), "group");
  const keys = store.keysOfName(one?.nameKey ?? "").filter(keepsItsName);
  for (const { pin, state } of keys) say(`  ${toKeyId(pin)} (${state})`);
  return keys;
}

interface ListFlags extends PageFlags {
  readonly group?: string;
  readonly store: StoreUrl;
}

async function list({ group, store: url, ...flags }: ListFlags): Promise<void> {
  await withStore(
    url,
    "group list",
    async (store) => {
      const filter = { ...toSearch(flags), ...(group !== undefined && { groupKey: nameKey(group) }) };
      const isWhole = group === undefined && flags.search === undefined && flags.after === undefined;
      await printList((page) => store.listMembers({ ...filter, ...page }), flags, {
        toListed: (members) => members.map(toListedMember),
        columns: [{ title: "GROUP", isFree: true }, { title: "PEER", isFree: true }, { title: "SINCE" }],
        toCells: (member) => [showName(member.group), showName(member.peer), showMinute(member.addedAt)],
        nothing: isWhole ? "no groups: handclasp group add NAME KEY makes one" : "no such members",
      });
    },
    { reads: true },
  );
}
