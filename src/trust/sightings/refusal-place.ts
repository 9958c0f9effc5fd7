import type { RefusalSighting } from "../port/ledger.ts";

/** What refusals have in common that are added up. */
export function refusalPlace(refusal: RefusalSighting): string {
  const { reason, pin, fingerprint, address, detail, listener } = refusal;
  const what = `${reason} ${pin ?? fingerprint ?? ""} ${address ?? ""}`;
  const why = detail === null ? what : `${what} ${detail}`;
  return listener === null ? why : `${why} @${listener}`;
}
