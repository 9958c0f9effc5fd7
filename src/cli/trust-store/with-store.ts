import { existsSync } from "node:fs";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { HandclaspError, isHandclaspError, reasonOf } from "../../errors.ts";
import { Operator } from "../../operator/operator.ts";
import { openStoreAt } from "../../store/open-store.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { say, showName } from "../terminal/output.ts";
import { processName } from "./process-name.ts";
import { userName } from "./user-name.ts";

export interface WithStoreOptions {
  /** A store that is not there is an error; default false: it is made. */
  readonly mustExist?: boolean;
  /** Nothing is changed: the store must exist, but need not be writable; default false. */
  readonly reads?: boolean;
  /** Goes on with what is here when other machines cannot be asked: for what bars somebody, and for the page; default false. */
  readonly mayBeOld?: boolean;
}

/** Opens the store, runs, and closes it whatever happens. */
export async function withStore<T>(
  url: StoreUrl,
  verb: string,
  run: (store: TrustStore, operator: Operator) => T | Promise<T>,
  { reads = false, mustExist = reads, mayBeOld = reads }: WithStoreOptions = {},
): Promise<T> {
  if (mustExist) refuseMissing(url);
  await using store = openStoreAt(url, {
    process: processName(verb),
    readOnly: reads,
    isPassing: true,
    makes: !mustExist,
  });
  noteName(url, store);
  await catchUp(store, { reads, mayBeOld });
  return await run(
    store,
    new Operator(store, { user: userName(), process: processName(verb), now: Date.now, via: "cli" }),
  );
}

/** A machine that lets clients in is called what its servers say. */
function noteName({ cluster }: StoreUrl, store: TrustStore): void {
  const name = store.replication()?.node.name;
  const said = cluster?.node ?? null;
  if (said === null || name === undefined || name === said) return;
  say(
    `this machine is called ${showName(name)} by the server that runs on it: node=${showName(said)} renames it only there`,
  );
}

/** Who goes on with less is told how old it is; nobody else changes what they do not see. */
async function catchUp(
  store: TrustStore,
  { reads, mayBeOld }: { readonly reads: boolean; readonly mayBeOld: boolean },
): Promise<void> {
  try {
    await store.catchUp();
  } catch (error) {
    const { upToDateAt = null } = store.replication() ?? {};
    if (!isHandclaspError(error, "ERR_HANDCLASP_STORE_READ")) throw error;
    if (!mayBeOld || upToDateAt === null) throw reads ? error : unchanged(error);
    say(`what follows is as of ${new Date(upToDateAt).toISOString()}: ${reasonOf(error.cause)}`);
  }
}

function unchanged(error: HandclaspError): HandclaspError {
  const { code, message, details, remedies } = error;
  return new HandclaspError(code, message, {
    cause: error,
    details,
    hint: "nothing was changed; do it again once the log can be read",
    remedies,
  });
}

/** Opening would make an empty store: from a mistyped path, the answer would be that nobody is known. */
function refuseMissing({ kind, file }: StoreUrl): void {
  // A replica is made of what the others have.
  if (kind !== "sqlite" || file === null || existsSync(file)) return;
  throw new HandclaspError("ERR_HANDCLASP_STORE_OPEN", `there is no trust store at ${file}`, {
    hint: "handclasp serve, gateway and authorizer make one; --store or HANDCLASP_STORE names another",
  });
}
