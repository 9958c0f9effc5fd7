// A store with everybody in it who an operator may act on: peers, strangers, operators, and what became of them.
import { Operator } from "../../../src/operator/operator.ts";
import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { createTokenOf } from "../../../src/testing/contract/join-tokens.ts";
import { factsOf } from "../../support/certificates.ts";

export const AT: number = Date.UTC(2030, 0, 1);
const SERVER = { user: null, process: "serve 1", address: "192.0.2.1", listener: null };

const PEERS = [
  "anna",
  "rob",
  "sam",
  "ren",
  "eva",
  "eve",
  "nick",
  "boss",
  "olga",
  "rita",
  "ex",
  "dan",
] as const;
const STRANGERS = ["paul", "iggy", "amy", "mona"] as const;

/** Everybody by name: peers and operators are trusted, but for what their comments say. */
export interface Office extends Readonly<
  Record<(typeof PEERS)[number] | (typeof STRANGERS)[number], CertificateFacts>
> {
  /** Revoked; bound to the name of boss. */
  readonly oldBoss: CertificateFacts;
  /** Waits, and claims to be boss. */
  readonly fake: CertificateFacts;
  /** Retired: nick has another key. */
  readonly rex: CertificateFacts;
  readonly token: string;
  /** For a name that an operator has. */
  readonly operatorsToken: string;
  /** Into a group of operators. */
  readonly newOperatorsToken: string;
  readonly apiToken: string;
  readonly events: Readonly<Record<(typeof EVENTS)[number], number>>;
}

const EVENTS = [
  "approved",
  "replaced",
  "revoked",
  "ignored",
  "setAside",
  "renamed",
  "grouped",
  "operatorRevoked",
  "operatorAdded",
  "operatorRemoved",
  "operatorRenamed",
  "operatorApproved",
] as const;

/** Fills a store that is empty. */
export async function fillOffice(store: TrustStore): Promise<Office> {
  const operator = new Operator(store, { user: "root", process: "test 1", now: () => AT });
  const everybody = Object.fromEntries([...PEERS, ...STRANGERS].map((name) => [name, factsOf(name)]));
  const facts = everybody as Readonly<
    Record<(typeof PEERS)[number] | (typeof STRANGERS)[number], CertificateFacts>
  >;
  const events: Partial<Record<(typeof EVENTS)[number], number>> = {};
  const noted = (event: (typeof EVENTS)[number]): { onEvent: (sequence: number) => void } => ({
    onEvent: (sequence) => void (events[event] = sequence),
  });
  const oldBoss = factsOf("boss");
  await store.apply(claimOf(oldBoss));
  await operator.revoke(oldBoss.pin, noted("operatorRevoked"));
  for (const name of PEERS) {
    if (name !== "boss" && name !== "nick") await store.apply(claimOf(facts[name]));
  }
  await operator.import(facts.boss, { onConflict: "add" });
  for (const name of STRANGERS) await hold(store, facts[name]);
  const fake = factsOf("boss");
  await hold(store, fake);
  const rex = factsOf("nick");
  await store.apply(claimOf(rex));
  await hold(store, facts.nick);
  await operator.approve(facts.nick.pin, { onConflict: "replace", ...noted("replaced") });
  for (const [of, claims] of [
    ["eva", "evita"],
    ["eve", "boss"],
    ["olga", "olivia"],
  ] as const) {
    const certificate = toSeenCertificate(factsOf(claims, { pin: facts[of].pin }));
    await store.apply({ type: "note-name", at: AT, actor: SERVER, certificate });
  }
  await operator.approve("amy", noted("approved"));
  await operator.approve("mona", noted("operatorApproved"));
  await operator.revoke("rob", noted("revoked"));
  await operator.ignore("iggy", noted("ignored"));
  await operator.setAside("sam", noted("setAside"));
  await operator.rename("ren", "rene", noted("renamed"));
  await operator.addToGroup("lab", "anna", noted("grouped"));
  await operator.addToGroup("operators", facts.boss.pin);
  await operator.addToGroup("operators-approve", "olga");
  await operator.addToGroup("operators-manage", "mona");
  await operator.addToGroup("operators-read", "rita", noted("operatorAdded"));
  await operator.addToGroup("operators", "ex");
  await operator.removeFromGroup("operators", "ex", noted("operatorRemoved"));
  await operator.addToGroup("operators-manage", "dan");
  await operator.approve(facts.dan.pin, { name: "danny", ...noted("operatorRenamed") });
  const [token, operatorsToken, newOperatorsToken] = ["11".repeat(16), "22".repeat(16), "33".repeat(16)];
  await store.apply(createTokenOf("carl", { id: token }));
  await store.apply(createTokenOf("boss", { id: operatorsToken, replace: true }));
  await store.apply(createTokenOf("nora", { id: newOperatorsToken, groups: ["operators-read"] }));
  const made = await operator.createApiToken({ name: "old", scope: "read", expires: AT + 9e6 });
  const whole = events as Readonly<Record<(typeof EVENTS)[number], number>>;
  return {
    ...facts,
    oldBoss,
    fake,
    rex,
    token,
    operatorsToken,
    newOperatorsToken,
    apiToken: made.id,
    events: whole,
  };
}

async function hold(store: TrustStore, facts: CertificateFacts): Promise<void> {
  const { certificate } = claimOf(facts);
  const peer = facts.claimedName ?? null;
  const conflictsWith = store.keysOfName(peer ?? "")[0]?.pin ?? null;
  const limits = { conflictsWith, pendingExpires: AT + 9e6, maxPending: 99 };
  await store.apply({ type: "hold", at: AT, actor: SERVER, peer, certificate, ...limits });
}
