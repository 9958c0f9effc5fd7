import { InvalidArgumentError } from "commander";
import { reasonOf } from "../../errors.ts";
import { hintText } from "../terminal/hint-text.ts";

/** Turns what a parser throws into wrong usage. */
export function asArgument<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(describeUsage(error));
    }
  };
}

/** What was thrown and what to do about it, on two lines, as `printError` has them. */
export function describeUsage(error: unknown): string {
  const message = reasonOf(error);
  const hint = hintText(error);
  return hint === undefined ? message : `${message}\nhint: ${hint}`;
}
