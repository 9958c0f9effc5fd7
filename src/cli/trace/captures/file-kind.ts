import { HandclaspError } from "../../../errors.ts";
import { isPcapMagic } from "../../../capture/pcap/pcap.ts";
import { BLOCK } from "../../../capture/pcap/pcapng-blocks.ts";

/** How many bytes from the front tell what a file is; far fewer tell a capture. */
export const KIND_BYTES = 512;

export type FileKind = "capture" | "gzip" | "zstd";

/** What a file that is not read begins with, in Latin-1, what it is, and what to do about it. */
type Other = readonly [start: string, name: string, hint?: (file: string) => string];

const unpack = (command: string) => (file: string) => `${command} ${file} | handclasp trace read -`;
const convert = (file: string): string =>
  `Wireshark's editcap reads it: editcap -F pcapng ${file} - | handclasp trace read -`;
const OTHERS: readonly Other[] = [
  ["\xfd7zXZ\0", "compressed by xz", unpack("xz -dc")],
  ["\x04\x22\x4d\x18", "compressed by lz4", unpack("lz4 -dc")],
  ["\x02\x21\x4c\x18", "compressed by lz4", unpack("lz4 -dc")],
  ["BZh", "compressed by bzip2", unpack("bzip2 -dc")],
  ["\x5d\0\0", "compressed by lzma", unpack("xz -dc --format=lzma")],
  ["LZIP", "compressed by lzip", unpack("lzip -dc")],
  ["\x1f\x9d", "compressed by compress", unpack("gzip -dc")],
  ["\x1f\x8b", "compressed twice", unpack("gzip -dc")],
  ["\x28\xb5\x2f\xfd", "compressed twice", unpack("zstd -dc")],
  ["PK\x03\x04", "a ZIP archive", unpack("unzip -p")],
  ["7z\xbc\xaf\x27\x1c", "a 7-Zip archive", unpack("7z x -so")],
  ["\xa1\xb2\xcd\x34", "a modified pcap file", convert],
  ["\x34\xcd\xb2\xa1", "a modified pcap file", convert],
  ["snoop\0\0\0", "a snoop file", convert],
  ["btsnoop\0", "a btsnoop file", convert],
  ["GMBU", "a Microsoft Network Monitor file", convert],
  ["RTSS", "a Microsoft Network Monitor file", convert],
  ["XCP\0", "a NetXray file", convert],
  ["TRSNIFF data", "a Sniffer file", convert],
  ["iptrace ", "an iptrace file", convert],
  ["-----BEGIN ", "a PEM file"],
  ["\x7fELF", "a program"],
  ["%PDF", "a PDF"],
  ["SQLite format 3\0", "a SQLite database"],
  ["<", "XML or HTML"],
  ["{", "JSON"],
  ["[", "JSON"],
];

/** A label of SSLKEYLOGFILE and the client's random behind it. RFC 9850 §2. */
const KEY_LOG = /^(?:(?:#[^\n]*)?\r?\n)*[A-Z0-9_]{3,64} [0-9a-f]{8}/i;
const TEXT = /^[\t\n\r\x20-\x7e]+$/;

/** Tells by its first bytes what a file is. Throws what `requireCapture` throws for one that is nothing we read. */
export function recogniseFile(file: string, start: Uint8Array): FileKind {
  const text = toLatin1(start);
  if (text.startsWith("\x1f\x8b")) return "gzip";
  if (text.startsWith("\x28\xb5\x2f\xfd")) return "zstd";
  // A frame to be skipped may come first: 0x184D2A50 to 0x184D2A5F. RFC 8878 §3.1.2.
  if (/^[P-_]/.test(text) && text.startsWith("*M\x18", 1)) return "zstd";
  requireCapture(file, start);
  return "capture";
}

/** Throws ERR_HANDCLASP_MALFORMED unless these are the first bytes of a capture, and names what they are if that is known. */
export function requireCapture(file: string, start: Uint8Array): void {
  if (start.length >= 4) {
    const magic = new DataView(start.buffer, start.byteOffset, start.length).getUint32(0);
    if (isPcapMagic(magic) || magic === BLOCK.sectionHeader) return;
  }
  const text = toLatin1(start);
  const [, name, hint] = OTHERS.find(([begin]) => text.startsWith(begin)) ?? describeOther(text);
  const said = hint?.(file !== "stdin" && /^[\w./-]+$/.test(file) ? file : "FILE");
  throw new HandclaspError(
    "ERR_HANDCLASP_MALFORMED",
    `${file} is ${name}, neither a pcap nor a pcapng file`,
    said === undefined ? {} : { hint: said },
  );
}

function describeOther(text: string): Other {
  if (text.length < 4) return [text, text === "" ? "empty (0 bytes)" : `only ${text.length} bytes long`];
  if (KEY_LOG.test(text)) return [text, "a key log", () => "give it as --keylog FILE, beside a capture"];
  if (text.slice(257, 262) === "ustar") return [text, "a tar archive", unpack("tar -xOf")];
  return [text, TEXT.test(text) ? "text" : "of a kind that is not known"];
}

function toLatin1(start: Uint8Array): string {
  return Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, KIND_BYTES)).toString("latin1");
}
