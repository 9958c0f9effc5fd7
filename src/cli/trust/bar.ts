import { Command } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { Operator } from "../../operator/operator.ts";
import type { KeyRecord } from "../../trust/records/key-record.ts";
import { parseKeyReference } from "../../trust/naming/key-reference.ts";
import { chooseKeys } from "../../trust/naming/resolve-keys.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { printJson, say } from "../terminal/output.ts";
import { successorsOf } from "../../operator/successors.ts";
import { type KeyJson, toListedKeys } from "../../operator/listed-key.ts";
import { isAgreed, leaveUnchanged } from "./agreement.ts";
import { actOnMany, seenIn } from "./act-on-many.ts";
import { addKeysFlags, type KeysFlags, readKeys } from "../command-line/keys-argument.ts";
import { printChangedKeys, showPeer } from "../lists/print-keys.ts";

interface Options extends KeysFlags {
  readonly yes?: true;
  readonly store: StoreUrl;
  readonly json?: true;
}

const KEY = "a pin, a fingerprint, a key id (14 characters will do), or a name: all keys of that peer";

/** `trust revoke KEY`. */
export function revokeCommand(): Command {
  const command = new Command("revoke")
    .description("refuse a key from now on, as one that was stolen or lost, and end its connections")
    .argument("[keys...]", KEY)
    .option("--yes", "do not ask, even if there are several keys")
    .addOption(storeOption())
    .addOption(jsonOption());
  return addKeysFlags(command).action((keys: readonly string[], options: Options) =>
    bar("revoke", keys, options, command),
  );
}

/** `trust ignore KEY`. */
export function ignoreCommand(): Command {
  const command = new Command("ignore")
    .description("refuse a key from now on, and do not list it for review again")
    .argument("[keys...]", KEY)
    .addOption(storeOption())
    .addOption(jsonOption());
  return addKeysFlags(command).action((keys: readonly string[], options: Options) =>
    bar("ignore", keys, { ...options, yes: true }, command),
  );
}

/** `trust set-aside KEY`. */
export function setAsideCommand(): Command {
  const command = new Command("set-aside")
    .description(
      "take the trust from a key until it is approved again, and end its connections; its name waits for it",
    )
    .argument("[keys...]", KEY)
    .addOption(storeOption())
    .addOption(jsonOption());
  return addKeysFlags(command).action((keys: readonly string[], options: Options) =>
    bar("set-aside", keys, { ...options, yes: true }, command),
  );
}

/** `trust forget KEY`. */
export function forgetCommand(): Command {
  const command = new Command("forget")
    .description("remove a key: the next time it is a first use, and its name is free")
    .argument("[keys...]", KEY)
    .option("--yes", "do not ask, even if there are several keys")
    .addOption(storeOption())
    .addOption(jsonOption());
  return addKeysFlags(command).action((keys: readonly string[], options: Options) =>
    bar("forget", keys, options, command),
  );
}

type Verb = "revoke" | "ignore" | "set-aside" | "forget";

const ACTS = { revoke: "revoke", ignore: "ignore", "set-aside": "setAside", forget: "forget" } as const;
const DONE = { revoke: "revoked", ignore: "ignored", "set-aside": "set aside", forget: "forgotten" } as const;

async function bar(verb: Verb, texts: readonly string[], options: Options, command: Command): Promise<void> {
  const { keys, isMany } = await readKeys(texts, options, command);
  await withStore(
    options.store,
    `trust ${verb}`,
    async (store, operator) => {
      const [text = ""] = keys;
      const barred =
        isMany || options.dryRun === true
          ? await barMany(store, operator, verb, keys, options)
          : await barOne(store, operator, verb, text, options);
      if ((verb === "revoke" || verb === "set-aside") && options.dryRun !== true)
        await warnOfSuccessors(store, barred);
      if (options.dryRun !== true) warnOfOthers(store);
    },
    // What takes trust away holds here at once, whether the others can be told or not.
    { mustExist: true, mayBeOld: verb !== "forget" },
  );
}

async function barMany(
  store: TrustStore,
  operator: Operator,
  verb: Verb,
  keys: readonly string[],
  { yes, json, dryRun, ifVersion }: Options,
): Promise<readonly KeyRecord[]> {
  return actOnMany(store, operator, {
    act: ACTS[verb],
    verb,
    done: DONE[verb],
    word: DONE[verb],
    keys: seenIn(keys, ifVersion),
    options: { dryRun: dryRun === true },
    json: json === true,
    asks: yes !== true && dryRun !== true && process.stdin.isTTY,
  });
}

async function barOne(
  store: TrustStore,
  operator: Operator,
  verb: Verb,
  text: string,
  { json, yes, ifVersion }: Options,
): Promise<readonly KeyRecord[]> {
  const asks = yes !== true && process.stdin.isTTY;
  // Looked up only to be shown: what is meant is found out by the change itself.
  const meant = asks || (verb === "forget" && json === true) ? await look(store, text, verb) : [];
  const isAsked = asks && meant.length > 1;
  if (isAsked && !(await isAgreed(verb, meant))) {
    leaveUnchanged();
    return [];
  }
  const version = ifVersion === undefined ? {} : { seen: { version: ifVersion } };
  if (verb === "forget") {
    const rows = json === true ? await toListedKeys(store, meant, Date.now()) : [];
    const forgotten = await operator.forget(text, isAsked ? { seen: meant } : version);
    if (json === true) await printForgotten(store, forgotten, rows);
    else await printChangedKeys(store, forgotten, { word: DONE.forget });
    return forgotten;
  }
  // Whatever the peer has by now is meant: what came since is one more reason.
  const barred = await operator[ACTS[verb]](text, version);
  const word = verb === "set-aside" ? { word: DONE[verb] } : {};
  await printChangedKeys(store, barred, { ...word, ...(json && { json: true }) });
  return barred;
}

async function look(store: TrustStore, text: string, verb: Verb): Promise<readonly KeyRecord[]> {
  const reference = parseKeyReference(text);
  return chooseKeys(reference, await store.keysMeantBy(reference), verb);
}

/** As they were listed while the store had their certificates. */
async function printForgotten(
  store: TrustStore,
  forgotten: readonly KeyRecord[],
  rows: readonly KeyJson[],
): Promise<void> {
  const known = new Map(rows.map((row) => [row.pin, row]));
  const unknown = forgotten.filter(({ pin }) => !known.has(pin));
  for (const row of await toListedKeys(store, unknown, Date.now())) known.set(row.pin, row);
  printJson(forgotten.map(({ pin }) => known.get(pin)));
}

function warnOfOthers(store: TrustStore): void {
  const { later = 0 } = store.replication() ?? {};
  if (later === 0) return;
  say("warning: the database cannot be reached: this holds on this machine alone so far");
  say(
    "  the other machines hear of it as soon as it is back, while a server runs here, or by the next command",
  );
}

/** Whoever stole a key may have rotated it: what it endorsed is trusted until somebody looks at it. */
async function warnOfSuccessors(store: TrustStore, revoked: readonly KeyRecord[]): Promise<void> {
  for (const key of await successorsOf(store, revoked)) {
    say(`warning: a key that it endorsed stays trusted: ${showPeer(key)}  ${toKeyId(key.pin)}`);
    say(`  handclasp trust revoke ${toKeyId(key.pin)}`);
  }
}
