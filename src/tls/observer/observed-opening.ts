import { type HandclaspError, isHandclaspError, reasonOf } from "../../errors.ts";
import { CONTENT_TYPE } from "../code-points/content-type.ts";
import type { RecordOpener } from "../keys/record-protection.ts";
import type { TlsRecord } from "../records/record-reader.ts";
import type { TraceProblem } from "./trace-message.ts";

/** What became of a record: in the clear or opened, waiting for something that may yet come, or closed to us. */
export type Opening =
  | {
      readonly state: "open";
      readonly type: number;
      readonly content: Uint8Array;
      /** Whether the content type was hidden, as in TLS 1.3. */
      readonly inner: boolean;
      /** What has to be said about records before this one. */
      readonly problem?: string;
    }
  | { readonly state: "waiting"; readonly missing: string }
  | SealedOpening;

/** For good when a problem comes with it; without one it is nothing to read, or what follows may yet be opened. */
export interface SealedOpening {
  readonly state: "sealed";
  readonly problem?: string;
  /** `undecryptable` unless told. */
  readonly kind?: TraceProblem["kind"];
  readonly error?: HandclaspError;
}

/** Nothing to read: application data, or early data that the server skips (RFC 8446 §4.2.10). */
export const SEALED: SealedOpening = { state: "sealed" };

/** A record as it is on the wire. */
export function inTheClear({ type, fragment }: TlsRecord): Opening {
  return { state: "open", type, content: fragment, inner: false };
}

/** An alert that no cipher has touched: with any it would be longer. */
export function isPlainAlert({ type, fragment }: TlsRecord): boolean {
  return type === CONTENT_TYPE.alert && fragment.length === 2;
}

/** Sealed for good, because nothing here reads such records. */
export function unread(what: string): SealedOpening {
  return { state: "sealed", kind: "unread", problem: what };
}

/** Sealed when it does not open, be it that this build of Node has no such cipher. `inner` in TLS 1.3. */
export function openWith(opener: RecordOpener, record: TlsRecord, inner: boolean): Opening {
  try {
    const { type, content } = opener.open(record);
    return { state: "open", type, content, inner };
  } catch (error) {
    const problem = `a record cannot be decrypted: ${reasonOf(error)}`;
    return { state: "sealed", problem, ...(isHandclaspError(error) && { error }) };
  }
}
