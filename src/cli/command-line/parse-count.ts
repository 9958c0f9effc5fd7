import { parseCount as parse } from "../../gateway/config/parse-count.ts";
import { asArgument } from "./as-argument.ts";

/** How many of something, as an option's value. */
export const parseCount: (text: string) => number = asArgument(parse);
