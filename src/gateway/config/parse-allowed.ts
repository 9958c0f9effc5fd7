import { meant } from "../../check-options.ts";
import { HandclaspError } from "../../errors.ts";
import { toPeerName } from "../../trust/naming/peer-name.ts";

/** What stands before the name of a group in a list. */
export const GROUP_PREFIX = "group:";

/** One of a list of who may come in: a peer's name, or `group:NAME`. Throws ERR_HANDCLASP_OPTION. */
export function parseAllowed(text: string): string {
  const isGroup = text.startsWith(GROUP_PREFIX);
  const name = isGroup ? text.slice(GROUP_PREFIX.length) : text;
  const result = toPeerName(name);
  // The name of a peer that claims none is its key id, which no certificate may claim.
  if (!result.ok && !result.problem.includes("key id")) throw refuse(`no name can be so: ${result.problem}`);
  if (isGroup) return text;
  // A name may have a colon in it, so only what was meant for the word is refused.
  const [, word = "", rest = ""] = /^(\w+) *:(.*)$/s.exec(text) ?? [];
  if (word !== "" && meant(word, ["group"]) !== "")
    throw refuse(
      `did you mean ${GROUP_PREFIX}${rest.trim()}? ${JSON.stringify(text)} would be a peer's name`,
    );
  return text;
}

function refuse(message: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", message);
}
