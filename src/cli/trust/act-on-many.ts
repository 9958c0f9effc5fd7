import type { KeyOutcome, ManyAct, ManyKey } from "../../operator/act-on-many.ts";
import { toListedKeys } from "../../operator/listed-key.ts";
import type { ManyOptions, Operator } from "../../operator/operator.ts";
import { parseKeyReference } from "../../trust/naming/key-reference.ts";
import type { KeyRecord } from "../../trust/records/key-record.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { chooseKeys, type KeyVerb } from "../../trust/naming/resolve-keys.ts";
import { hintText } from "../terminal/hint-text.ts";
import { printJson, say } from "../terminal/output.ts";
import { printChangedKeys } from "../lists/print-keys.ts";
import { isAgreed, leaveUnchanged } from "./agreement.ts";

/** What a verb does to many keys. */
export interface ManyRequest {
  readonly act: ManyAct;
  readonly verb: KeyVerb;
  /** How what is done is called: `approved`. */
  readonly done: string;
  /** Before each key; default its state. */
  readonly word?: string;
  readonly keys: readonly ManyKey[];
  readonly options: ManyOptions;
  readonly json: boolean;
  /** Whether a person is shown the keys, and asked. */
  readonly asks: boolean;
}

/** Acts on many keys, says what became of each, and of all together. Fails when one of them did. */
export async function actOnMany(
  store: TrustStore,
  operator: Operator,
  request: ManyRequest,
): Promise<readonly KeyRecord[]> {
  const { act, verb, done, word, keys, options, json, asks } = request;
  const wanted = asks ? await Promise.all(keys.map(({ key }) => looked(store, key, verb))) : keys;
  if (
    asks &&
    !(await isAgreed(
      verb,
      wanted.flatMap(({ seen }) => (seen ?? []) as readonly KeyRecord[]),
    ))
  ) {
    leaveUnchanged();
    return [];
  }
  const outcomes = await operator.many(act, wanted, options);
  if (json) printJson(await Promise.all(outcomes.map((outcome) => toListedOutcome(store, outcome))));
  for (const outcome of outcomes) {
    if (outcome.ok && !json) await printChangedKeys(store, outcome.keys, word === undefined ? {} : { word });
    if (!outcome.ok && !json) say(`failed  ${escapeText(outcome.key)}  ${failureOf(outcome)}`);
  }
  const failed = outcomes.filter(({ ok }) => !ok).length;
  say(`${options.dryRun === true ? "would be " : ""}${done} ${outcomes.length - failed}, failed ${failed}`);
  if (failed > 0) process.exitCode = 1;
  return outcomes.flatMap((outcome) => (outcome.ok ? outcome.keys : []));
}

/** Keys of a command line; with a version, one alone. */
export function seenIn(keys: readonly string[], version: number | undefined): readonly ManyKey[] {
  return keys.map((key) => ({ key, ...(version !== undefined && { seen: { version } }) }));
}

/** As it is shown, and is acted on only then; what answers to nothing fails by itself, and whatever answers to it later. */
async function looked(
  store: TrustStore,
  key: string,
  verb: KeyVerb,
): Promise<ManyKey & { readonly seen: readonly KeyRecord[] }> {
  try {
    const reference = parseKeyReference(key);
    return { key, seen: chooseKeys(reference, await store.keysMeantBy(reference), verb) };
  } catch {
    return { key, seen: [] };
  }
}

function failureOf({ error }: KeyOutcome & { readonly ok: false }): string {
  return `${escapeText(error.message.split("\n")[0]?.replace(/:$/, "") ?? "")} [${error.code}]`;
}

async function toListedOutcome(store: TrustStore, outcome: KeyOutcome): Promise<unknown> {
  const { key, ok } = outcome;
  if (outcome.ok) return { key, ok, keys: await toListedKeys(store, outcome.keys, Date.now()) };
  const { code, message } = outcome.error;
  return { key, ok, error: { code, message, hint: hintText(outcome.error) ?? null } };
}
