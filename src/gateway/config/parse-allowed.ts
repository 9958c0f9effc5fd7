import { meant } from "../../check-options.ts";
import { HandclaspError } from "../../errors.ts";
import {
  ANY_PEER,
  ANYONE,
  GROUP_PREFIX,
  isListWord,
  NAME_PREFIX,
  NETWORK_PREFIX,
} from "../../trust/naming/list-words.ts";
import { toPeerName } from "../../trust/naming/peer-name.ts";
import { parseNetwork } from "./readers.ts";

/** One of a list of who may come in, as it is meant. */
type Allowed =
  | { readonly kind: "anyone" | "any-peer" }
  | { readonly kind: "network" | "group" | "name"; readonly text: string };

/** What an entry of a list means that `parseAllowed` took. */
export function readAllowed(entry: string): Allowed {
  if (entry === ANYONE || entry === ANY_PEER) return { kind: entry };
  if (entry.startsWith(NETWORK_PREFIX)) return { kind: "network", text: entry.slice(NETWORK_PREFIX.length) };
  if (entry.startsWith(GROUP_PREFIX)) return { kind: "group", text: entry.slice(GROUP_PREFIX.length) };
  if (entry.startsWith(NAME_PREFIX)) return { kind: "name", text: entry.slice(NAME_PREFIX.length) };
  return { kind: "name", text: entry };
}

/** Whether a list may let in who shows no certificate. */
export function letsInStrangers(allow: readonly string[]): boolean {
  return allow.some((entry) => ["anyone", "network"].includes(readAllowed(entry).kind));
}

/**
 * One of a list of who may come in: a peer's name, `name:NAME`, `group:NAME`, `any-peer`, `anyone` or `network:CIDR`.
 * Throws ERR_HANDCLASP_OPTION.
 */
export function parseAllowed(text: string): string {
  const allowed = readAllowed(text);
  if (!("text" in allowed)) return text;
  if (allowed.kind === "network") {
    parseNetwork(allowed.text);
    return text;
  }
  const result = toPeerName(allowed.text);
  // The name of a peer that claims none is its key id, which no certificate may claim.
  if (!result.ok && !result.problem.includes("key id")) throw refuse(`no name can be so: ${result.problem}`);
  if (allowed.text !== text) return text;
  const word = meantWord(text, result.ok ? result.key : "");
  if (word === undefined) return text;
  throw refuse(
    `did you mean ${word}? ${JSON.stringify(text)} would be a peer's name: a peer that is called so is ${NAME_PREFIX}${text}`,
  );
}

/** The word that was meant by what would be a name; a name may have a colon in it. */
function meantWord(text: string, nameKey: string): string | undefined {
  const [, before = "", rest = ""] = /^([^:]*):(.*)$/s.exec(isListWord(nameKey) ? nameKey : text) ?? [];
  const given = before.trim().toLowerCase();
  // Many names may be one letter away from such a short word.
  if (given === "name") return `${NAME_PREFIX}${rest.trim()}`;
  const prefix = [GROUP_PREFIX, NETWORK_PREFIX].find((one) => meant(given, [one.slice(0, -1)]) !== "");
  if (prefix !== undefined) return `${prefix}${rest.trim()}`;
  return [ANYONE, ANY_PEER].find((word) => nameKey.replaceAll(/[^a-z]/g, "") === word.replace("-", ""));
}

function refuse(message: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", message);
}
