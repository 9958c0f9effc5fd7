import { Command } from "commander";
import { HandclaspError } from "../errors.ts";
import { alertOf } from "../guard/alerts.ts";
import { explainRefusal, type RefusalFacts } from "../trust/explain-refusal.ts";
import { toKeyId } from "../trust/key-id.ts";
import type { RefusalSighting, TrustStore } from "../trust/trust-store.ts";
import { jsonOption, storeOption, withStore } from "./context.ts";
import { print, printJson, toIsoTime } from "./output.ts";

/** All that a store keeps. */
const MOST_REFUSALS = 10_000;

/** `explain`: why a client was refused, and what changes that. */
export function command(): Command {
  return new Command("explain")
    .argument("<connection>", "LAST, or the id of a connection that was refused, as in the log")
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

function find(store: TrustStore, connection: string): RefusalSighting {
  if (connection.toUpperCase() === "LAST") {
    const [newest] = store.refusals(1);
    if (newest !== undefined) return newest;
    throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", "nobody was refused in the last seven days");
  }
  const found = store.refusals(MOST_REFUSALS).find((refusal) => refusal.connection === connection);
  if (found !== undefined) return found;
  throw new HandclaspError(
    "ERR_HANDCLASP_NOT_FOUND",
    `no refusal of a connection ${connection} is on record`,
    {
      hint: "of refusals of one key for one reason from one address the newest is kept: handclasp explain LAST",
    },
  );
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
  };
}
