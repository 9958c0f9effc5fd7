import { Command } from "commander";
import { toKeyId } from "../../trust/key-id.ts";
import type { KeyRecord } from "../../trust/key-record.ts";
import { parseKeyReference } from "../../trust/key-reference.ts";
import { resolveKeys } from "../../trust/resolve-keys.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { isConfirmed } from "../confirm.ts";
import { jsonOption, storeOption, withStore } from "../context.ts";
import { printJson, say } from "../output.ts";
import { successorsOf } from "../../operator/successors.ts";
import { toListedKey } from "../../operator/listed-key.ts";
import { printChangedKeys, showPeer } from "./print-keys.ts";

interface Options {
  readonly yes?: true;
  readonly store: string;
  readonly json?: true;
}

const KEY = "a pin, a fingerprint, a key id (14 characters will do), or a name: all keys of that peer";

/** `trust revoke KEY`. */
export function revokeCommand(): Command {
  return new Command("revoke")
    .description("refuse a key from now on, as one that was stolen or lost, and end its connections")
    .argument("<key>", KEY)
    .option("--yes", "do not ask, even if there are several keys")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((key: string, options: Options) => bar("revoke", key, options));
}

/** `trust ignore KEY`. */
export function ignoreCommand(): Command {
  return new Command("ignore")
    .description("refuse a key from now on, and do not list it for review again")
    .argument("<key>", KEY)
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((key: string, options: Options) => bar("ignore", key, { ...options, yes: true }));
}

/** `trust set-aside KEY`. */
export function setAsideCommand(): Command {
  return new Command("set-aside")
    .description(
      "take the trust from a key until it is approved again, and end its connections; its name waits for it",
    )
    .argument("<key>", KEY)
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((key: string, options: Options) => bar("set-aside", key, { ...options, yes: true }));
}

/** `trust forget KEY`. */
export function forgetCommand(): Command {
  return new Command("forget")
    .description("remove a key: the next time it is a first use, and its name is free")
    .argument("<key>", KEY)
    .option("--yes", "do not ask, even if there are several keys")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((key: string, options: Options) => bar("forget", key, options));
}

async function bar(
  verb: "revoke" | "ignore" | "set-aside" | "forget",
  text: string,
  options: Options,
): Promise<void> {
  await withStore(
    options.store,
    `trust ${verb}`,
    async (store, operator) => {
      const meant = resolveKeys(store, parseKeyReference(text), verb);
      const asks = options.yes !== true && meant.length > 1 && process.stdin.isTTY;
      if (asks && !(await isAgreed(verb, meant))) {
        say("nothing was changed");
        process.exitCode = 1;
        return;
      }
      if (verb !== "forget") {
        // Whatever the peer has by now is meant: what came since is one more reason.
        const barred = await operator[verb === "set-aside" ? "setAside" : verb](text);
        const word = verb === "set-aside" ? { word: "set aside" } : {};
        printChangedKeys(store, barred, { ...word, ...(options.json && { json: true }) });
        if (verb === "revoke" || verb === "set-aside") warnOfSuccessors(store, barred);
        return;
      }
      const rows = meant.map((key) => toListedKey(store, key, Date.now()));
      const forgotten = await operator.forget(text, asks ? { seen: meant } : {});
      if (options.json === true) {
        const known = new Map(rows.map((row) => [row.pin, row]));
        printJson(forgotten.map((key) => known.get(key.pin) ?? toListedKey(store, key, Date.now())));
      } else printChangedKeys(store, forgotten, { word: "forgotten" });
    },
    { mustExist: true },
  );
}

/** Whoever stole a key may have rotated it: what it endorsed is trusted until somebody looks at it. */
function warnOfSuccessors(store: TrustStore, revoked: readonly KeyRecord[]): void {
  for (const key of successorsOf(store, revoked)) {
    say(`warning: a key that it endorsed stays trusted: ${showPeer(key)}  ${toKeyId(key.pin)}`);
    say(`  handclasp trust revoke ${toKeyId(key.pin)}`);
  }
}

async function isAgreed(verb: string, keys: readonly KeyRecord[]): Promise<boolean> {
  for (const key of keys) say(`  ${showPeer(key)}  ${toKeyId(key.pin)}  ${key.state}`);
  return isConfirmed(`${verb} these ${keys.length} keys?`);
}
