import { existsSync, statSync } from "node:fs";
import { readIdentityFile, showIdentityFile } from "../../client/identities/identity-file.ts";
import { identityFile, listIdentities } from "../../client/identities/identity-folder.ts";
import { eventAt } from "../../operator/listed-event.ts";
import { openStoreAt } from "../../store/open-store.ts";
import { cannotBeWritten, whyNotWritable } from "../../store/sqlite/file/read-only-file.ts";
import { realStorePath } from "../../store/sqlite/file/real-store-path.ts";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { parseEvent } from "../../trust/records/events.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { knownServersUrl } from "../client/known-servers.ts";
import { dataFolder } from "../../data-folder.ts";
import { howToMend } from "../trust-store/how-to-mend.ts";
import { processName } from "../trust-store/process-name.ts";
import { type Finding, toBrokenFinding, toFinding } from "./finding.ts";
import { examineReplica } from "./replica.ts";
import { identitiesFolder } from "../identities/make-identity.ts";
import { serverIdentityFile } from "../identities/server-identity.ts";

/** Where our files live, and who else may look there. */
export function examineDataFolder(): readonly Finding[] {
  const folder = dataFolder();
  const subject = "data folder";
  if (!existsSync(folder)) return [toFinding("none", subject, `${folder}: made when it is needed`)];
  try {
    const stat = statSync(folder);
    if (!stat.isDirectory()) return [toFinding("broken", subject, `${folder} is not a folder`)];
    return [openToOthers(subject, folder, stat.mode) ?? toFinding("ok", subject, folder)];
  } catch (error) {
    return [toBrokenFinding(subject, error)];
  }
}

export interface StoreFindings {
  readonly findings: readonly Finding[];
  /** Milliseconds since the epoch; null when no store has events. */
  readonly newestEventAt: number | null;
}

/** The trust store and the known servers. What does not exist is not made. */
export async function examineStores(url: StoreUrl): Promise<StoreFindings> {
  const findings: Finding[] = [];
  let newestEventAt: number | null = null;
  for (const [subject, locate] of [
    ["trust store", () => url],
    ["known servers", () => knownServersUrl(url)],
  ] as const) {
    try {
      const at = locate();
      const path = at.file;
      if (path === null) {
        findings.push(toFinding("none", subject, `${String(at)} is kept in memory`));
      } else if (!existsSync(path)) {
        findings.push(toFinding("none", subject, `${path}: made on first use`));
      } else {
        await using store = openStoreAt(at, {
          process: processName("doctor"),
          readOnly: true,
          isPassing: true,
        });
        findings.push(...(await examineReplica(store)), ...examineStore(subject, path, store));
        newestEventAt = Math.max(newestEventAt ?? 0, (await newestEvent(store)) ?? 0) || null;
      }
    } catch (error) {
      findings.push(toBrokenFinding(subject, error));
    }
  }
  return { findings, newestEventAt };
}

function examineStore(subject: string, path: string, store: TrustStore): readonly Finding[] {
  const { problems, chain, rows } = store.check();
  const { schema, keys, events } = store.stats();
  const more = store.replication() === null ? "handclasp trust audit verify" : howToMend(store);
  const shared = openToOthers(subject, path, statSync(path).mode);
  const findings = [
    ...problems.map((problem) => toFinding("broken", subject, `${path}: ${problem}`, howToMend(store))),
    ...(chain.broken === null
      ? []
      : [toFinding("broken", subject, `event ${chain.broken.sequence}: ${chain.broken.problem}`, more)]),
    ...(rows === null || rows.count === 0
      ? []
      : [
          toFinding(
            "broken",
            subject,
            `rows are not what the events come to, in ${rows.count === 1 ? "one place" : `${rows.count} places`}`,
            more,
          ),
        ]),
    ...(shared === undefined ? [] : [shared]),
    ...notWritable(subject, path),
  ];
  if (findings.length > 0) return findings;
  const { trusted, pending } = keys;
  const about = `schema ${schema}, ${trusted} trusted, ${pending} pending, ${events} events that verify`;
  return [toFinding("ok", subject, `${path}: ${about}`)];
}

function notWritable(subject: string, path: string): readonly Finding[] {
  const reason = whyNotWritable(realStorePath(path));
  if (reason === undefined) return [];
  const { message, hint } = cannotBeWritten(path, reason);
  return [toFinding("warn", subject, message, hint)];
}

async function newestEvent(store: TrustStore): Promise<number | null> {
  const { sequence } = store.head();
  const last = sequence === 0 ? undefined : await eventAt(store, sequence);
  const at = last === undefined ? undefined : parseEvent(last.json)?.at;
  return at === undefined ? null : Date.parse(at);
}

/** Our identities, and the server's beside the store. */
export function examineIdentities(url: StoreUrl): readonly Finding[] {
  const findings: Finding[] = [];
  const folder = identitiesFolder();
  const look = (subject: string, fileOf: () => string | null): void => {
    try {
      const file = fileOf();
      const shown = file === null ? undefined : showIdentityFile(file);
      if (file === null || shown === undefined) return;
      if (!shown.isEncrypted) readIdentityFile(file);
      const keyId = `${toKeyId(shown.facts.pin)}${shown.isEncrypted ? ", its key is encrypted" : ""}`;
      findings.push(openToOthers(subject, file, statSync(file).mode) ?? toFinding("ok", subject, keyId));
    } catch (error) {
      findings.push(toBrokenFinding(subject, error));
    }
  };
  const shared = existsSync(folder) && openToOthers("identities", folder, statSync(folder).mode);
  if (shared) findings.push(shared);
  for (const name of names(folder, findings)) look(`identity ${name}`, () => identityFile(folder, name));
  if (findings.length === 0) findings.push(toFinding("none", "identities", "none yet: made on first use"));
  look("server identity", () => serverIdentityFile(url));
  return findings;
}

function names(folder: string, findings: Finding[]): readonly string[] {
  try {
    return listIdentities(folder);
  } catch (error) {
    findings.push(toBrokenFinding("identities", error));
    return [];
  }
}

const OTHERS = 0o077;

function openToOthers(subject: string, path: string, mode: number): Finding | undefined {
  if ((mode & OTHERS) === 0) return undefined;
  const octal = (mode & 0o777).toString(8);
  const wanted = statSync(path).isDirectory() ? "700" : "600";
  return toFinding("warn", subject, `${path} is open to others (${octal})`, `chmod ${wanted} ${path}`);
}
