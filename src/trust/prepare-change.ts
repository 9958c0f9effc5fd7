import { check, COUNT, NUMBER, oneOf, type OptionRule } from "../check-options.ts";
import { HandclaspError, isHandclaspError } from "../errors.ts";
import {
  type Change,
  COMPARED,
  type CreateApiTokenChange,
  type CreateTokenChange,
  type HoldChange,
  MOST_RESTORED,
  type OpenFirstUseChange,
  type RestoreChange,
  type SeenCertificate,
} from "./records/change.ts";
import type { FoldedName } from "./naming/folded-name.ts";
import type {
  ApprovedName,
  GroupReference,
  PreparedCertificate,
  PreparedChange,
  PreparedCreateApiToken,
  PreparedCreateToken,
} from "./changes/prepared-change.ts";
import type { Rate } from "./records/rate.ts";
import { keyIdAsName, looksLikeKeyId, parseKeyIdPrefix, toKeyId } from "./naming/key-id.ts";
import { parseKeyPin } from "./naming/key-pin.ts";
import type { KeyPin } from "./records/key-record.ts";
import { parseKeyReference } from "./naming/key-reference.ts";
import { parseIpNetwork } from "./network/ip-network.ts";
import { toMoment } from "./records/moment.ts";
import { toNote } from "./records/note.ts";
import { escapeText, nameKeysOf, toPeerName } from "./naming/peer-name.ts";
import { MOST_TOKEN_GROUPS, type TokenGroup } from "./records/token-record.ts";
import { SCOPES } from "./records/scope.ts";

/** Whoever signs says when: no bounds but those of a number. */
const SINCE_1970: OptionRule = {
  mustBe: "whole milliseconds since the epoch",
  allows: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};

const NETWORK: OptionRule = {
  mustBe: "an IP network like 192.0.2.0/24 or 2001:db8::/32",
  allows: (value) => typeof value === "string" && parseIpNetwork(value) !== undefined,
};

/**
 * Readies a change for being carried out, by whichever process and runtime: what Unicode's version decides, and what
 * cannot be written down, is settled here. Throws ERR_HANDCLASP_NAME for what cannot be a name, ERR_HANDCLASP_OPTION for
 * numbers and types of change that there are not.
 */
export function prepareChange(change: Change): PreparedChange {
  try {
    return prepared(change);
  } catch (error) {
    if (isHandclaspError(error)) throw error;
    // Code that TypeScript did not see hands over anything.
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `this is no change: ${String(error)}`, { cause: error });
  }
}

function prepared(change: Change): PreparedChange {
  toMoment("the time of a change", change.at);
  switch (change.type) {
    case "claim": {
      checkPending(change);
      const certificate = prepareCertificate(change.certificate);
      return { ...change, certificate, peer: nameFor(certificate, change.peer) };
    }
    case "hold": {
      checkPending(change);
      const certificate = prepareCertificate(change.certificate);
      return {
        ...change,
        certificate,
        peer: change.peer === null ? null : heldName(certificate, change.peer),
      };
    }
    case "rotate":
      checkPending(change);
      check("when an endorsement was made", change.endorsedBy.issuedAt, SINCE_1970);
      checkRate(change.limit);
      return { ...change, certificate: prepareCertificate(change.certificate) };
    case "join":
    case "renew":
    case "note-name":
      return { ...change, certificate: prepareCertificate(change.certificate) };
    case "create-token":
      toMoment("the end of a token", change.token.expires);
      return { ...change, token: preparedToken(change.token) };
    case "create-api-token":
      return { ...change, token: preparedApiToken(change) };
    case "approve":
      checkEnd(change);
      if (change.compared !== undefined) check("compared", change.compared, oneOf(...COMPARED));
      return {
        ...change,
        key: parseKeyReference(change.key),
        peer: change.peer === null ? null : approvedName(change.peer),
      };
    case "import": {
      checkEnd(change);
      const certificate = prepareCertificate(change.certificate);
      return {
        ...change,
        certificate,
        peer: change.peer === null ? null : nameFor(certificate, change.peer),
      };
    }
    case "revoke":
    case "ignore":
    case "set-aside":
    case "forget":
      return { ...change, key: parseKeyReference(change.key) };
    case "write-note":
      return {
        ...change,
        key: parseKeyReference(change.key),
        note: change.note === null ? null : toNote(change.note),
      };
    case "undo":
      check("the event to undo", change.sequence, COUNT);
      return change;
    case "rename":
      return { ...change, key: parseKeyReference(change.key), peer: folded("a peer's name", change.peer) };
    case "add-to-group":
      return { ...change, key: parseKeyReference(change.key), group: folded("a group's name", change.group) };
    case "remove-from-group":
      return { ...change, key: parseKeyReference(change.key), group: groupReference(change.group) };
    case "open-first-use":
      toMoment("the end of first use", change.until);
      checkRails(change);
      return change;
    case "restore":
      checkRestored(change);
      return change;
    case "note-concern":
    case "cancel-token":
    case "cancel-api-token":
    case "note-stale":
      return change;
    default:
      throw new HandclaspError("ERR_HANDCLASP_OPTION", `there is no change "${unknownType(change)}"`);
  }
}

