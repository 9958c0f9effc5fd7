import { toKeyId } from "./key-id.ts";
import type { KeyRecord } from "./key-record.ts";
import { escapeText } from "./peer-name.ts";
import type { RefusalSighting } from "./trust-store.ts";
import type { RefusalDetail, RefusalReason } from "./verdict.ts";

/** What is known about a refusal. */
export interface RefusalFacts {
  readonly refusal: RefusalSighting;
  /** The alert that stands for the reason. */
  readonly alert: string;
  /** The key as the store has it now. */
  readonly key: KeyRecord | undefined;
  /** The key that holds the name. */
  readonly holder: KeyRecord | undefined;
}

/** A refusal in a paragraph for people: who it was, what they showed, which rule refused it, what changes that. */
export function explainRefusal(facts: RefusalFacts): string {
  const { rule, remedy } = EXPLAIN[facts.refusal.reason](facts);
  const { detail, reason } = facts.refusal;
  const more = detail === null || reason === "token-invalid" ? "" : ` ${DETAILS[detail]}`;
  return `${who(facts)} ${rule}${more} ${remedy}`;
}

/** Which rule about join tokens or endorsements it was. */
const DETAILS: Readonly<Record<RefusalDetail, string>> = {
  "unknown-token": "The join token it came with is not known here: it is for another server, or was altered.",
  "token-cancelled": "The join token it came with was cancelled.",
  "token-used":
    "The join token it came with is used up, by another key: it may have been stolen before or now.",
  "token-expired": "The join token it came with has expired.",
  "wrong-address": "The join token it came with is good from another network only.",
  "wrong-server": "The join token it came with is for a server with another key.",
  "bad-proof":
    "The proof it brought for a join token was not made with that token for this key: it was altered or copied.",
  "name-taken": "The name in its join token is bound to another trusted key meanwhile.",
  endorsed:
    "A trusted key endorsed it as its successor, and the server asks before it follows (--rotation ask).",
  "endorsed-by-revoked": "A revoked key endorsed it, which counts for nothing.",
  "endorsed-by-retired":
    "A retired key endorsed it, which counts for nothing: that key has another successor.",
  "endorsed-by-ignored": "An ignored key endorsed it, which counts for nothing.",
  "endorsed-by-forgotten": "A forgotten key endorsed it, which counts for nothing.",
  "endorsed-by-expired": "A key endorsed it whose approval has ended.",
  "endorsed-by-unknown": "A key endorsed it that is not known here.",
  "endorsement-outdated":
    "The endorsement it brought is older than the last approval of the key that signed it.",
  "endorsement-not-yet-valid": "The endorsement it brought is from the future: one of the clocks is wrong.",
  "endorsed-key-forgotten": "A trusted key endorsed it, but it was forgotten here itself.",
  "bad-endorsement": "It names a key that we know as its endorser, which did not sign: it is a forgery.",
};

const NEW_TOKEN =
  "It needs a new token (handclasp token create NAME); without one, get its certificate from its owner (handclasp identity show --pem): handclasp trust add FILE";

/** Where another thing helps than a new token. */
const TOKEN_REMEDIES: Readonly<Record<string, string>> = {
  "token-used":
    "To see which key used it: handclasp token list; if that was not its owner: handclasp trust revoke KEY; for this client: handclasp token create NAME --replace",
  "wrong-address":
    "The client has to come from that network, or needs another token: handclasp token create NAME --from CIDR",
  "wrong-server":
    "It needs a token that was made for the key of this server: handclasp token create NAME --server-pin PIN",
  "name-taken": "To put this client in that one's place: handclasp token create NAME --replace",
};

interface Explanation {
  /** Which rule refused it. */
  readonly rule: string;
  /** What changes that, with the command. */
  readonly remedy: string;
}

function who({ refusal, alert }: RefusalFacts): string {
  const { pin, peer, address, connection, reason, firstAt, lastAt, count } = refusal;
  const client = address === null ? "A client" : `A client from ${escapeText(address)}`;
  const shown = pin === null ? "" : `, who showed the key ${toKeyId(pin)}`;
  const name = peer === null ? "" : ` under the name "${peer}"`;
  const before = count > 1 ? `, for the ${ordinal(count)} time since ${time(firstAt)}` : "";
  return `${client}${shown}${name}, was refused at ${time(lastAt)}${before} (connection ${escapeText(connection)}): ${reason}, alert ${alert}.`;
}

