import { HandclaspError } from "../../errors.ts";
import { isHex, parseKeyPin } from "../../trust/naming/key-pin.ts";

/**
 * Reads a value that came as JSON, from whomever: by what it says alone, and never by how deep, how long or of which runtime it
 * is. What is read takes the place of what was given, which is of no use afterwards.
 */
export type Shape = (given: unknown) => unknown;

/** Marks what may be left out. */
interface Optional {
  readonly optional: Shape;
}

/** Reads what is called `root`. Throws ERR_HANDCLASP_MALFORMED for what is not of this shape, and says what of it. */
export function readAs(shape: Shape, given: unknown, root: string): unknown {
  try {
    return shape(given);
  } catch (error) {
    if (!(error instanceof Misshapen)) throw error;
    throw new HandclaspError("ERR_HANDCLASP_MALFORMED", `${root}${error.where} must be ${error.mustBe}`);
  }
}

export function optional(shape: Shape): Optional {
  return { optional: shape };
}

export const none: Shape = (value) => (value === null ? null : misshapen("null"));

export function nullable(shape: Shape): Shape {
  return (value) => (value === null ? null : shape(value));
}

/** Text that reads the same after it was written down: without U+0000, and without half of a surrogate pair. */
export function text(most: number): Shape {
  return (value) =>
    typeof value === "string" && value.length <= most && value.isWellFormed() && !value.includes("\0")
      ? value
      : misshapen(`text of up to ${most} characters`);
}

/** Text in which a terminal acts on nothing; not empty. */
export function line(most: number): Shape {
  const read = text(most);
  return (value) => {
    const given = read(value) as string;
    return given === "" || CONTROL.test(given) ? misshapen("one line of text") : given;
  };
}

// oxlint-disable-next-line no-control-regex -- what a terminal acts on has no place in a name.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

export function oneOf(...words: readonly string[]): Shape {
  return (value) =>
    typeof value === "string" && words.includes(value) ? value : misshapen(`one of ${words.join(", ")}`);
}

/** Lower-case hex. */
export function hex(digits: number): Shape {
  return (value) =>
    typeof value === "string" && value.length === digits && isHex(value)
      ? value
      : misshapen(`${digits} hex digits`);
}

export const pin: Shape = (value) =>
  (typeof value === "string" ? parseKeyPin(value) : undefined) ?? misshapen("a pin");

export const bool: Shape = (value) => (typeof value === "boolean" ? value : misshapen("true or false"));

/** A whole number that numbers hold exactly. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Shape {
  return (value) =>
    Number.isSafeInteger(value) &&
    (value as number) >= least &&
    (value as number) <= most &&
    !Object.is(value, -0)
      ? value
      : misshapen(`a whole number from ${least} to ${most}`);
}

/** Milliseconds since the epoch, up to the year 9999, as `toMoment` takes them. */
export const moment: Shape = whole(0, 253_402_300_799_999);

export const finite: Shape = (value) =>
  typeof value === "number" && Number.isFinite(value) ? value : misshapen("a number");

/** Bytes come as an object with the one name `base64`. */
export function bytes(most: number): Shape {
  const read = object({ base64: text(Math.ceil(most / 3) * 4) });
  return (value) => {
    const { base64 } = read(value) as { readonly base64: string };
    const decoded = Buffer.from(base64, "base64");
    return decoded.toString("base64") === base64 ? decoded : misshapen("base64");
  };
}

export function list(shape: Shape, most: number): Shape {
  return (value) => {
    if (!Array.isArray(value) || value.length > most) return misshapen(`a list of up to ${most}`);
    let at = 0;
    try {
      for (; at < value.length; at++) value[at] = shape(value[at]);
      return value;
    } catch (error) {
      throw within(`[${at}]`, error);
    }
  };
}

/** Facts by name. */
export const facts: Shape = (value) => {
  const given = plain(value);
  const names = Object.keys(given);
  if (names.length > MOST_FACTS) misshapen(`up to ${MOST_FACTS} facts`);
  for (const name of names) {
    if (!/^[a-zA-Z]{1,40}$/.test(name)) misshapen("facts by name");
    readFields(given, [{ name, shape: FACT, isOptional: false }]);
  }
  return given;
};

const MOST_FACTS = 20;
const FACT = text(10_000);

/** An object with these names and no others: whoever knew another one would carry it out otherwise. */
export function object(shapes: Readonly<Record<string, Shape | Optional>>): Shape {
  const fields = fieldsOf(shapes);
  const names = new Set(Object.keys(shapes));
  const mustKnow = (given: object): void => {
    const other = Object.keys(given).find((name) => !names.has(name));
    if (other !== undefined) misshapen(`without ${JSON.stringify(other.slice(0, 40))}`);
  };
  return (value) => {
    const given = plain(value);
    if (readFields(given, fields, mustKnow) !== Object.keys(given).length) mustKnow(given);
    return given;
  };
}

/** An object of which these names count. */
export function some(shapes: Readonly<Record<string, Shape | Optional>>): Shape {
  const fields = fieldsOf(shapes);
  return (value) => {
    const given = plain(value);
    readFields(given, fields);
    return Object.fromEntries(
      fields.map(({ name }) => [name, given[name]]).filter(([, field]) => field !== undefined),
    );
  };
}

/** What one field says decides which others there are. */
export function oneOfKinds(name: string, kinds: ReadonlyMap<string, Shape>): Shape {
  return (value) => {
    const kind = plain(value)[name];
    const shape = typeof kind === "string" ? kinds.get(kind) : undefined;
    if (shape !== undefined) return shape(value);
    throw within(`.${name}`, new Misshapen("one that these rules know"));
  };
}

interface Field {
  /** None that every object has. */
  readonly name: string;
  readonly shape: Shape;
  readonly isOptional: boolean;
}

function fieldsOf(shapes: Readonly<Record<string, Shape | Optional>>): readonly Field[] {
  return Object.entries(shapes).map(([name, shape]) =>
    typeof shape === "function"
      ? { name, shape, isOptional: false }
      : { name, shape: shape.optional, isOptional: true },
  );
}

/** Each in its place; says how many there are. Whatever else is wrong with the object is said before what is in it. */
function readFields(
  given: Record<string, unknown>,
  fields: readonly Field[],
  mustBeWhole?: (given: object) => void,
): number {
  let at = 0;
  let many = 0;
  try {
    for (; at < fields.length; at++) {
      const { name, shape, isOptional } = fields[at] as Field;
      const field = given[name];
      if (field === undefined && isOptional) continue;
      const read = shape(field);
      if (read !== field) given[name] = read;
      many++;
    }
    return many;
  } catch (error) {
    mustBeWhole?.(given);
    throw within(`.${fields[at]?.name}`, error);
  }
}

function plain(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  return misshapen("an object");
}

/** What is said of a value that is not as it must be; where that is comes on the way out. */
class Misshapen extends Error {
  readonly mustBe: string;
  where = "";

  constructor(mustBe: string) {
    super(mustBe);
    this.mustBe = mustBe;
  }
}

function misshapen(mustBe: string): never {
  throw new Misshapen(mustBe);
}

function within(step: string, error: unknown): unknown {
  if (error instanceof Misshapen) error.where = step + error.where;
  return error;
}
