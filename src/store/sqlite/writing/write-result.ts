import { type ErrorCode, HandclaspError } from "../../../errors.ts";
import type { Outcome } from "../../../trust/records/change.ts";
import type { IgnoredRow } from "../shared/take-rows.ts";
import type { UntoldRow } from "../shared/tell-rows.ts";

/** What became of it; plain data, so that it can cross threads. */
export type Written = Done | { readonly ok: false; readonly error: WriteError };

export interface Done {
  readonly ok: true;
  readonly outcome: Outcome;
  /** Of a change that was settled: what is to be appended to the log, null for nothing. */
  readonly text?: string | null;
  /** What other machines are to be told. */
  readonly untold?: readonly UntoldRow[];
  /** What other machines told, and could not be taken. */
  readonly ignored?: readonly IgnoredRow[];
}

export interface WriteError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly remedies: HandclaspError["remedies"];
  readonly details: Readonly<Record<string, unknown>>;
  /** What was thrown, as far as it can cross threads; null when nothing was but this. */
  readonly cause: WriteCause | null;
}

interface WriteCause {
  readonly message: string;
  readonly code: unknown;
  readonly errcode: unknown;
}

/** What is said of values that cannot be written. */
export const UNDONE = "this cannot be written to the trust store";

/** As it crosses threads, and is kept. */
export function toWriteError(error: HandclaspError): WriteError {
  const { code, message, hint, remedies, details, cause } = error;
  return {
    code,
    message,
    hint,
    remedies,
    details,
    cause: cause instanceof Error ? toWriteCause(cause) : null,
  };
}

/** What it was. */
export function fromWriteError({
  code,
  message,
  hint,
  remedies,
  details,
  cause,
}: WriteError): HandclaspError {
  return new HandclaspError(code, message, {
    details,
    remedies,
    ...(hint !== undefined && { hint }),
    ...(cause !== null && {
      cause: Object.assign(new Error(cause.message), { code: cause.code, errcode: cause.errcode }),
    }),
  });
}

function toWriteCause(cause: Error): WriteCause {
  const { code, errcode } = cause as { code?: unknown; errcode?: unknown };
  return { message: cause.message, code, errcode };
}