const EXPLAIN: Readonly<Record<RefusalReason, (facts: RefusalFacts) => Explanation>> = {
  "no-certificate": () => ({
    rule: "It showed no certificate, and the server lets in nobody without one.",
    remedy:
      "The client has to show one, as handclasp connect does, or openssl s_client with -cert and -key; to serve clients without one: handclasp serve --client-certificate optional",
  }),
  "malformed-certificate": () => ({
    rule: "Its certificate cannot be read, or what it claims cannot be a name.",
    remedy: "The client needs another certificate: handclasp identity create NAME",
  }),
  "unsupported-key": () => ({
    rule: "Its key is of a type or size that is not taken, or its certificate is larger than 48 KiB. Taken are P-256, P-384, P-521, Ed25519, Ed448, RSA from 2048 to 8192 bits, and ML-DSA.",
    remedy: "The client needs another key: handclasp identity create NAME --type p256",
  }),
  revoked: ({ refusal }) => ({
    rule: "An operator revoked this key as lost or stolen: whoever uses it now may not be its owner.",
    remedy: `If it was revoked by mistake: ${trust("approve", refusal)}`,
  }),
  retired: ({ refusal, holder }) => ({
    rule: `Another key${named(holder)} took its place, so nobody should use it any more.`,
    remedy: `To let both in: ${trust("approve", refusal)} --add`,
  }),
  expired: ({ refusal, key }) =>
    key !== undefined && key.expires !== null && key.expires <= refusal.lastAt
      ? {
          rule: `Its approval ended at ${time(key.expires)}.`,
          remedy: `To approve it again: ${trust("approve", refusal)} --expires 90d`,
        }
      : {
          rule: "The dates of its certificate are over.",
          remedy:
            "A new certificate over the same key needs no review, so the client has to make one; to look at no dates at all, which is dangerous: handclasp serve --validity ignore",
        },
  "not-yet-valid": () => ({
    rule: "Its certificate is valid only later: one of the two clocks may be wrong.",
    remedy:
      "Compare the clocks with date --utc on both machines, or wait; to look at no dates at all, which is dangerous: handclasp serve --validity ignore",
  }),
  "key-changed": ({ refusal, holder }) => ({
    rule: `The name it claims is bound to another key${named(holder)}: it has a new key, or it is somebody else.`,
    remedy: `If the owner of the name confirms the new key: ${trust("approve", refusal)} --replace (with --add both keys are let in); if not: ${trust("ignore", refusal)}`,
  }),
  "name-changed": ({ refusal, key }) => ({
    rule: `The key is trusted, but claims another name now${claimed(key)}.`,
    remedy: `To accept the new name: ${trust("approve", refusal)}`,
  }),
  unknown: () => ({
    rule: "The key was never seen before, and the server takes known keys only (--first-use refuse).",
    remedy:
      "To let it in, get its certificate from its owner (handclasp identity show --pem): handclasp trust add FILE; to accept whoever comes for a while: handclasp trust open --for 10m",
  }),
  pending: ({ refusal }) => ({
    rule: "The key was never approved, and the server asks first (--first-use ask).",
    remedy: `If its owner reads out the same key id: ${trust("approve", refusal)}; if nobody knows it: ${trust("ignore", refusal)}`,
  }),
  ignored: ({ refusal }) => ({
    rule: "An operator decided to ignore this key.",
    remedy: `To let it in after all: ${trust("approve", refusal)}`,
  }),
  "rate-limited": () => ({
    rule: "Too many unknown keys came in a short time: from its network, in all, or as successors of one peer's key.",
    remedy:
      "It may try again later; to let it in now, get its certificate from its owner (handclasp identity show --pem): handclasp trust add FILE",
  }),
  "token-invalid": ({ refusal }) => ({
    rule: DETAILS[refusal.detail ?? "unknown-token"],
    remedy: TOKEN_REMEDIES[refusal.detail ?? ""] ?? NEW_TOKEN,
  }),
  "not-allowed": ({ refusal }) => ({
    rule: "The key is trusted, but its peer is not in the list of those who may use this listener.",
    remedy: `To let it in, add the name to \`allow\` in the gateway's configuration, or to a group that is in it: handclasp group add GROUP ${refusal.pin === null ? "KEY" : toKeyId(refusal.pin)}`,
  }),
  "store-unavailable": () => ({
    rule: "The server could not read its trust store, or not write down a first use: nobody is let in on a guess.",
    remedy: "To see what is wrong with it: handclasp store check",
  }),
};

function trust(verb: "approve" | "ignore", { pin }: RefusalSighting): string {
  return `handclasp trust ${verb} ${pin === null ? "KEY" : toKeyId(pin)}`;
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
