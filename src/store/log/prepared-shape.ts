import { COMPARED, MOST_RESTORED } from "../../trust/records/change.ts";
import { SCOPES } from "../../trust/records/scope.ts";
import { MOST_TOKEN_GROUPS } from "../../trust/records/token-record.ts";
import type { PreparedChange } from "../../trust/changes/prepared-change.ts";
import {
  bool,
  bytes,
  facts,
  finite,
  hex,
  line,
  list,
  moment,
  none,
  nullable,
  object,
  oneOf,
  oneOfKinds,
  optional,
  pin,
  readAs,
  type Shape,
  some,
  text,
  whole,
} from "./shape.ts";

const MOST_DER = 256 * 1024;
const MOST_TAKINGS = 10_000;

/** Composing makes up to three characters of one, compatibility up to 18. */
const name = line(255 * 3);
const fold = line(255 * 18);
const typed = text(10_000);
const folded = { name, nameKey: fold };

const actor = object({
  user: nullable(typed),
  process: typed,
  address: nullable(typed),
  listener: nullable(typed),
  via: optional(oneOf("cli", "certificate", "link", "bearer")),
  keyId: optional(typed),
  machine: optional(line(300)),
});

const source = oneOf("first-use", "approved", "token", "rotation", "ca", "import");
const onConflict = oneOf("fail", "replace", "add");
const scope = oneOf(...SCOPES);

/** With the names that are folded already. */
const certificate = object({
  pin,
  fingerprint: hex(64),
  der: bytes(MOST_DER),
  claimedName: nullable(name),
  claimedKey: nullable(fold),
});

const keyIdProblem = object({ problem: typed, group: nullable(whole(1)) });

/** None by a fingerprint: whose it is depends on which certificates a machine has. */
const key = oneOfKinds(
  "kind",
  new Map([
    ["pin", object({ kind: oneOf("pin"), text: typed, pin: nullable(pin) })],
    ["key-id", object({ kind: oneOf("key-id"), text: typed, pinPrefix: line(60), symbols: line(60) })],
    [
      "name",
      object({
        kind: oneOf("name"),
        text: typed,
        nameKeys: list(text(10_000), 8),
        countsClaims: bool,
        asKeyId: nullable(keyIdProblem),
      }),
    ],
  ]),
);

/** Whole keys are handed over for it. */
const seenKey = some({
  version: whole(0),
  claimedName: optional(nullable(name)),
  pin: optional(pin),
});

const seenKeys = list(seenKey, MOST_TAKINGS);
const seen: Shape = (value) => (Array.isArray(value) ? seenKeys(value) : seenKey(value));

const pending = { pendingExpires: moment, maxPending: whole(1) };
const meant = { key, seen: optional(seen) };
const rate = object({ burst: finite, perSecond: finite });
const concern = object({ about: line(100), problem: line(100) });
const until = optional(nullable(moment));

const taking = oneOfKinds(
  "what",
  new Map([
    ["key", object({ what: oneOf("key"), pin, state: oneOf("revoked", "ignored", "retired", "pending") })],
    ["end", object({ what: oneOf("end"), pin, expires: moment })],
    ["forgotten", object({ what: oneOf("forgotten"), pin, peer: nullable(name) })],
    ["token", object({ what: oneOf("token"), id: hex(32) })],
    ["api-token", object({ what: oneOf("api-token"), id: hex(32) })],
    ["member", object({ what: oneOf("member"), names: list(object(folded), 8), groupKey: fold })],
    ["window", object({ what: oneOf("window") })],
  ]),
);

const count = whole(0);
const totals = object({
  trusted: count,
  waiting: count,
  barred: count,
  changed: count,
  kept: count,
  groups: count,
  tokens: count,
});
const member = object({ group: name, groupKey: fold, nameKey: fold, peer: name });
const backedUpKey = object({
  pin,
  state: oneOf("pending", "trusted", "revoked", "ignored", "retired"),
  peer: nullable(name),
  nameKey: nullable(fold),
  claimedName: nullable(name),
  claimedKey: nullable(fold),
  newName: nullable(name),
  newKey: nullable(fold),
  source,
  fingerprint: hex(64),
  firstSeen: nullable(whole(0)),
  firstAddress: nullable(typed),
  expires: nullable(moment),
  staleSeen: bool,
  endorsesFrom: whole(0),
  note: nullable(text(4000)),
  certificate: nullable(object({ fingerprint: hex(64), der: bytes(MOST_DER), addedAt: whole(0) })),
});

