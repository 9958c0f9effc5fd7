import type { Remedy } from "./remedy.ts";

/** Every code an error of ours can carry, with what it means. `docs/reference/errors.md` explains each. */
export const ERROR_CODES = {
  ERR_HANDCLASP_MALFORMED:
    "bytes that do not follow their format; the message names the field and the offset",
  ERR_HANDCLASP_CERTIFICATE_MALFORMED: "a certificate that cannot be read, or is not what it has to be",
  ERR_HANDCLASP_KEY_UNSUPPORTED: "a key type or size outside the bounds, or a certificate that is too large",
  ERR_HANDCLASP_KEY_ID: "a key id that was mistyped; the message names the group",
  ERR_HANDCLASP_NAME: "a peer name that is empty, too long, holds unsafe characters or looks like a key",
  ERR_HANDCLASP_NOT_FOUND: "no key or peer answers to what was given",
  ERR_HANDCLASP_AMBIGUOUS: "more than one key answers to what was given",
  ERR_HANDCLASP_CONFLICT: "the name is bound to another key, or a setting was written by somebody else",
  ERR_HANDCLASP_TOKEN: "a join token that cannot be read, has expired or does not exist",
  ERR_HANDCLASP_CHANGED: "what was looked at, or is to be undone, has changed since",
  ERR_HANDCLASP_SCOPE: "whoever acts may not do this: it needs a wider scope",
  ERR_HANDCLASP_LAST_ADMIN: "nobody would be left who may do everything",
  ERR_HANDCLASP_STATE: "the key is in a state in which this cannot be done",
  ERR_HANDCLASP_RATE: "this was tried too often; it can be tried again in a while",
  ERR_HANDCLASP_STORE_OPEN: "the trust store cannot be opened",
  ERR_HANDCLASP_STORE_CORRUPT: "the trust store is damaged",
  ERR_HANDCLASP_STORE_NEWER: "the trust store was written by a newer version",
  ERR_HANDCLASP_STORE_READ: "the trust store cannot be read, or its file was replaced",
  ERR_HANDCLASP_STORE_WRITE: "the trust store cannot be written",
  ERR_HANDCLASP_OUTCOME_UNKNOWN:
    "the connection to the trust store broke while something was written, and nobody can tell whether it was",
  ERR_HANDCLASP_STORE_CLOSED: "the trust store was closed",
  ERR_HANDCLASP_AUDIT: "the audit chain does not verify",
  ERR_HANDCLASP_IDENTITY: "an identity that is missing, unreadable or inconsistent",
  ERR_HANDCLASP_PASSPHRASE: "the passphrase of a private key is missing, wrong or cannot be used",
  ERR_HANDCLASP_NOT_GUARDED: "a socket or request that did not come through a guarded server",
  ERR_HANDCLASP_REFUSED: "the other side refused us, or we refused it",
  ERR_HANDCLASP_CONNECT: "the other side could not be reached, or the handshake failed",
  ERR_HANDCLASP_PEM_DIR: "the folder for PEM files holds something else, or cannot be written",
  ERR_HANDCLASP_PUSH: "a proxy could not be told whom we trust",
  ERR_HANDCLASP_CONFIG: "a configuration file that cannot be read, or says what cannot be",
  ERR_HANDCLASP_NODE: "a version of Node that is too old for this package",
  ERR_HANDCLASP_OPTION: "an option that does not exist, is missing, or has a value that it cannot have",
  ERR_HANDCLASP_USAGE:
    "a command line that cannot be: a verb, an option or an argument is unknown, missing or wrong",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface HandclaspErrorOptions {
  /** What the reader can do about it, as one sentence. */
  readonly hint?: string;
  /** The same as data, for whoever shows commands or buttons. */
  readonly remedies?: readonly Remedy[];
  readonly cause?: unknown;
  /** Facts for programs: the pins that conflict, the field and the offset. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The only error this package throws on purpose. `code` is stable, `message` is for people. */
export class HandclaspError extends Error {
  override readonly name = "HandclaspError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** What can be done about it, the best first; plain data. */
  readonly remedies: readonly Remedy[];
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: HandclaspErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.remedies = options.remedies ?? [];
    this.details = options.details ?? {};
  }
}

/** Whether `error` is ours, and, when a code is given, that one. */
export function isHandclaspError(error: unknown, code?: ErrorCode): error is HandclaspError {
  return error instanceof HandclaspError && (code === undefined || error.code === code);
}

/** What whatever was thrown says. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Whatever was thrown as an error: JavaScript lets one throw anything. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Whether it is an error of the system's, or of Node's, with this code: `ENOENT`. */
export function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === code;
}
