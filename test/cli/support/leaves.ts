import type { Command } from "commander";

/** A verb that does something, with what leads to it. */
export interface Leaf {
  readonly path: readonly string[];
  readonly command: Command;
}

/** All verbs below one that do something. */
export function leavesOf(command: Command, path: readonly string[] = []): readonly Leaf[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((inner) => leavesOf(inner, [...path, inner.name()]));
}
