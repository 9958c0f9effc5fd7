import { HandclaspError } from "../../errors.ts";

/** How many of something. Throws ERR_HANDCLASP_OPTION. */
export function parseCount(text: string): number {
  const number = Number(text);
  if (/^\d{1,9}$/.test(text) && number > 0) return number;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", "It must be a whole number above 0.");
}
