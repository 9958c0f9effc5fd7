import { ANY_PEER, ANYONE } from "../../trust/naming/list-words.ts";
import type { ListenerConfig, PathRule } from "../config/config.ts";
import { letsInStrangers } from "../config/parse-allowed.ts";

/** Whom a listener lets through its handshake, as lists. */
export interface Welcome {
  /** Of trusted peers, and of clients without a certificate. */
  readonly known: readonly string[];
  /** Of those who would be peers by coming in. */
  readonly newcomers: readonly string[];
}

/** What decides about a request: lists of which its client has to be in each. */
export interface RequestRule {
  readonly path: string;
  /** The list of the path itself; undefined where no rule speaks of it. */
  readonly own: readonly string[] | undefined;
  /** The list of the listener, where the handshake did not ask for it. */
  readonly listeners: readonly string[] | undefined;
}

/** What a configuration says of who may ask for what. */
export type RequestLists = Pick<ListenerConfig, "allow" | "paths">;

/** One list for all, which is looked up by what it is. */
const EVERY_PEER: readonly string[] = [ANY_PEER];
const EVERYBODY: readonly string[] = [ANYONE];

/** Where strangers may have some path, everybody comes in who could ask for it, and requests are judged. */
export function welcomeOf({ allow, paths, clientCertificate }: RequestLists & Asks): Welcome {
  const newcomers = allow ?? (clientCertificate === "required" || isOpened(paths) ? EVERY_PEER : EVERYBODY);
  return { known: isOpened(paths) ? EVERYBODY : newcomers, newcomers };
}

type Asks = Pick<ListenerConfig, "clientCertificate">;

/** The rules for requests, and the one for all that no path's speaks of, where there has to be one. */
export function requestRules({ allow, paths }: RequestLists): {
  readonly rules: readonly RequestRule[];
  readonly rest: RequestRule | undefined;
} {
  if (!isOpened(paths)) {
    return { rules: paths.map((rule) => ruleOf(rule, undefined)), rest: undefined };
  }
  const list = allow ?? EVERY_PEER;
  return {
    rules: paths.map((rule) => ruleOf(rule, letsInStrangers(rule.allow) ? undefined : list)),
    rest: { path: "/", own: undefined, listeners: list },
  };
}

function ruleOf({ path, allow: own }: PathRule, listeners: RequestRule["listeners"]): RequestRule {
  return { path, own, listeners };
}

function isOpened(paths: readonly PathRule[]): boolean {
  return paths.some(({ allow }) => letsInStrangers(allow));
}
