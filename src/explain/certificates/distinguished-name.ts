import { escapeText } from "../../trust/naming/peer-name.ts";
import { DerReader, TAG, toOid } from "../../x509/der/der.ts";

/** RFC 4514 §3, and those that certificates have beside. */
const TYPES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "street",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

const BMP_STRING = 0x1e;
const UNIVERSAL_STRING = 0x1c;

/** One attribute of a name, its value escaped. */
export interface NameAttribute {
  /** `CN`, or an OID. */
  readonly type: string;
  readonly value: string;
}

/** The attributes of a DER Name (RFC 5280 §4.1.2.4) in its own order; as far as they can be read. */
export function nameAttributes(name: Uint8Array): readonly NameAttribute[] {
  const found: NameAttribute[] = [];
  try {
    const rdns = new DerReader(name, "name").inside(TAG.SEQUENCE, "rdns");
    while (!rdns.isEmpty) {
      const rdn = rdns.inside(TAG.SET, "rdn");
      while (!rdn.isEmpty) {
        const attribute = rdn.inside(TAG.SEQUENCE, "attribute");
        const oid = toOid(attribute.content(TAG.OID, "type"));
        const { tag, content } = attribute.next("value");
        found.push({ type: TYPES[oid] ?? oid, value: escapeText(decode(tag, content)) });
      }
    }
  } catch {
    // What was read up to there is worth more than nothing.
  }
  return found;
}

/** More than any name has that means something to people. */
const MOST_ATTRIBUTES = 12;

/** `CN=anna, O=Lab`, fit to be shown. */
export function nameText(name: Uint8Array): string {
  const attributes = nameAttributes(name);
  const shown = attributes.slice(0, MOST_ATTRIBUTES).map(({ type, value }) => `${type}=${value}`);
  return (attributes.length > MOST_ATTRIBUTES ? [...shown, "…"] : shown).join(", ");
}

/** Whatever the bytes can mean: it is for people, and decides nothing. */
function decode(tag: number, content: Uint8Array): string {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  if (tag === BMP_STRING || tag === UNIVERSAL_STRING) return decodeUnits(bytes, tag === BMP_STRING ? 2 : 4);
  const text = bytes.toString("utf8");
  return text.includes("\uFFFD") ? bytes.toString("latin1") : text;
}

function decodeUnits(bytes: Buffer, size: 2 | 4): string {
  let text = "";
  for (let at = 0; at + size <= bytes.length; at += size) {
    const unit = size === 2 ? bytes.readUInt16BE(at) : bytes.readUInt32BE(at);
    text += unit > 0x10ffff ? "\uFFFD" : String.fromCodePoint(unit);
  }
  return text;
}
