import canonicalize from "canonicalize";

/** Plain data as text that says the same for everybody, in RFC 8785 form; bytes are not for it. */
export function toCanonicalText(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("this cannot be written as JSON");
  return text;
}
