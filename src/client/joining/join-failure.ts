import { HandclaspError, isHandclaspError, reasonOf } from "../../errors.ts";
import type { Remedy } from "../../remedy.ts";
import { ALERTS } from "../../tls/code-points/alert.ts";
import { alertOf as alertForReason, REFUSAL_REASONS } from "../../trust/judging/alerts.ts";
import type { JoinToken } from "../../trust/naming/join-token.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { alertOf } from "./introduction.ts";

/** What came of one address of a token. */
export interface JoinFailure {
  readonly address: string;
  readonly error: unknown;
  /** Whether the server of the token was there. */
  readonly isOurs: boolean;
}

interface Meaning {
  readonly hint: string;
  readonly remedies?: readonly Remedy[];
}

const AT_SERVER: Remedy = { act: "explain-refusal", at: "server" };
const OTHER_KEY: Remedy = { act: "create-identity", at: "client", when: "to join with another key" };

const TOKEN_MAY_BE: Meaning = {
  hint:
    "the token may be used up, cancelled, expired or good from another network only, its name may be taken, or those " +
    "who may use this listener are in a list that it does not lead into",
  remedies: [AT_SERVER],
};

/** What an alert means to who joins, from a server that looks at join tokens. */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  [ALERTS.access_denied]: TOKEN_MAY_BE,
  [ALERTS.unknown_ca]: {
    hint: "the server knows neither our key nor the token: is this the handclasp that made it?",
    remedies: [AT_SERVER],
  },
  [ALERTS.certificate_revoked]: {
    hint: "our key was revoked or replaced there, and a token lifts nothing: it is still unused",
    remedies: [OTHER_KEY],
  },
  [ALERTS.certificate_expired]: {
    hint: "our certificate's dates do not go with the server's clock, or the approval that our key had there is over, which no token renews",
    remedies: [{ act: "compare-clocks", at: "both" }, AT_SERVER],
  },
  [ALERTS.certificate_unknown]: {
    hint: "our key is known there by another name: the token is still unused",
    remedies: [OTHER_KEY, AT_SERVER],
  },
  [ALERTS.internal_error]: {
    hint: "the server cannot look at its trust store at the moment: the token is as it was, try again later",
    remedies: [{ act: "try-again-later", at: "client" }],
  },
};

const NO_CERTIFICATE: Meaning = {
  hint: "whoever ends TLS there passes on no certificate of ours: it asks clients for none, or for none that are self-signed",
  remedies: [AT_SERVER],
};

/** Before any key was shown. */
const NOBODY_YET: Meaning = {
  hint:
    "whoever answers there did so before it showed its key, and knows nothing of the token: proxies go by names, is the " +
    "address in the token one that this proxy serves?",
};

/** Statuses without a word of handclasp. */
const DENIED: Meaning = {
  hint: `${TOKEN_MAY_BE.hint}; or the application behind it answers so to everybody who is let in`,
  remedies: [AT_SERVER],
};
const AWAY: Meaning = {
  hint: "the proxy cannot ask whether to let us in, or the application behind it is away: try again later, with the same identity",
  remedies: [{ act: "try-again-later", at: "client" }],
};

/** The error of a token that nobody took: the most telling word of all its addresses, and what can be done about it. */
export function joinError(
  failures: readonly JoinFailure[],
  token: JoinToken,
  pin: KeyPin,
  now: number,
): unknown {
  const [first, ...others] = failures.toSorted((one, other) => weight(other) - weight(one));
  if (first === undefined || !isHandclaspError(first.error)) return first?.error;
  const { code, message, details, cause, ...said } = first.error;
  const { hint, remedies } = meaningOf(first, token, now) ?? said;
  const isOfOurKey = details["reason"] !== "no-certificate";
  const elsewhere = others.map(({ address, error }) => `${address}: ${firstLine(error)}`);
  const hints = [hint ?? [], elsewhere.length > 0 ? `elsewhere: ${elsewhere.join("; ")}` : []].flat();
  return new HandclaspError(code, message, {
    ...(hints.length > 0 && { hint: hints.join("; ") }),
    ...(remedies !== undefined && {
      remedies: isOfOurKey ? remedies.map((remedy) => ofKey(remedy, pin)) : remedies,
    }),
    details: { ...details, ...(elsewhere.length > 0 && { tried: failures.map(({ address }) => address) }) },
    cause,
  });
}

/** What came last at the server may be how we looked whether it minds who shows no certificate. */
function ofKey(remedy: Remedy, pin: KeyPin): Remedy {
  return remedy.act === "explain-refusal" ? { ...remedy, key: toKeyId(pin) } : remedy;
}

function firstLine(error: unknown): string {
  return reasonOf(error).split("\n", 1)[0] ?? "";
}

/** A server of ours that refuses us says most, then who is somebody else; what could not be reached says least. */
function weight({ error, isOurs }: JoinFailure): number {
  if (!isHandclaspError(error, "ERR_HANDCLASP_REFUSED")) return isOurs ? 1 : 0;
  if (!isOurs) return "known" in error.details ? 3 : 2;
  const isVague = alertOf(error) === undefined || alertOf(error) === ALERTS.access_denied;
  return isVague ? 4 : 5;
}

function meaningOf({ error, isOurs }: JoinFailure, token: JoinToken, now: number): Meaning | undefined {
  if (!isHandclaspError(error, "ERR_HANDCLASP_REFUSED")) return undefined;
  if (!isOurs) return alertOf(error) === undefined ? undefined : NOBODY_YET;
  const { status, reason } = error.details;
  const meaning =
    typeof status === "number" || status === null
      ? ofAnswer(status, typeof reason === "string" ? reason : null)
      : MEANINGS[alertOf(error) ?? 0];
  const isAboutToken = meaning === TOKEN_MAY_BE || meaning === DENIED;
  if (!isAboutToken || now < token.expires) return meaning;
  return {
    hint: `by our clock the token expired at ${new Date(token.expires).toISOString()}: ask for a new one`,
  };
}

function ofAnswer(status: number | null, reason: string | null): Meaning | undefined {
  if (reason === null) return status === 401 || status === 403 ? DENIED : AWAY;
  if (reason === "no-certificate") return NO_CERTIFICATE;
  const known = REFUSAL_REASONS.find((each) => each === reason);
  return known === undefined ? DENIED : MEANINGS[ALERTS[alertForReason(known, "TLSv1.3")]];
}
