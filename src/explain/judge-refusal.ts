import { toKeyId } from "../trust/naming/key-id.ts";
import type { KeyRecord } from "../trust/records/key-record.ts";
import { escapeAgain, escapeText } from "../trust/naming/peer-name.ts";
import type { RefusalSighting } from "../trust/port/ledger.ts";
import type { ListedRefusal } from "../trust/port/roll.ts";
import { AUTHORIZER, type RecordedReason } from "../trust/records/sighting.ts";
import type { Explanation } from "./explanation.ts";
import { DETAIL_WORDS } from "./refusal-words.ts";
import type { HandclaspAct, Remedy } from "../remedy.ts";
import { tokenRemedies } from "./token-remedies.ts";

/** What is known about a refusal. */
export interface RefusalFacts {
  readonly refusal: ListedRefusal;
  /** The alert that stands for the reason, where it is TLS 1.3; null for what was refused by a status of HTTP. */
  readonly alert: string | null;
  /** The one that it is before TLS 1.3. */
  readonly olderAlert: string | null;
  /** The key as the store has it now. */
  readonly key: KeyRecord | undefined;
  /** The key that holds the name. */
  readonly holder: KeyRecord | undefined;
}

/** Why a guarded server refused a client: who it was, what they showed, which rule it was, what changes that. */
export function judgeRefusal(facts: RefusalFacts): Explanation {
  const { reason, detail, problem } = facts.refusal;
  const { rule, remedies } = JUDGE[reason](facts);
  const evidence = [who(facts), rule];
  if (problem !== null) evidence.push(`What was wrong: ${escapeAgain(problem)}.`);
  if (detail === "wrong-server" && facts.refusal.listener === AUTHORIZER) evidence.push(PROXY_PIN);
  if (detail !== null && rule !== DETAIL_WORDS[detail]) evidence.push(DETAIL_WORDS[detail]);
  return { rule: reason, certainty: "certain", evidence, remedies };
}

const PROXY_PIN =
  "Through a proxy, tokens are for the key of the proxy's certificate, which the authorizer has to be given.";

interface Judged {
  /** Which rule refused it, as a sentence. */
  readonly rule: string;
  readonly remedies: readonly Remedy[];
}

/** Of a client without a key nobody can say that it was the one before. */
function who({ refusal, alert, olderAlert }: RefusalFacts): string {
  const { pin, fingerprint, peer, address, listener, machine } = refusal;
  const { connection, reason, firstAt, lastAt, count } = refusal;
  const from = address === null ? "" : ` from ${escapeText(address)}`;
  const name = peer === null ? "" : ` under the name "${escapeAgain(peer)}"`;
  const what =
    pin !== null
      ? `the key ${toKeyId(pin)}${name}`
      : fingerprint === null
        ? undefined
        : `a certificate with the fingerprint ${escapeText(fingerprint)}${name}`;
  const client = what === undefined ? `A client${from}` : `A client${from}, who showed ${what},`;
  const isOne = what !== undefined;
  const before = count > 1 && isOne ? `, for the ${ordinal(count)} time since ${time(firstAt)}` : "";
  const others =
    count > 1 && !isOne
      ? ` Of such clients${address === null ? "" : " from there"}, be it one or several, ${count} were refused for this since ${time(firstAt)}.`
      : "";
  const at = listener === null ? "" : ` at the listener "${escapeText(listener)}"`;
  const where = machine === undefined ? at : `${at} on the machine ${escapeText(machine)}`;
  const older = olderAlert === alert ? "" : ` (before TLS 1.3: ${olderAlert})`;
  const told = alert === null ? toldByStatus(refusal) : `alert ${alert}${older}`;
  return `${client} was refused${where} at ${time(lastAt)}${before} (connection ${escapeText(connection)}): ${reason}, ${told}.${others}`;
}

function toldByStatus({ listener, reason }: RefusalSighting): string {
  if (listener !== AUTHORIZER) return "HTTP status 403";
  const status = { "no-certificate": 401, "store-unavailable": 503 }[reason as string] ?? 403;
  return `HTTP status ${status} to the proxy that asked`;
}

const FROM_OWNER: Remedy = { act: "add-certificate", at: "server", when: "to let it in" };

