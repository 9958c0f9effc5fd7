import type { EventJson } from "./shapes.ts";

/** What an event says: who did what, to whom, and the rest. */
export interface EventWords {
  /** "approved", "came, first use". */
  readonly verb: string;
  /** Behind the name: "into the group lab". */
  readonly rest: string;
}

type ToWords = (details: Readonly<Record<string, string | null>>) => EventWords;

const COMPARED: Readonly<Record<string, string>> = {
  scan: "compared by its code",
  words: "compared by words",
  "key-id": "compared by key id",
  none: "without comparing",
};

const VERBS: Readonly<Record<string, ToWords>> = {
  met: ({ window }) => said("met", window === undefined ? "at first use" : "at first use, in an open window"),
  approved: ({ compared, replaced }) =>
    said("approved", [COMPARED[compared ?? ""], replaced !== undefined && `replacing ${replaced}`]),
  imported: () => said("brought", "by its certificate"),
  "name-approved": ({ formerName }) => said("accepted the new name of", quoted("was", formerName)),
  renamed: ({ formerName }) => said("renamed", quoted("was", formerName)),
  revoked: () => said("revoked"),
  ignored: () => said("ignored"),
  "set-aside": () => said("set aside", "until it is approved again"),
  undone: ({ undoes, act }) => said(`took back event ${undoes ?? "?"} (${act ?? "?"}) of`),
  "put-back": () => said("put back", "to how a backup has it"),
  restored: ({ backupSequence, aheadOf, otherChain, trusted, waiting }) =>
    said("restored a backup", [
      `up to event ${backupSequence ?? "?"}`,
      otherChain && "of another store",
      aheadOf && `though this store ended at ${aheadOf}`,
      `${trusted ?? "?"} trusted again`,
      `${waiting ?? "?"} wait`,
    ]),
  noted: ({ note }) => said(note === null ? "took the note off" : "wrote a note on"),
  retired: () => said("retired", "since another key took its place"),
  forgotten: () => said("forgot", "its name is free"),
  "stale-key-seen": () => said("saw", "come back with a key that is not good any more"),
  joined: () => said("let in", "with a join token"),
  rotated: () => said("followed", "to its new key"),
  "token-created": ({ expires }) => said("invited", expires ? `until ${day(expires)}` : ""),
  "token-cancelled": () => said("cancelled the invitation of"),
  "token-refused": ({ problem }) => said("refused a join token of", problem ?? ""),
  "endorsement-refused": ({ problem }) => said("refused a successor of", problem ?? ""),
  "group-added": ({ group }) => said("added", `to the group ${group ?? "?"}`),
  "group-removed": ({ group }) => said("took", `out of the group ${group ?? "?"}`),
  "first-use-opened": ({ until, max, from }) =>
    said("opened a window", [
      until && `until ${day(until)}`,
      max && `for ${max} at the most`,
      from && `from ${from}`,
    ]),
  "branch-left": ({ gone, again }) =>
    said("left a branch of the log", `${gone ?? "?"} decisions are gone, ${again ?? "?"} were taken again`),
  "first-use-closed": () => said("closed the window"),
  "api-token-created": ({ name, scope }) => said("made an API token", `${name ?? ""} (${scope ?? "?"})`),
  "api-token-cancelled": ({ name }) => said("cancelled an API token", name ?? ""),
};

/** An event in words; of a type that is not known here its name. */
export function eventWords({ type, details }: EventJson): EventWords {
  if (type === null) return said("cannot be read");
  return VERBS[type]?.(details ?? {}) ?? said(type);
}

/** What `undo` takes back. */
const UNDOABLE: ReadonlySet<string> = new Set([
  "approved",
  "name-approved",
  "renamed",
  "revoked",
  "ignored",
  "set-aside",
  "undone",
  "group-added",
  "group-removed",
]);

/** Whether an event is of a kind that can be taken back; the server decides whether this one still can. */
export function canBeUndone({ type }: EventJson): boolean {
  return type !== null && UNDOABLE.has(type);
}

/** Who did it: an operator and the way he came, or a server. */
export function actorWords({ actor }: EventJson): string {
  if (actor === null) return "somebody";
  if (actor.user === null) return actor.process;
  return actor.via === undefined || actor.via === "cli"
    ? actor.user
    : `${actor.user} (${VIA[actor.via] ?? actor.via})`;
}

const VIA: Readonly<Record<string, string>> = {
  certificate: "by certificate",
  link: "by this page",
  bearer: "by API token",
};

function said(verb: string, rest: string | readonly (string | false | null | undefined)[] = ""): EventWords {
  return { verb, rest: typeof rest === "string" ? rest : rest.filter(Boolean).join(", ") };
}

function quoted(before: string, name: string | null | undefined): string {
  return name === undefined || name === null ? "" : `${before} “${name}”`;
}

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

function day(iso: string): string {
  const moment = new Date(iso);
  return Number.isNaN(moment.getTime()) ? iso : DAY.format(moment);
}
