import { parseDuration, parseTimeout } from "../../duration.ts";
import { HandclaspError } from "../../errors.ts";
import { parseIpNetwork } from "../../trust/network/ip-network.ts";
import { parseCount } from "./parse-count.ts";
import { parseSize } from "./parse-size.ts";
import type { Reader } from "./setting.ts";

/** One of a few words. */
export function words<const Word extends string>(...list: readonly Word[]): Reader<Word> {
  return { kind: "words", words: list, read: (written) => wordOf(list, written) };
}

/** The same of each in a list. */
export function wordIn<const Word extends string>(...list: readonly Word[]): (written: string) => Word {
  return (written) => wordOf(list, written);
}

function wordOf<Word extends string>(list: readonly Word[], written: string): Word {
  const word = list.find((each) => each === written);
  if (word === undefined) throw refuse(`Allowed choices are ${list.join(", ")}.`);
  return word;
}

const TLS_VERSIONS = ["1.2", "1.3"] as const;

export const tlsVersion: Reader<"TLSv1.2" | "TLSv1.3"> = {
  kind: "words",
  words: TLS_VERSIONS,
  read: (written) => `TLSv${wordOf(TLS_VERSIONS, written)}`,
};

/** A text that stands for its value. */
export function text<T>(read: (text: string) => T): Reader<T> {
  return { kind: "text", read };
}

/** Milliseconds, as all of these. */
export const timeout: Reader<number> = text(parseTimeout);
/** 0 is no limit. */
export const timeoutOrNone: Reader<number> = text((written) => (written === "0" ? 0 : parseTimeout(written)));
export const ageOrNone: Reader<number> = text((written) => (written === "0" ? 0 : parseDuration(written)));

/** Bytes; 0 is no limit. */
export const sizeOrNone: Reader<number> = text((written) => (written === "0" ? 0 : parseSize(written)));

/** A text that is its value, and is not empty. */
export const name: Reader<string> = { kind: "name", read: (written) => written };
export const flag: Reader<boolean> = { kind: "flag", read: () => true };
export const count: Reader<number> = { kind: "count", read: parseCount };
export const countOrAuto: Reader<number | "auto"> = {
  kind: "count-or-auto",
  read: (written) => (written === "auto" ? written : parseCount(written)),
};

/** A list: in options with commas, and given again. `empty` is what they say for one without items, where that is said. */
export function listOf<T>(item: (text: string) => T, empty?: string): Reader<readonly T[]> {
  const read = (all: string): readonly T[] =>
    all === empty ? [] : all.split(",").map((each) => item(each.trim()));
  return { kind: "list", item, read };
}

/** An IP network in CIDR notation, as it is written. */
export function parseNetwork(written: string): string {
  if (parseIpNetwork(written) !== undefined) return written;
  throw refuse(`"${written}" is no IP network: write 192.0.2.0/24 or 2001:db8::/32`);
}

/** RFC 7301 §3.1 has any bytes; the registered names are these. */
export function parseProtocol(written: string): string {
  if (/^[!-~]{1,255}$/.test(written)) return written;
  throw refuse(`no protocol of ALPN is called ${JSON.stringify(written)}`);
}

function refuse(message: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", message);
}
