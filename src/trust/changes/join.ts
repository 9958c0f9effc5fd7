import { keepsItsName } from "../judging/is-set-aside.ts";
import { type TokenProblem, type TokenRecord, tokenState } from "../records/token-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import { admitKey } from "./admit-key.ts";
import type { Outcome } from "../records/change.ts";
import type { PreparedJoin } from "./prepared-change.ts";
import { isDecided, settleKnown } from "./claim.ts";
import { applyNoteConcern } from "./note.ts";
import { addMember, membership } from "./group.ts";
import { isNewListWord } from "../naming/list-words.ts";
import { retire } from "./retire.ts";

/** Uses a token up, and puts its peer into its groups. The key that used it finds itself trusted when it tries again. */
export function applyJoin(tables: TrustTables, change: PreparedJoin): Outcome {
  const { certificate, at } = change;
  const known = tables.key(certificate.pin);
  if (known !== undefined && isDecided(known)) return settleKnown(known);
  const token = tables.token(change.token);
  // A token from before its name was a word of lists.
  if (token === undefined || isNewListWord(tables, token.nameKey))
    return lost(tables, change, "unknown-token");
  const state = tokenState(token, at);
  if (state !== "open") return lost(tables, change, `token-${state}`);
  const holders = tables.keysOfName(token.nameKey).filter(keepsItsName);
  if (holders.length > 0 && !token.replace) return lost(tables, change, "name-taken");
  const key = admitKey(tables, change, {
    event: "joined",
    certificate,
    peer: { name: token.peer, nameKey: token.nameKey },
    source: "token",
    expires: null,
    details: { token: token.id },
  });
  for (const holder of holders) retire(tables, change, holder, key.pin);
  tables.putToken({ ...token, usedAt: at, usedBy: key.pin } satisfies TokenRecord);
  enterGroups(tables, change, token);
  return { kind: "changed", keys: [tables.key(key.pin) ?? key] };
}

/** After the token is used up: who comes into a group of operators has the name's open tokens cancelled. */
function enterGroups(
  tables: TrustTables,
  change: PreparedJoin,
  { peer, nameKey, groups }: TokenRecord,
): void {
  const joined = { name: peer, nameKey };
  for (const group of groups) {
    if (membership(tables, joined, group) === undefined) addMember(tables, change, joined, group);
  }
}

function lost(tables: TrustTables, change: PreparedJoin, problem: TokenProblem): Outcome {
  const concern = { about: change.token, problem };
  const { at, actor, certificate } = change;
  applyNoteConcern(tables, { type: "note-concern", at, actor, concern, pin: certificate.pin });
  return { kind: "lost", reason: "token-invalid", conflictsWith: null, concern };
}
