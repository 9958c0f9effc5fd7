import { HandclaspError } from "../../errors.ts";
import { parseKeyPin } from "../../trust/naming/key-pin.ts";

/**
 * Reads a value that came as JSON, from whomever. Throws ERR_HANDCLASP_MALFORMED for what is not of this shape: by what it
 * says alone, and never by how deep, how long or of which runtime it is.
 */
export type Shape = (value: unknown, where: string) => unknown;

/** Marks what may be left out. */
interface Optional {
  readonly optional: Shape;
}

export function optional(shape: Shape): Optional {
  return { optional: shape };
}

export const none: Shape = (value, where) => (value === null ? null : misshapen(where, "null"));

export function nullable(shape: Shape): Shape {
  return (value, where) => (value === null ? null : shape(value, where));
}

/** Text that reads the same after it was written down: without U+0000, and without half of a surrogate pair. */
export function text(most: number): Shape {
  return (value, where) =>
    typeof value === "string" && value.length <= most && value.isWellFormed() && !value.includes("\0")
      ? value
      : misshapen(where, `text of up to ${most} characters`);
}

/** Text in which a terminal acts on nothing; not empty. */
export function line(most: number): Shape {
  const read = text(most);
  return (value, where) => {
    const given = read(value, where) as string;
    return given === "" || CONTROL.test(given) ? misshapen(where, "one line of text") : given;
  };
}

// oxlint-disable-next-line no-control-regex -- what a terminal acts on has no place in a name.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

export function oneOf(...words: readonly string[]): Shape {
  return (value, where) =>
    typeof value === "string" && words.includes(value)
      ? value
      : misshapen(where, `one of ${words.join(", ")}`);
}

/** Lower-case hex. */
export function hex(digits: number): Shape {
  const all = new RegExp(`^[0-9a-f]{${digits}}$`);
  return (value, where) =>
    typeof value === "string" && all.test(value) ? value : misshapen(where, `${digits} hex digits`);
}

export const pin: Shape = (value, where) =>
  (typeof value === "string" ? parseKeyPin(value) : undefined) ?? misshapen(where, "a pin");

export const bool: Shape = (value, where) =>
  typeof value === "boolean" ? value : misshapen(where, "true or false");

/** A whole number that numbers hold exactly. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Shape {
  return (value, where) =>
    Number.isSafeInteger(value) &&
    (value as number) >= least &&
    (value as number) <= most &&
    !Object.is(value, -0)
      ? value
      : misshapen(where, `a whole number from ${least} to ${most}`);
}

/** Milliseconds since the epoch, up to the year 9999, as `toMoment` takes them. */
export const moment: Shape = whole(0, 253_402_300_799_999);

export const finite: Shape = (value, where) =>
  typeof value === "number" && Number.isFinite(value) ? value : misshapen(where, "a number");

/** Bytes come as an object with the one name `base64`. */
export function bytes(most: number): Shape {
  const read = object({ base64: text(Math.ceil(most / 3) * 4) });
  return (value, where) => {
    const { base64 } = read(value, where) as { readonly base64: string };
    const decoded = Buffer.from(base64, "base64");
    return decoded.toString("base64") === base64 ? new Uint8Array(decoded) : misshapen(where, "base64");
  };
}

export function list(shape: Shape, most: number): Shape {
  return (value, where) =>
    Array.isArray(value) && value.length <= most
      ? value.map((one, index) => shape(one, `${where}[${index}]`))
      : misshapen(where, `a list of up to ${most}`);
}

/** Facts by name. */
export const facts: Shape = (value, where) => {
  const entries = Object.entries(plain(value, where));
  if (entries.length > MOST_FACTS) misshapen(where, `up to ${MOST_FACTS} facts`);
  return Object.fromEntries(
    entries.map(([name, fact]) => [
      /^[a-zA-Z]{1,40}$/.test(name) ? name : misshapen(where, "facts by name"),
      text(10_000)(fact, `${where}.${name}`),
    ]),
  );
};

const MOST_FACTS = 20;

/** An object with these names and no others: whoever knew another one would carry it out otherwise. */
export function object(fields: Readonly<Record<string, Shape | Optional>>): Shape {
  return fieldsOf(fields, (name, where) => misshapen(where, `without ${JSON.stringify(name.slice(0, 40))}`));
}

/** An object of which these names count. */
export function some(fields: Readonly<Record<string, Shape | Optional>>): Shape {
  return fieldsOf(fields, () => undefined);
}

/** What one field says decides which others there are. */
export function oneOfKinds(name: string, kinds: ReadonlyMap<string, Shape>): Shape {
  return (value, where) => {
    const kind = plain(value, where)[name];
    const shape = typeof kind === "string" ? kinds.get(kind) : undefined;
    return shape === undefined
      ? misshapen(`${where}.${name}`, "one that these rules know")
      : shape(value, where);
  };
}

function fieldsOf(
  fields: Readonly<Record<string, Shape | Optional>>,
  other: (name: string, where: string) => void,
): Shape {
  const shapes = Object.entries(fields);
  const names = new Set(Object.keys(fields));
  return (value, where) => {
    const given = plain(value, where);
    for (const name of Object.keys(given)) if (!names.has(name)) other(name, where);
    const read: Record<string, unknown> = {};
    for (const [name, shape] of shapes) {
      const field = Object.hasOwn(given, name) ? given[name] : undefined;
      if (typeof shape === "function") read[name] = shape(field, `${where}.${name}`);
      else if (field !== undefined) read[name] = shape.optional(field, `${where}.${name}`);
    }
    return read;
  };
}

function plain(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  return misshapen(where, "an object");
}

function misshapen(where: string, mustBe: string): never {
  throw new HandclaspError("ERR_HANDCLASP_MALFORMED", `${where} must be ${mustBe}`);
}
