import type { OperatorAct } from "../../../src/operator/act.ts";
import type { Scope } from "../../../src/operator/scope.ts";
import { AT, type Office } from "./office.ts";

type ToAct = (office: Office) => OperatorAct;

export interface ScopeRow {
  /** Who may do it. */
  readonly needs: Scope;
  readonly act: ToAct;
  /** What becomes of it for who may; default it is done. */
  readonly fails?: string;
}

const SERVER = ["gw.example:8443"];

/** Every act, and what it can be about. */
export const SCOPE_ROWS: Readonly<Record<string, ScopeRow>> = {
  "approve a stranger": { needs: "approve", act: ({ paul }) => ({ act: "approve", key: paul.pin }) },
  "approve a stranger under another name": {
    needs: "approve",
    act: ({ paul }) => ({ act: "approve", key: paul.pin, name: "pauline" }),
  },
  "approve a stranger under a name that a peer has, beside it": {
    needs: "approve",
    act: ({ paul }) => ({ act: "approve", key: paul.pin, name: "anna", onConflict: "add" }),
  },
  "approve a stranger under a name that a peer has, in its place": {
    needs: "approve",
    act: ({ paul }) => ({ act: "approve", key: paul.pin, name: "anna", onConflict: "replace" }),
  },
  "approve a stranger under an operator's name, beside it": {
    needs: "admin",
    act: ({ paul }) => ({ act: "approve", key: paul.pin, name: "BOSS", onConflict: "add" }),
  },
  "approve a stranger under an operator's name, in its place": {
    needs: "admin",
    act: ({ paul }) => ({ act: "approve", key: paul.pin, name: "boss", onConflict: "replace" }),
  },
  "approve a stranger under an operator's name": {
    needs: "admin",
    act: ({ paul }) => ({ act: "approve", key: paul.pin, name: "rita" }),
    fails: "ERR_HANDCLASP_CONFLICT",
  },
  "approve who claims an operator's name, beside it": {
    needs: "admin",
    act: ({ fake }) => ({ act: "approve", key: fake.pin, onConflict: "add" }),
  },
  "approve who claims an operator's name, in its place": {
    needs: "admin",
    act: ({ fake }) => ({ act: "approve", key: fake.pin, onConflict: "replace" }),
  },
  "approve who claims an operator's name, under another": {
    needs: "admin",
    act: ({ fake }) => ({ act: "approve", key: fake.pin, name: "somebody" }),
  },
  "approve the new name of a peer": {
    needs: "approve",
    act: ({ eva }) => ({ act: "approve", key: eva.pin }),
  },
  "approve the new name of a peer, which is an operator's": {
    needs: "admin",
    act: ({ eve }) => ({ act: "approve", key: eve.pin, onConflict: "add" }),
  },
  "approve the new name of an operator": {
    needs: "admin",
    act: ({ olga }) => ({ act: "approve", key: olga.pin }),
  },
  "approve what was ignored": { needs: "approve", act: ({ iggy }) => ({ act: "approve", key: iggy.pin }) },
  "approve what was set aside": { needs: "approve", act: ({ sam }) => ({ act: "approve", key: sam.pin }) },
  "approve what was set aside under another name": {
    needs: "manage",
    act: ({ sam }) => ({ act: "approve", key: sam.pin, name: "samuel" }),
  },
  "approve what was revoked": { needs: "manage", act: ({ rob }) => ({ act: "approve", key: rob.pin }) },
  "approve what was replaced": {
    needs: "manage",
    act: ({ rex }) => ({ act: "approve", key: rex.pin, onConflict: "add" }),
  },
  "approve an operator's key that was revoked": {
    needs: "admin",
    act: ({ oldBoss }) => ({ act: "approve", key: oldBoss.pin, onConflict: "add" }),
  },
  "approve a trusted key under another name": {
    needs: "manage",
    act: ({ anna }) => ({ act: "approve", key: anna.pin, name: "annika" }),
  },
  "have the trust in a key end": {
    needs: "manage",
    act: ({ anna }) => ({ act: "approve", key: anna.pin, expires: AT - 1 }),
  },
  "have the trust in an operator's key never end": {
    needs: "admin",
    act: ({ olga }) => ({ act: "approve", key: olga.pin, expires: null }),
  },
  "revoke a peer": { needs: "manage", act: ({ anna }) => ({ act: "revoke", key: anna.pin }) },
  "revoke a stranger": { needs: "manage", act: ({ paul }) => ({ act: "revoke", key: paul.pin }) },
  "revoke an operator": { needs: "admin", act: () => ({ act: "revoke", key: "olga" }) },
  "revoke who claims an operator's name": {
    needs: "admin",
    act: ({ fake }) => ({ act: "revoke", key: fake.pin }),
  },
  "ignore a stranger": { needs: "approve", act: ({ paul }) => ({ act: "ignore", key: paul.pin }) },
  "ignore who claims an operator's name": {
    needs: "admin",
    act: ({ fake }) => ({ act: "ignore", key: fake.pin }),
  },
  "ignore a trusted key": { needs: "manage", act: ({ anna }) => ({ act: "ignore", key: anna.pin }) },
  "ignore what was revoked": { needs: "manage", act: ({ rob }) => ({ act: "ignore", key: rob.pin }) },
  "ignore what was replaced": { needs: "manage", act: ({ rex }) => ({ act: "ignore", key: rex.pin }) },
  "ignore an operator": { needs: "admin", act: () => ({ act: "ignore", key: "mona" }) },
  "set a peer aside": { needs: "manage", act: () => ({ act: "set-aside", key: "anna" }) },
  "set an operator aside": { needs: "admin", act: () => ({ act: "set-aside", key: "rita" }) },
  "forget a peer": { needs: "manage", act: () => ({ act: "forget", key: "anna" }) },
  "forget an operator": { needs: "admin", act: () => ({ act: "forget", key: "olga" }) },
  "forget a former key of an operator": {
    needs: "admin",
    act: ({ oldBoss }) => ({ act: "forget", key: oldBoss.pin }),
  },
  "rename a peer": { needs: "manage", act: () => ({ act: "rename", key: "anna", peer: "annika" }) },
  "rename a peer to an operator's name": {
    needs: "admin",
    act: () => ({ act: "rename", key: "anna", peer: "Boss" }),
    fails: "ERR_HANDCLASP_CONFLICT",
  },
  "rename an operator": { needs: "admin", act: () => ({ act: "rename", key: "olga", peer: "olga b" }) },
  "write a note": { needs: "approve", act: ({ paul }) => ({ act: "note", key: paul.pin, text: "x" }) },
  "write a note about an operator": { needs: "admin", act: () => ({ act: "note", key: "olga", text: "x" }) },
  "write a note about who claims an operator's name": {
    needs: "admin",
    act: ({ fake }) => ({ act: "note", key: fake.pin, text: "this is really him" }),
  },
  "put a peer into a group": {
    needs: "manage",
    act: () => ({ act: "add-to-group", group: "lab", key: "sam" }),
  },
  "put a peer into the group of admins, however that is written": {
    needs: "admin",
    act: () => ({ act: "add-to-group", group: "  OPERATORS. ", key: "anna" }),
  },
  "put a peer into the group of those who read": {
    needs: "admin",
    act: () => ({ act: "add-to-group", group: "ｏperators-read", key: "anna" }),
  },
  "put an operator into another group": {
    needs: "admin",
    act: () => ({ act: "add-to-group", group: "lab", key: "boss" }),
  },
  "take a peer out of a group": {
    needs: "manage",
    act: () => ({ act: "remove-from-group", group: "lab", key: "anna" }),
  },
  "take an operator out of its group": {
    needs: "admin",
    act: () => ({ act: "remove-from-group", group: "Operators-Approve", key: "olga" }),
  },
  "open the window": { needs: "manage", act: () => ({ act: "open-window", forMs: 1000 }) },
  "close the window": { needs: "manage", act: () => ({ act: "close-window" }) },
  "invite somebody": {
    needs: "manage",
    act: ({ anna }) => ({ act: "create-token", peer: "dora", server: SERVER, serverPin: anna.pin }),
  },
  "invite somebody in a peer's place": {
    needs: "manage",
    act: ({ anna: { pin } }) => ({
      act: "create-token",
      peer: "anna",
      server: SERVER,
      serverPin: pin,
      replace: true,
    }),
  },
  "invite somebody in an operator's place": {
    needs: "admin",
    act: ({ anna: { pin } }) => ({
      act: "create-token",
      peer: "BOSS",
      server: SERVER,
      serverPin: pin,
      replace: true,
    }),
  },
  "invite somebody under an operator's name": {
    needs: "admin",
    act: ({ anna }) => ({ act: "create-token", peer: "rita", server: SERVER, serverPin: anna.pin }),
    fails: "ERR_HANDCLASP_CONFLICT",
  },
  "invite somebody into a group": {
    needs: "manage",
    act: ({ anna }) => ({
      act: "create-token",
      peer: "dora",
      groups: ["dba"],
      server: SERVER,
      serverPin: anna.pin,
    }),
  },
  "invite somebody into a group of operators": {
    needs: "admin",
    act: ({ anna }) => ({
      act: "create-token",
      peer: "dora",
      groups: ["dba", "OPERATORS-read"],
      server: SERVER,
      serverPin: anna.pin,
    }),
  },
  "cancel an invitation into a group of operators": {
    needs: "admin",
    act: ({ newOperatorsToken }) => ({ act: "cancel-token", id: newOperatorsToken }),
  },
  "cancel an invitation": { needs: "manage", act: ({ token }) => ({ act: "cancel-token", id: token }) },
  "cancel an invitation to an operator": {
    needs: "admin",
    act: ({ operatorsToken }) => ({ act: "cancel-token", id: operatorsToken }),
  },
  "make an API token": {
    needs: "admin",
    act: () => ({ act: "create-api-token", name: "x", scope: "read", expires: AT + 9e6 }),
  },
  "cancel an API token": {
    needs: "admin",
    act: ({ apiToken }) => ({ act: "cancel-api-token", id: apiToken }),
  },
  "undo an approval": { needs: "manage", act: ({ events }) => ({ act: "undo", event: events.approved }) },
  "undo an approval in another's place": {
    needs: "manage",
    act: ({ events }) => ({ act: "undo", event: events.replaced }),
  },
  "undo a revocation": { needs: "manage", act: ({ events }) => ({ act: "undo", event: events.revoked }) },
  "undo that a stranger was ignored": {
    needs: "approve",
    act: ({ events }) => ({ act: "undo", event: events.ignored }),
  },
  "undo that a peer was set aside": {
    needs: "approve",
    act: ({ events }) => ({ act: "undo", event: events.setAside }),
  },
  "undo a new name": { needs: "manage", act: ({ events }) => ({ act: "undo", event: events.renamed }) },
  "undo that a peer came into a group": {
    needs: "manage",
    act: ({ events }) => ({ act: "undo", event: events.grouped }),
  },
  "undo the revocation of an operator's key": {
    needs: "admin",
    act: ({ events }) => ({ act: "undo", event: events.operatorRevoked }),
    fails: "ERR_HANDCLASP_CONFLICT",
  },
  "undo that somebody became an operator": {
    needs: "admin",
    act: ({ events }) => ({ act: "undo", event: events.operatorAdded }),
  },
  "undo that somebody is an operator no more": {
    needs: "admin",
    act: ({ events }) => ({ act: "undo", event: events.operatorRemoved }),
  },
  "undo that an operator lost its name and group": {
    needs: "admin",
    act: ({ events }) => ({ act: "undo", event: events.operatorRenamed }),
  },
  "undo the approval of an operator": {
    needs: "admin",
    act: ({ events }) => ({ act: "undo", event: events.operatorApproved }),
  },
  "undo what cannot be": {
    needs: "approve",
    act: () => ({ act: "undo", event: 1 }),
    fails: "ERR_HANDCLASP_STATE",
  },
  "undo what never was": {
    needs: "approve",
    act: () => ({ act: "undo", event: 9999 }),
    fails: "ERR_HANDCLASP_NOT_FOUND",
  },
};
