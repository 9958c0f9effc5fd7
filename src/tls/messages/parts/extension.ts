import { ByteReader } from "../../../bytes/byte-reader.ts";
import { SSL_3 } from "../../code-points/code-points-version.ts";
import { EXTENSION_TYPES } from "../../code-points/code-points-extensions.ts";

/** An extension as it was sent. RFC 8446 §4.2. */
export interface Extension {
  readonly type: number;
  readonly data: Uint8Array;
}

/** Reads what it knows of an extension's body, all of it, and returns true; false for a type it does not know. */
export type ExtensionParser = (type: number, body: ByteReader) => boolean;

/**
 * The extensions up to the end of the message, none when it ends before them (RFC 5246 §7.4.1.2). A hello of SSL 3.0 may
 * have anything there (RFC 6101 §5.6.1.2): what cannot be extensions by its length is passed over.
 */
export function parseOptionalExtensions(
  message: ByteReader,
  version: number,
  parse: ExtensionParser,
): readonly Extension[] {
  if (message.isEmpty) return [];
  if (version !== SSL_3) return parseExtensions(message, parse);
  const rest = message.rest();
  const isList = rest.length >= 2 && rest.length - 2 === (((rest[0] ?? 0) << 8) | (rest[1] ?? 0));
  return isList ? parseExtensions(new ByteReader(rest, "hello"), parse) : [];
}

/** The extensions in their order; one that comes twice is malformed. RFC 8446 §4.2. */
export function parseExtensions(message: ByteReader, parse: ExtensionParser): readonly Extension[] {
  const list = message.vector(2, "extensions");
  const extensions: Extension[] = [];
  const seen = new Set<number>();
  while (!list.isEmpty) {
    const type = list.uint16("type");
    const name = EXTENSION_TYPES.name(type) ?? `extension_${type}`;
    if (seen.has(type)) throw list.malformed("is there twice", name);
    seen.add(type);
    const length = list.uint16(name);
    const start = list.offset;
    const data = list.bytes(length, name);
    const body = new ByteReader(data, name, start, list);
    if (parse(type, body)) body.end();
    extensions.push({ type, data });
  }
  return extensions;
}

/** For messages of which no extension is read any further. */
export const parseNoExtension: ExtensionParser = () => false;
