import { InvalidArgumentError } from "commander";

/** How many of something, as an option's value. */
export function parseCount(text: string): number {
  const number = Number(text);
  if (/^\d{1,9}$/.test(text) && number > 0) return number;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}
