import { isHandclaspError } from "../../errors.ts";
import { flat } from "./prose.ts";
import { remediesText } from "./remedy-text.ts";

/** What can be done about an error, for people, on one line: its hint, and the commands for its remedies. */
export function hintText(error: unknown): string | undefined {
  if (!isHandclaspError(error)) return undefined;
  const { hint, remedies } = error;
  const [first] = remedies;
  if (first === undefined) return hint;
  const commands = flat(remediesText(remedies));
  if (hint === undefined) return commands;
  if (hint.includes(commands)) return hint;
  return first.when === undefined ? `${hint}: ${commands}` : `${hint}; ${commands}`;
}