const JUDGE: Readonly<Record<RecordedReason, (facts: RefusalFacts) => Judged>> = {
  "no-certificate": ({ refusal }) =>
    refusal.listener === AUTHORIZER
      ? {
          rule: "The proxy handed over no certificate: its client showed none, or the proxy does not ask for one, or does not pass it on.",
          remedies: [{ act: "show-certificate", at: "client" }],
        }
      : {
          rule: "It showed no certificate, and the server lets in nobody without one.",
          remedies: [
            { act: "show-certificate", at: "client" },
            { act: "serve-without-certificates", at: "server", when: "to serve clients without one" },
          ],
        },
  "malformed-certificate": () => ({
    rule: "Its certificate cannot be read, or what it claims cannot be a name.",
    remedies: [
      { act: "reissue-certificate", at: "client" },
      { act: "create-identity", at: "client", when: "with handclasp" },
    ],
  }),
  "unsupported-key": () => ({
    rule: "Its key is of a type or size that is not taken, or its certificate is larger than 48 KiB. Taken are P-256, P-384, P-521, Ed25519, Ed448, RSA from 2048 to 8192 bits, and ML-DSA.",
    remedies: [
      { act: "reissue-certificate", at: "client", options: { key: "P-256" } },
      { act: "create-identity", at: "client", when: "with handclasp", options: { type: "p256" } },
    ],
  }),
  revoked: ({ refusal }) => ({
    rule: "An operator revoked this key as lost or stolen: whoever uses it now may not be its owner.",
    remedies: [about("approve-key", refusal, "if it was revoked by mistake")],
  }),
  retired: ({ refusal, holder }) => ({
    rule: `Another key${named(holder)} took its place, so nobody should use it any more.`,
    remedies: [about("approve-key", refusal, "to let both in", { add: true })],
  }),
  expired: ({ refusal, key }) =>
    key !== undefined && key.expires !== null && key.expires <= refusal.lastAt
      ? {
          rule: `Its approval ended at ${time(key.expires)}.`,
          remedies: [about("approve-key", refusal, "to approve it again", { expires: "90d" })],
        }
      : {
          rule: "The dates of its certificate are over.",
          remedies: [
            {
              act: "renew-certificate",
              at: "client",
              when: "a new certificate over the same key needs no review",
            },
            ANY_DATES,
          ],
        },
  "not-yet-valid": () => ({
    rule: "Its certificate is valid only later: one of the two clocks may be wrong.",
    remedies: [{ act: "compare-clocks", at: "both" }, ANY_DATES],
  }),
  "key-changed": ({ refusal, holder }) => ({
    rule: `The name it claims is bound to another key${named(holder)}: it has a new key, or it is somebody else.`,
    remedies: [
      about("approve-key", refusal, "if the owner of the name confirms the new key", { replace: true }),
      about("approve-key", refusal, "to let both keys in", { add: true }),
      about("ignore-key", refusal, "if not"),
    ],
  }),
  "name-changed": ({ refusal, key }) => ({
    rule: `The key is trusted, but claims another name now${claimed(key)}.`,
    remedies: [about("approve-key", refusal, "to accept the new name")],
  }),
  unknown: () => ({
    rule: "The key was never seen before, and the server takes known keys only.",
    remedies: [
      FROM_OWNER,
      { act: "open-first-use", at: "server", when: "to accept whoever comes for a while" },
    ],
  }),
  pending: ({ refusal }) => ({
    rule: "The key was never approved, and the server asks first.",
    remedies: [
      about("approve-key", refusal, "if its owner reads out the same key id"),
      about("ignore-key", refusal, "if nobody knows it"),
    ],
  }),
  ignored: ({ refusal }) => ({
    rule: "An operator decided to ignore this key.",
    remedies: [about("approve-key", refusal, "to let it in after all")],
  }),
  "rate-limited": () => ({
    rule: "Too many unknown keys came in a short time: from its network, in all, or as successors of one peer's key.",
    remedies: [
      { act: "try-again-later", at: "client" },
      { ...FROM_OWNER, when: "to let it in now" },
    ],
  }),
  "token-invalid": ({ refusal }) => ({
    rule: DETAIL_WORDS[refusal.detail ?? "unknown-token"],
    remedies: tokenRemedies(refusal.detail),
  }),
  "not-allowed": ({ refusal, key }) => {
    const { detail } = refusal;
    if (detail === "not-listed") return { rule: DETAIL_WORDS[detail], remedies: tokenRemedies(detail) };
    // Where first use is accepted, who is not in the list stays a stranger.
    if ((key?.peer ?? null) === null) {
      return {
        rule: "The key is not known, and the name it claims is not in the list of those who may use this listener.",
        remedies: [
          { act: "allow-in-configuration", at: "server" },
          { act: "create-token", at: "server", when: "or invite it", options: { group: "GROUP" } },
        ],
      };
    }
    return {
      rule: "The key is trusted, but its peer is not in the list of those who may use this listener.",
      remedies: [
        { act: "allow-in-configuration", at: "server" },
        about("add-to-group", refusal, "or to a group that is in it"),
      ],
    };
  },
  "path-not-allowed": ({ refusal }) => ({
    rule:
      refusal.pin === null
        ? "What it asked for is for peers that a list allows, and it showed no certificate."
        : "The key is trusted, but a list leaves its peer out of what it asked for.",
    remedies:
      refusal.pin === null
        ? [{ act: "show-certificate", at: "client" }]
        : [
            { act: "allow-in-configuration", at: "server" },
            about("add-to-group", refusal, "or to a group that it allows"),
          ],
  }),
  "store-unavailable": () => ({
    rule: "The server could not read its trust store, or not write down a first use: nobody is let in on a guess.",
    remedies: [{ act: "check-store", at: "server", when: "to see what is wrong with it" }],
  }),
};

const ANY_DATES: Remedy = {
  act: "serve-any-dates",
  at: "server",
  when: "to look at no dates at all, which is dangerous",
};

function about(
  act: HandclaspAct,
  { pin }: RefusalSighting,
  when: string,
  options?: Remedy["options"],
): Remedy {
  return {
    act,
    at: "server",
    when,
    ...(pin !== null && { key: toKeyId(pin) }),
    ...(options !== undefined && { options }),
  };
}

function named(holder: KeyRecord | undefined): string {
  return holder === undefined ? "" : ` (${toKeyId(holder.pin)})`;
}

function claimed(key: KeyRecord | undefined): string {
  const names = [key?.newName, key?.peer].flatMap((name) => (name ? [`"${escapeText(name)}"`] : []));
  return names.length === 2 ? `: ${names[0]}, not ${names[1]}` : "";
}

function time(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

function ordinal(count: number): string {
  const ten = Math.floor(count / 10) % 10;
  const ending = ten === 1 ? "th" : (["th", "st", "nd", "rd"][count % 10] ?? "th");
  return `${count}${ending}`;
}