function unknownType(change: never): string {
  return escapeText(String((change as { readonly type?: unknown }).type), 40);
}

function prepareCertificate(certificate: SeenCertificate): PreparedCertificate {
  const { pin, fingerprint, der, claimedName } = certificate;
  if (claimedName === null) return { pin, fingerprint, der, claimedName, claimedKey: null };
  const { name, nameKey } = folded("a claimed name", claimedName);
  return { pin, fingerprint, der, claimedName: name, claimedKey: nameKey };
}

function groupReference(text: string): GroupReference {
  return { text: escapeText(text), groupKeys: nameKeysOf(text) };
}

function preparedToken(token: CreateTokenChange["token"]): PreparedCreateToken["token"] {
  const { name: peer, nameKey } = folded("a peer's name", token.peer);
  return { ...token, peer, nameKey, groups: tokenGroups(token.groups) };
}

function tokenGroups(names: readonly string[] = []): readonly TokenGroup[] {
  const groups = new Map<string, TokenGroup>();
  for (const name of names) {
    const group = folded("a group's name", name);
    if (!groups.has(group.nameKey)) groups.set(group.nameKey, group);
  }
  check("the groups of a token", groups.size, {
    mustBe: `${MOST_TOKEN_GROUPS} at the most`,
    allows: (size) => Number(size) <= MOST_TOKEN_GROUPS,
  });
  return [...groups.values()];
}

function preparedApiToken({ token, at }: CreateApiTokenChange): PreparedCreateApiToken["token"] {
  toMoment("the end of an API token", token.expires);
  check("the end of an API token", token.expires, { mustBe: "after now", allows: (end) => Number(end) > at });
  check("the scope of an API token", token.scope, oneOf(...SCOPES));
  const { name, nameKey } = folded("the name of an API token", token.name);
  return { ...token, name, nameKey };
}

/** The name that a key is bound to: mostly its claim; its own key id, or what can be a name. */
function nameFor({ pin, claimedName, claimedKey }: PreparedCertificate, text: string): FoldedName {
  if (text === claimedName && claimedKey !== null) return { name: text, nameKey: claimedKey };
  return text === toKeyId(pin) ? keyIdAsName(pin) : folded("a peer's name", text);
}

/** What a key waits for may be the key id of another one: that of the first key of the peer that it would succeed. */
function heldName(certificate: PreparedCertificate, text: string): FoldedName {
  const pin = text === certificate.claimedName ? null : pinOfKeyId(text);
  return pin === null ? nameFor(certificate, text) : keyIdAsName(pin);
}

/** Which key is approved is not known yet. */
function approvedName(text: string): ApprovedName {
  const pin = pinOfKeyId(text);
  return pin === null
    ? { ...folded("a peer's name", text), onlyFor: null }
    : { ...keyIdAsName(pin), onlyFor: pin };
}

/** The pin that a text is the key id of, as we write it; null for anything else. */
function pinOfKeyId(text: string): KeyPin | null {
  if (!looksLikeKeyId(text)) return null;
  const { pinPrefix } = parseKeyIdPrefix(text);
  const pin = parseKeyPin(pinPrefix);
  return pin !== undefined && toKeyId(pin) === text ? pin : null;
}

function folded(what: string, text: string): FoldedName {
  const result = toPeerName(text);
  if (result.ok) return { name: result.name, nameKey: result.key };
  throw new HandclaspError("ERR_HANDCLASP_NAME", `this cannot be ${what}: ${result.problem}`, {
    hint: "give another name",
  });
}

function checkPending({
  pendingExpires,
  maxPending,
}: Pick<HoldChange, "pendingExpires" | "maxPending">): void {
  toMoment("the end of a pending key", pendingExpires);
  check("the most pending keys", maxPending, COUNT);
}

function checkEnd({ expires }: { readonly expires?: number | null }): void {
  if (expires !== undefined && expires !== null) toMoment("expires", expires);
}

/** What stays in the way of a window of first use. */
function checkRails({ max = null, from = null }: Pick<OpenFirstUseChange, "max" | "from">): void {
  if (max !== null) check("the most keys of a window", max, COUNT);
  if (from !== null) check("the network of a window", from, NETWORK);
}

/** Its names were tamed and folded before they came into the backup. */
function checkRestored({ taken, keys, left, entered, tokens, apiTokens }: RestoreChange): void {
  const parts = [taken, keys, left, entered, tokens, apiTokens];
  check(
    "a part of what is restored",
    parts.reduce((all, { length }) => all + length, 0),
    {
      mustBe: `${MOST_RESTORED} at the most`,
      allows: (size) => Number(size) <= MOST_RESTORED,
    },
  );
  for (const key of keys) {
    checkEnd(key);
    if (key.firstSeen !== null) check("firstSeen", key.firstSeen, SINCE_1970);
    check("the state of a key", key.state, oneOf("pending", "trusted", "revoked", "ignored", "retired"));
  }
}

function checkRate(rate: Rate | undefined): void {
  if (rate === undefined) return;
  check("burst", rate.burst, NUMBER);
  check("perSecond", rate.perSecond, NUMBER);
}
