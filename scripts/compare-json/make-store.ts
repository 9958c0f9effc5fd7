import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Library from "../../src/index.ts";
import type { Actor } from "../../src/trust/records/events.ts";
import type { Settled } from "../../src/trust/records/verdict.ts";
import { journalOf } from "./journal-of.ts";

type Facts = Library.CertificateFacts;

/** What commands are told about a store that was made: texts that name keys in it, by what the key is good for. */
export interface MadeStore {
  readonly path: string;
  readonly keys: ReadonlyMap<string, Facts>;
  readonly tokens: ReadonlyMap<string, string>;
  readonly lastEvent: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const PLENTY = { burst: 1e6, perSecond: 1e6 };
const NETWORK = "192.0.2.0/24";

/** Names that have been trouble: scripts that fold in odd ways, what a terminal acts on, bounds. */
const ODD_NAMES: readonly string[] = [
  "Straße",
  "ΣΊΣΥΦΟΣ",
  "İstanbul",
  "ＦＵＬＬｗｉｄｔｈ",
  "e\u0301tude",
  "name with  spaces",
  "спутник",
  "日本語の名前",
  "👩‍🚀",
  "right\u202eleft",
  "line\nbreak",
  "a".repeat(200),
  "user@host",
  "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
];

/**
 * Makes a store in `folder`, by the code of a checkout, with a key in every state, every kind of conflict, name, end and
 * token, groups, a refusal for each reason, live connections, and the events of all that. Files with certificates for
 * commands to import lie in `files` beside it.
 */
export async function makeStore(tree: string, folder: string, now: number): Promise<MadeStore> {
  const library = await libraryOf(tree);
  const path = join(folder, "trust.db");
  const clock = { at: now - 2 * DAY };
  const tick = (): number => (clock.at += MINUTE);
  const store = library.openSqliteStore(path, { process: "maker 1", now: tick });
  const keys = new Map<string, Facts>();
  const options = {
    now: () => clock.at,
    process: "serve 1",
    limits: { perNetwork: PLENTY, overall: PLENTY },
  };
  const accepting = new library.Trust(store, { ...options, policy: { firstUse: "accept" } });
  const asking = new library.Trust(store, { ...options, policy: { firstUse: "ask" } });
  const operator = new library.Operator(store, { user: "olga", process: "maker 1", now: tick });
  // What the other checkout has no word for is not told to it.
  const actor = { user: null, process: "serve 1", address: "192.0.2.7" } as Actor;
  const origin = (): { at: number; actor: Actor } => ({ at: tick(), actor });

  /** A certificate that claims this name, known under `called`. */
  const make = async (called: string, name = called): Promise<Facts> => {
    const { facts } = await library.createIdentity({ name, now: new Date(now - 3 * DAY) });
    keys.set(called, facts);
    return facts;
  };
  const meet = async (trust: Library.Trust, certificate: Facts): Promise<Settled> => {
    tick();
    const showing = { certificate, caSigned: false, remoteAddress: "192.0.2.7" };
    const verdict = trust.judge(showing);
    const settled = verdict.decision === "claim" ? await trust.settle(verdict, showing) : verdict;
    if (settled.decision === "admit") journalOf(trust).seen(certificate.pin);
    else journalOf(trust).refused(settled, { connection: `c${clock.at}`, remoteAddress: "192.0.2.7" });
    await trust.flush();
    return settled;
  };

  await meet(accepting, await make("anna"));
  await meet(accepting, await make("anna-conflict", "ANNA"));
  await meet(asking, await make("berta"));
  await meet(asking, await make("berta-too", "Berta"));
  await meet(asking, await make("carl"));
  await operator.approve(keys.get("carl")?.pin ?? "", { expires: now + 300 * DAY });
  await operator.import(await make("dora"), { expires: now - DAY });
  const emil = await make("emil");
  await meet(accepting, emil);
  const renamed = await make("emil-as", "emil-as");
  await meet(accepting, { ...renamed, pin: emil.pin, spki: emil.spki });
  for (const [name, act] of [
    ["fritz", "revoke"],
    ["gerd", "ignore"],
    ["karl", "forget"],
  ] as const) {
    await meet(accepting, await make(name));
    await operator[act](name);
    await meet(accepting, keys.get(name) as Facts);
  }
  const hans = await make("hans");
  await meet(accepting, hans);
  await store.apply({
    type: "rotate",
    ...origin(),
    endorsedBy: { pin: hans.pin, issuedAt: clock.at },
    certificate: seen(await make("hans-next", "hans")),
    pendingExpires: now + 7 * DAY,
    maxPending: 1000,
  });
  await meet(accepting, hans);
  await operator.import(await make("ida"));
  await operator.import(await make("ida-next", "ida"), { onConflict: "replace" });
  await operator.import(await make("joe"));
  await operator.import(await make("joe-too", "joe"), { onConflict: "add" });
  await meet(accepting, await make("lena"));
  await operator.rename("lena", "Lena Nova");
  await store.apply({
    type: "hold",
    ...origin(),
    peer: "lapsed",
    certificate: seen(await make("lapsed")),
    conflictsWith: null,
    pendingExpires: now - DAY,
    maxPending: 1000,
  });
  await store.apply({
    type: "hold",
    ...origin(),
    peer: "would-be",
    certificate: seen(await make("claims-another")),
    conflictsWith: null,
    pendingExpires: now + 7 * DAY,
    maxPending: 1000,
  });
  for (const [at, name] of ODD_NAMES.entries()) {
    const certificate = { ...(await make(`odd-${at}`)), claimedName: name };
    await meet(at % 2 === 0 ? accepting : asking, certificate);
  }
  const nameless = await make("nameless");
  await meet(asking, { ...nameless, claimedName: undefined });

  for (const [group, peer] of GROUPS) await operator.addToGroup(group, keys.get(peer)?.pin ?? "");
  await operator.removeFromGroup("ops", keys.get("joe")?.pin ?? "");
  await operator.openFirstUse(10 * MINUTE);
  await operator.openFirstUse(0);

  const tokens = new Map<string, string>();
  const serverPin = (await make("server")).pin;
  await store.putSetting("server", JSON.stringify({ address: "gate.example:8443", pin: serverPin }));
  const invite = async (called: string, more: Partial<Library.CreateTokenOptions> = {}): Promise<string> => {
    const { id } = await operator.createToken({
      peer: called,
      servers: ["gate.example:8443"],
      serverPin,
      ...more,
    });
    tokens.set(called, id);
    return id;
  };
  await invite("open", { forMs: 80 * DAY });
  await invite("network", { forMs: 80 * DAY, from: NETWORK, replace: true });
  await invite("expired");
  const used = await invite("used", { forMs: 80 * DAY });
  await store.apply({ type: "join", ...origin(), token: used, certificate: seen(await make("used")) });
  await operator.cancelToken(await invite("cancelled", { forMs: 80 * DAY }));
  for (const problem of ["token-used", "wrong-address"] as const) {
    const pin = (await make(`concern-${problem}`)).pin;
    await store.apply({ type: "note-concern", ...origin(), concern: { about: used, problem }, pin });
  }
  const concern = { about: hans.pin, problem: "endorsed-by-retired" } as const;
  await store.apply({
    type: "note-concern",
    ...origin(),
    concern,
    pin: keys.get("hans-next")?.pin ?? hans.pin,
  });

  refuseForEachReason(accepting, keys, tick);
  for (const [at, called] of ["anna", "carl", "joe"].entries()) {
    const pin = keys.get(called)?.pin ?? hans.pin;
    const since = tick();
    const remoteAddress = at === 2 ? null : `2001:db8::${at}`;
    const connection = { id: `live-${at}`, pin, peer: called, remoteAddress, listener: null, since };
    journalOf(accepting).opened(connection);
  }
  await accepting.flush();
  const lastEvent = store.head().sequence;
  // A run that ends takes its connections off the list: what is copied is the store of one that goes on.
  const kept = join(folder, "kept.db");
  await store.backup(kept);
  await accepting[Symbol.asyncDispose]();
  await asking[Symbol.asyncDispose]();
  await store.close();
  await writeFiles(library, join(folder, "files"), keys);
  return { path: kept, keys, tokens, lastEvent };
}

export async function makeEmptyStore(tree: string, path: string): Promise<void> {
  const { openSqliteStore } = await libraryOf(tree);
  await openSqliteStore(path).close();
}

async function libraryOf(tree: string): Promise<typeof Library> {
  return (await import(pathToFileURL(join(tree, "src/index.ts")).href)) as typeof Library;
}

const GROUPS = [
  ["ops", "anna"],
  ["Ops", "carl"],
  ["OPS", "joe"],
  ["Straße", "odd-0"],
  ["ops", "odd-0"],
  ["empty soon", "fritz"],
] as const;

const REASONS: readonly Library.RefusalReason[] = [
  "no-certificate",
  "malformed-certificate",
  "unsupported-key",
  "revoked",
  "retired",
  "expired",
  "not-yet-valid",
  "key-changed",
  "name-changed",
  "unknown",
  "pending",
  "ignored",
  "rate-limited",
  "token-invalid",
  "not-allowed",
  "store-unavailable",
];

const DETAILS: readonly Library.RefusalDetail[] = [
  "unknown-token",
  "token-cancelled",
  "token-used",
  "token-expired",
  "wrong-address",
  "wrong-server",
  "bad-proof",
  "name-taken",
  "endorsed-by-revoked",
  "endorsed-by-retired",
  "endorsed-by-ignored",
  "endorsed-by-forgotten",
  "endorsed-by-expired",
  "endorsement-outdated",
  "endorsement-not-yet-valid",
  "endorsed-key-forgotten",
  "endorsed-by-unknown",
  "bad-endorsement",
  "endorsed",
];

/** Each is found by its connection: `reason-unknown`, `detail-token-used`. */
export const REFUSED: readonly string[] = [
  ...REASONS.map((reason) => `reason-${reason}`),
  ...DETAILS.map((detail) => `detail-${detail}`),
];

function refuseForEachReason(
  trust: Library.Trust,
  keys: ReadonlyMap<string, Facts>,
  tick: () => number,
): void {
  const shown = [...keys];
  for (const [at, connection] of REFUSED.entries()) {
    const [peer, facts] = shown[at % shown.length] ?? [""];
    const pin = facts?.pin ?? null;
    tick();
    const isReason = at < REASONS.length;
    const refuse = {
      decision: "refuse" as const,
      reason: isReason
        ? (REASONS[at] ?? "unknown")
        : at % 2 === 0
          ? ("token-invalid" as const)
          : ("unknown" as const),
      pin: isReason && at < 3 ? null : pin,
      peer: isReason && at < 3 ? null : peer,
      conflictsWith: null,
      ...(at === 1 && { problem: "the certificate ends early", fingerprint: "ab".repeat(32) }),
      ...(!isReason && {
        concern: { about: "x", problem: DETAILS[at - REASONS.length] ?? ("endorsed" as const) },
      }),
    };
    const remoteAddress = at % 5 === 0 ? undefined : `198.51.100.${at}`;
    for (let times = 0; times <= at % 3; times++)
      journalOf(trust).refused(refuse, { connection, remoteAddress });
  }
}

/** Certificates that no key in the store has, one that a key has, and files that are none. */
async function writeFiles(
  library: typeof Library,
  folder: string,
  keys: ReadonlyMap<string, Facts>,
): Promise<void> {
  mkdirSync(join(folder, "many"), { recursive: true });
  const put = (file: string, text: string): void => writeFileSync(join(folder, file), text);
  for (const name of ["nina", "otto", "anna"]) {
    const { certificatePem, privateKeyPem } = await library.createIdentity({ name, now: new Date() });
    put(`${name}.pem`, certificatePem);
    put(`${name}.key`, privateKeyPem);
    put(`many/${name}.pem`, certificatePem);
  }
  for (const name of ["carl", "fritz"]) {
    const facts = keys.get(name);
    if (facts === undefined) continue;
    put(`${name}.pem`, library.toPem(facts.der));
    put(`many/${name}.pem`, library.toPem(facts.der));
  }
  put("many/broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  put("many/empty.pem", "");
  put("many/ignored.txt", "no certificate");
}

function seen({ pin, fingerprint, der, claimedName }: Facts): {
  pin: Facts["pin"];
  fingerprint: string;
  der: Uint8Array;
  claimedName: string | null;
} {
  return { pin, fingerprint, der, claimedName: claimedName ?? null };
}