type Fields = Parameters<typeof object>[0];

/** What each type of change has besides its origin. */
const FIELDS = {
  claim: {
    certificate,
    peer: object(folded),
    source,
    endorsedBy: optional(typed),
    whileOpen: optional(oneOf("ask", "refuse")),
    ...pending,
  },
  hold: { certificate, peer: nullable(object(folded)), conflictsWith: nullable(pin), ...pending },
  join: { certificate, token: hex(32) },
  rotate: {
    certificate,
    endorsedBy: object({ pin, issuedAt: whole(0) }),
    limit: optional(rate),
    ...pending,
  },
  "note-concern": { concern, pin },
  "create-token": {
    token: object({
      id: hex(32),
      publicKey: bytes(32),
      peer: name,
      nameKey: fold,
      serverPin: pin,
      from: nullable(line(100)),
      replace: bool,
      groups: list(object(folded), MOST_TOKEN_GROUPS),
      expires: moment,
    }),
  },
  "cancel-token": { id: hex(32) },
  "create-api-token": {
    token: object({ id: hex(32), hash: hex(64), name, nameKey: fold, scope, expires: moment }),
  },
  "cancel-api-token": { id: hex(32) },
  "add-to-group": { ...meant, group: object(folded) },
  "remove-from-group": { ...meant, group: object({ text: typed, groupKeys: list(text(10_000), 8) }) },
  renew: { certificate },
  "note-name": { certificate },
  "note-stale": { pin },
  approve: {
    ...meant,
    peer: nullable(object({ ...folded, onlyFor: nullable(pin) })),
    onConflict,
    expires: until,
    compared: optional(oneOf(...COMPARED)),
  },
  import: { certificate, peer: nullable(object(folded)), onConflict, expires: until },
  revoke: meant,
  ignore: meant,
  "set-aside": meant,
  forget: meant,
  rename: { ...meant, peer: object(folded) },
  "write-note": { ...meant, note: nullable(text(4000)) },
  undo: { sequence: whole(1), seen: optional(seen) },
  "open-first-use": {
    until: moment,
    max: optional(nullable(whole(1))),
    from: optional(nullable(line(100))),
  },
  "take-away": { takings: list(taking, MOST_TAKINGS), details: facts },
  "leave-branch": { details: facts },
  restore: {
    taken: list(pin, MOST_RESTORED),
    keys: list(backedUpKey, MOST_RESTORED),
    left: list(member, MOST_RESTORED),
    entered: list(member, MOST_RESTORED),
    tokens: list(hex(32), MOST_RESTORED),
    apiTokens: list(hex(32), MOST_RESTORED),
    window: nullable(whole(0)),
    end: nullable(
      object({
        backup: object({ sequence: whole(0), hash: hex(64) }),
        isOther: bool,
        aheadOf: optional(whole(1)),
        totals,
      }),
    ),
  },
} satisfies Record<PreparedChange["type"], Fields>;

const change = oneOfKinds(
  "type",
  new Map(
    Object.entries(FIELDS).map(([type, fields]) => [
      type,
      object({ type: oneOf(type), at: moment, actor, scope: optional(scope), ...fields }),
    ]),
  ),
);

/**
 * Reads a change as the log has it, where bytes are objects with the one name `base64`, in its place. Throws ERR_HANDCLASP_MALFORMED for
 * one that these rules do not know, or that says more, less or something else than they would carry out.
 */
export function readPreparedChange(given: unknown): PreparedChange {
  return readAs(change, given, "change") as PreparedChange;
}

/** The certificate of a key as it was seen. */
export const seenCertificate: Shape = object({
  pin,
  fingerprint: hex(64),
  der: bytes(MOST_DER),
  addedAt: moment,
});

/** A key that waits: nobody decided about it, so it speaks for no name, ends by itself, and nothing is said of it. */
export const waitingKey: Shape = object({
  pin,
  state: oneOf("pending"),
  peer: none,
  nameKey: none,
  claimedName: nullable(name),
  claimedKey: nullable(fold),
  newName: nullable(name),
  newKey: nullable(fold),
  source,
  fingerprint: hex(64),
  firstSeen: nullable(moment),
  firstAddress: nullable(typed),
  expires: moment,
  conflictsWith: nullable(pin),
  staleSeen: bool,
  endorsesFrom: moment,
  note: none,
  version: whole(0),
});
