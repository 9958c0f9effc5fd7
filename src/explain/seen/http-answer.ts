/** What an HTTP server said first. */
export interface HttpAnswer {
  readonly status: number;
  /** Head and body, as far as they were kept, as Latin-1. */
  readonly text: string;
}

const FRAME_HEADER = 9;
const DATA = 0;
const HEADERS = 1;
const PADDED = 0x08;
const PRIORITY = 0x20;
/** Static entries 8 to 14: RFC 7541 §A. */
const INDEXED_STATUS: readonly number[] = [200, 204, 206, 304, 400, 404, 500];
const FIRST_STATUS = 8;
/** The codes of the digits, in bits: RFC 7541 §B. */
const DIGITS: readonly string[] = [
  "00000",
  "00001",
  "00010",
  "011001",
  "011010",
  "011011",
  "011100",
  "011101",
  "011110",
  "011111",
];

/** The status of an HTTP/1.1 or HTTP/2 answer; undefined when the bytes are none, or do not reach so far. */
export function readHttpAnswer(bytes: Uint8Array): HttpAnswer | undefined {
  const text = Buffer.from(bytes).toString("latin1");
  const [, digits] = /^HTTP\/\d(?:\.\d)? (\d{3})/.exec(text) ?? [];
  if (digits !== undefined) return { status: Number(digits), text };
  return readHttp2(bytes);
}

/** RFC 9113 §4.1, §6.2. */
function readHttp2(bytes: Uint8Array): HttpAnswer | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let status: number | undefined;
  let text = "";
  for (let at = 0; at + FRAME_HEADER <= bytes.length;) {
    const length = view.getUint16(at) * 256 + view.getUint8(at + 2);
    const type = view.getUint8(at + 3);
    const flags = view.getUint8(at + 4);
    const payload = bytes.subarray(at + FRAME_HEADER, at + FRAME_HEADER + length);
    if (at === 0 && type > CONTINUATION) return undefined;
    if (type === HEADERS) status ??= statusOf(payload, flags);
    else if (type === DATA) text += Buffer.from(payload).toString("latin1");
    at += FRAME_HEADER + length;
  }
  return status === undefined ? undefined : { status, text };
}

const CONTINUATION = 9;

/** The field `:status`, which comes first. RFC 9113 §8.3.2, RFC 7541 §6. */
function statusOf(payload: Uint8Array, flags: number): number | undefined {
  let at = ((flags & PADDED) === 0 ? 0 : 1) + ((flags & PRIORITY) === 0 ? 0 : 5);
  // A change of the table's size may come before. RFC 7541 §6.3.
  while (((payload[at] ?? 0) & 0xe0) === 0x20) at = behindInteger(payload, at);
  const first = payload[at] ?? 0;
  if (first >= 0x80) return INDEXED_STATUS[(first & 0x7f) - FIRST_STATUS];
  const index = (first & 0xc0) === 0x40 ? first & 0x3f : first & 0x0f;
  const length = payload[at + 1] ?? 0;
  if (INDEXED_STATUS[index - FIRST_STATUS] === undefined) return undefined;
  const value = payload.subarray(at + 2, at + 2 + (length & 0x7f));
  const digits = length >= 0x80 ? unfold(value) : Buffer.from(value).toString("latin1");
  return /^\d{3}$/.test(digits) ? Number(digits) : undefined;
}

/** One with a prefix of five bits: RFC 7541 §5.1. */
function behindInteger(payload: Uint8Array, at: number): number {
  let last = at;
  if (((payload[at] ?? 0) & 0x1f) === 0x1f) while ((payload[++last] ?? 0) >= 0x80);
  return last + 1;
}

/** Three digits in Huffman's code. */
function unfold(value: Uint8Array): string {
  let bits = Array.from(value, (byte) => byte.toString(2).padStart(8, "0")).join("");
  let digits = "";
  while (digits.length < 3) {
    const digit = DIGITS.findIndex((code) => bits.startsWith(code));
    const code = DIGITS[digit];
    if (code === undefined) return "";
    digits += digit;
    bits = bits.slice(code.length);
  }
  return digits;
}
