import * as v from "valibot";
import type { KeyJson } from "../../operator/listed-key.ts";
import { keyJson } from "./keys.ts";

/** What came of an act. */
export interface ActJson {
  /** As they are then. */
  readonly keys: readonly KeyJson[];
  /** How many open connections they had that have to go. */
  readonly ended: number;
  readonly event: number | null;
  /** What takes it back: a POST with this `If-Match`. Null for what cannot be taken back. */
  readonly undo: { readonly path: string; readonly etag: string } | null;
  /** The command line that does the same. */
  readonly command: string;
  readonly curl: string;
  /** It holds on this machine alone so far: the database is away, and the others hear of it when that is back. */
  readonly later?: true;
}

/** How else an act is done. */
export interface CommandsJson {
  readonly command: string;
  readonly curl: string;
}

export const actJson: v.GenericSchema = v.strictObject({
  keys: v.array(keyJson),
  ended: v.number(),
  event: v.nullable(v.number()),
  undo: v.nullable(v.strictObject({ path: v.string(), etag: v.string() })),
  command: v.string(),
  curl: v.string(),
  later: v.exactOptional(v.literal(true)),
});

export const commandsJson: v.GenericSchema<CommandsJson> = v.strictObject({
  command: v.string(),
  curl: v.string(),
});

export interface RenameBody {
  readonly peer: string;
}

export interface NoteBody {
  /** An empty one removes the note. */
  readonly text: string;
}

export const renameBody: v.GenericSchema<RenameBody> = v.strictObject({
  peer: v.pipe(v.string(), v.maxLength(500)),
});

export const noteBody: v.GenericSchema<NoteBody> = v.strictObject({
  text: v.pipe(v.string(), v.maxLength(4000)),
});

/** What the owner of a key shows or says of it. */
export type CompareBody =
  | { readonly code: string }
  | { readonly keyId: string }
  | { readonly phrase: string }
  | { readonly id: string; readonly words: readonly string[] };

export interface ComparedJson {
  readonly equal: boolean;
  readonly how: "scan" | "words" | "key-id";
  /** What is another one, where a code tells. */
  readonly differs: "key" | "server" | null;
  /** How many tries are left for the key in this minute. */
  readonly triesLeft: number;
}

/** Words of the key's phrase; those that are null are to be filled in. */
export interface ChallengeJson {
  readonly id: string;
  readonly words: readonly (string | null)[];
  readonly triesLeft: number;
}

const said = v.pipe(v.string(), v.maxLength(500));

export const compareBody: v.GenericSchema<CompareBody> = v.union([
  v.strictObject({ code: said }),
  v.strictObject({ keyId: said }),
  v.strictObject({ phrase: said }),
  v.strictObject({ id: said, words: v.pipe(v.array(said), v.maxLength(12)) }),
]);

export const comparedJson: v.GenericSchema<ComparedJson> = v.strictObject({
  equal: v.boolean(),
  how: v.picklist(["scan", "words", "key-id"]),
  differs: v.nullable(v.picklist(["key", "server"])),
  triesLeft: v.number(),
});

export const challengeJson: v.GenericSchema<ChallengeJson> = v.strictObject({
  id: v.string(),
  words: v.array(v.nullable(v.string())),
  triesLeft: v.number(),
});
