import { ANYTHING, BOOLEAN, checkOptions, type OptionRules, TEXT } from "../../check-options.ts";
import { HandclaspError } from "../../errors.ts";
import type { CreateTokenChange } from "../../trust/records/change.ts";
import { parseIpNetwork } from "../../trust/network/ip-network.ts";
import { createJoinToken, type JoinToken, joinTokenPublicKey } from "../../trust/naming/join-token.ts";
import { parseKeyPin } from "../../trust/naming/key-pin.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { toPeerName } from "../../trust/naming/peer-name.ts";

export interface CreateTokenOptions {
  /** The name that the client will have. */
  readonly peer: string;
  /** `HOST:PORT` of the server, as clients reach it; up to eight, the first is tried first. */
  readonly servers: readonly string[];
  readonly serverPin: KeyPin;
  /** How long it is good for, from a second to 90 days; default 1 hour. */
  readonly forMs?: number;
  /** The network the client must come from, as CIDR. */
  readonly from?: string;
  /** Retires the keys that have the name when the token is used. */
  readonly replace?: boolean;
  /** Groups that the client comes into as it joins, up to 16; the first member makes a group. */
  readonly groups?: readonly string[];
}

export interface Invitation {
  /** Lets one client in. */
  readonly token: JoinToken;
  /** Recognises that client, and lets nobody in. */
  readonly kept: CreateTokenChange["token"];
}

const HOUR_MS = 3600 * 1000;
/** A token is good for no longer. */
export const MOST_TOKEN_DAYS = 90;

const RULES: OptionRules<CreateTokenOptions> = {
  peer: TEXT,
  servers: { mustBe: "a list of HOST:PORT", allows: (value) => Array.isArray(value) },
  serverPin: TEXT,
  forMs: ANYTHING,
  from: TEXT,
  replace: BOOLEAN,
  groups: { mustBe: "a list of groups' names", allows: isListOfTexts },
};

/** A token and what the store keeps of it. Throws ERR_HANDCLASP_NAME and ERR_HANDCLASP_OPTION. */
export function invite(options: CreateTokenOptions, at: number): Invitation {
  checkOptions("a join token", options, RULES, ["peer", "servers", "serverPin"]);
  const { servers, serverPin, forMs = HOUR_MS, from = null, replace = false, groups = [] } = options;
  const name = toPeerName(options.peer);
  if (!name.ok) {
    throw new HandclaspError("ERR_HANDCLASP_NAME", `this cannot be a peer's name: ${name.problem}`);
  }
  if (from !== null && parseIpNetwork(from) === undefined) {
    throw unusable(`"${from}" is no IP network`, "write it like 192.0.2.0/24 or 2001:db8::/32");
  }
  if (parseKeyPin(serverPin) === undefined) {
    throw unusable(
      `"${serverPin}" is no pin`,
      "sha256: and 44 characters, as the server's ready line has it",
    );
  }
  if (!(forMs >= 1000 && forMs <= MOST_TOKEN_DAYS * 24 * HOUR_MS)) {
    throw unusable(
      `a token cannot be good for ${forMs / 1000} s`,
      `from a second to ${MOST_TOKEN_DAYS} days (${MOST_TOKEN_DAYS}d)`,
    );
  }
  const peer = name.name;
  const expires = Math.floor((at + forMs) / 1000) * 1000;
  const token = createJoinToken({ peer, servers, serverPin, expires });
  const publicKey = joinTokenPublicKey(token);
  return { token, kept: { id: token.id, publicKey, peer, serverPin, from, replace, groups, expires } };
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function unusable(problem: string, hint: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", problem, { hint });
}
