import { Command } from "commander";
import { HandclaspError } from "../errors.ts";
import { alertOf } from "../trust/alerts.ts";
import { judgeRefusal, type RefusalFacts } from "../explain/judge-refusal.ts";
import { toKeyId } from "../trust/key-id.ts";
import { parseFingerprint } from "../trust/key-pin.ts";
import { escapeText, nameKey } from "../trust/peer-name.ts";
import type { RefusalSighting, TrustStore } from "../trust/trust-store.ts";
import { jsonOption, storeOption, withStore } from "./context.ts";
import { remediesText } from "./remedy-text.ts";
import { print, printJson, toIsoTime } from "./output.ts";

/** All that a store keeps. */
const MOST_REFUSALS = 10_000;

/** `explain`: why a client was refused, and what changes that. */
export function command(): Command {
  return new Command("explain")
    .argument(
      "<refused>",
      "LAST, the id of a connection that was refused, as in the log, or an address, a key or a name: the newest of it",
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run(
  connection: string,
  { store: url, json }: { readonly store: string; readonly json?: true },
): Promise<void> {
  await withStore(
    url,
    "explain",
    (store) => {
      const facts = factsOf(store, find(store, connection));
      if (json) printJson(toShownRefusal(facts));
      else print(explainRefusal(facts));
    },
    { mustExist: true },
  );
}

/** A refusal in a paragraph for people: who it was, what they showed, which rule refused it, what changes that. */
export function explainRefusal(facts: RefusalFacts): string {
  const { evidence, remedies } = judgeRefusal(facts);
  const help = remediesText(remedies);
  return `${evidence.join(" ")} ${help.slice(0, 1).toUpperCase()}${help.slice(1)}`;
}

function find(store: TrustStore, connection: string): RefusalSighting {
  if (connection.toUpperCase() === "LAST") {
    const [newest] = store.refusals(1);
    if (newest !== undefined) return newest;
    throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", "nobody was refused in the last seven days");
  }
  const refusals = store.refusals(MOST_REFUSALS);
  const fingerprint = parseFingerprint(connection);
  const keys = fingerprint === undefined ? [] : store.keysByFingerprint(fingerprint);
  const shown = new Set(keys.map(({ pin }) => pin));
  const found =
    refusals.find((refusal) => refusal.connection === connection) ??
    refusals.find((refusal) => refusal.address === connection) ??
    refusals.find((refusal) => isAbout(refusal, connection)) ??
    refusals.find(({ pin }) => pin !== null && shown.has(pin));
  if (found !== undefined) return found;
  throw new HandclaspError(
    "ERR_HANDCLASP_NOT_FOUND",
    `no refusal of ${escapeText(connection)} is on record: no connection, address, key or name`,
    {
      hint: "of refusals of one key for one reason from one address the newest is kept: handclasp explain LAST",
    },
  );
}

/** As many characters of a key id as elsewhere; the pin, the fingerprint or the name. */
function isAbout({ pin, fingerprint, peer }: RefusalSighting, text: string): boolean {
  if (pin === text || (fingerprint !== null && fingerprint === text.toLowerCase())) return true;
  if (peer !== null && nameKey(peer) === nameKey(text)) return true;
  const keyId = bare(text);
  return pin !== null && keyId.length >= LEAST_OF_KEY_ID && bare(toKeyId(pin)).startsWith(keyId);
}

const LEAST_OF_KEY_ID = 14;

function bare(keyId: string): string {
  return keyId.toUpperCase().replaceAll(/[\s-]/g, "");
}

function factsOf(store: TrustStore, refusal: RefusalSighting): RefusalFacts {
  const key = refusal.pin === null ? undefined : store.key(refusal.pin);
  const holder = key?.conflictsWith ? store.key(key.conflictsWith) : undefined;
  return { refusal, key, holder, alert: alertOf(refusal.reason, "TLSv1.3") };
}

function toShownRefusal(facts: RefusalFacts): object {
  const { connection, reason, detail, peer, pin, address, firstAt, lastAt, count } = facts.refusal;
  return {
    connection,
    reason,
    detail,
    alert: facts.alert,
    peer,
    keyId: pin === null ? null : toKeyId(pin),
    pin,
    conflictsWith: facts.holder?.pin ?? null,
    address,
    firstAt: toIsoTime(firstAt),
    lastAt: toIsoTime(lastAt),
    count,
    explanation: explainRefusal(facts),
    ...judgeRefusal(facts),
  };
}
