import assert from "node:assert/strict";
import { openStore } from "../../../src/store/open-store.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { CertificateFacts, KeyPin } from "../../../src/x509/certificate-facts.ts";
import { certificatesFromPem } from "../../../src/x509/certificate-description.ts";
import { readCertificate } from "../../../src/x509/certificate-facts.ts";
import { runHere } from "./run-here.ts";
import type { Home, RunResult } from "./serve.ts";

/** Runs a verb that has to succeed, without a word on stderr; gives what it printed. */
export async function printed(home: Home, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(home, args);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, args.join(" "));
  return stdout;
}

/** The same with `--json`. */
export async function printedJson<T = readonly Record<string, unknown>[]>(
  home: Home,
  ...args: readonly string[]
): Promise<T> {
  return JSON.parse(await printed(home, ...args, "--json")) as T;
}

/** Runs a verb that has to fail: nothing on stdout, `error:` and then perhaps `hint:` on stderr. */
export async function failure(home: Home, ...args: readonly string[]): Promise<RunResult> {
  const result = await runHere(home, args);
  assert.deepEqual({ code: result.code, stdout: result.stdout }, { code: 1, stdout: "" }, args.join(" "));
  assert.match(result.stderr, /^error: [^]+\n(hint: .+\n)?$/);
  return result;
}

/** Opens the home's store as another process would. */
export function openHomeStore(home: Home, process = "test 1"): { store: TrustStore; operator: Operator } {
  const store = openStore(home.store, { process });
  return { store, operator: new Operator(store, { user: "test", process, now: Date.now }) };
}

/** Keeps the key of a certificate for review, as a server with `--first-use ask` does. */
export async function hold(
  home: Home,
  pem: string,
  conflictsWith: KeyPin | null = null,
  name?: string,
): Promise<CertificateFacts> {
  const certificate = factsOfPem(pem);
  const { store } = openHomeStore(home);
  const actor = { user: null, process: "serve 1", address: "192.0.2.1", listener: null };
  const limits = { pendingExpires: Date.now() + 3_600_000, maxPending: 100 };
  await store.apply({
    type: "hold",
    peer: name ?? certificate.claimedName ?? null,
    at: Date.now(),
    actor,
    certificate: toSeenCertificate(certificate),
    conflictsWith,
    ...limits,
  });
  await store.close();
  return certificate;
}

export function factsOfPem(pem: string): CertificateFacts {
  const [der] = certificatesFromPem(pem);
  assert.ok(der);
  return readCertificate(der);
}

/** Notes that a key was refused as pending, from an address. */
export async function refused(home: Home, pin: KeyPin, address: string): Promise<void> {
  const at = Date.now();
  const refusal = {
    pin,
    reason: "pending",
    detail: null,
    problem: null,
    fingerprint: null,
    peer: null,
    address,
    listener: null,
  } as const;
  const { store } = openHomeStore(home);
  const times = { connection: "c1", firstAt: at, lastAt: at, count: 1 };
  await store.record({ seen: [], refusals: [{ ...refusal, ...times }], opened: [], closed: [] });
  await store.close();
}
