import { isIPv4, isIPv6 } from "node:net";
import { HandclaspError } from "../../errors.ts";
import { formatIpAddress, parseIpAddress } from "../../trust/network/ip-network.ts";
import { crc32c } from "./crc32c.ts";
import type { ProxiedFrom } from "./proxied-address.ts";

/** A PROXY header, and how many bytes it took. */
interface ProxyHeader {
  readonly bytes: number;
  /** Undefined when the proxy speaks for itself: it says LOCAL, which version 1 has no word for (§2.2). */
  readonly from: ProxiedFrom | undefined;
}

/** The 12 bytes that version 2 begins with. */
export const SIGNATURE: Uint8Array = Uint8Array.from([
  0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
]);
/** A longest line of version 1, with its CR LF. */
const MAX_V1_BYTES = 107;
/** After the fixed part. The specification has room for 64 KiB; a certificate of usual size fits in this. */
const MAX_V2_BYTES = 16 * 1024;
const FIXED_BYTES = 16;
const TLV_CRC32C = 3;

/**
 * Reads the header of HAProxy's PROXY protocol, version 1 or 2, from the beginning of a connection; undefined when more
 * bytes are needed. Throws ERR_HANDCLASP_MALFORMED. https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt §2
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader | undefined {
  const common = Math.min(bytes.length, SIGNATURE.length);
  if (bytes.subarray(0, common).equals(SIGNATURE.subarray(0, common))) {
    return bytes.length < FIXED_BYTES ? undefined : readV2(bytes);
  }
  const beginning = bytes.subarray(0, V1.length).toString("latin1");
  if (V1.startsWith(beginning)) return beginning.length < V1.length ? undefined : readV1(bytes);
  throw malformed("this is no PROXY header");
}

const V1 = "PROXY ";

function readV1(bytes: Buffer): ProxyHeader | undefined {
  const end = bytes.subarray(0, MAX_V1_BYTES).indexOf("\r\n");
  if (end === -1) {
    if (bytes.length < MAX_V1_BYTES) return undefined;
    throw malformed("the line is too long");
  }
  const line = bytes.subarray(0, end).toString("latin1");
  const header = { bytes: end + 2 };
  // Whatever follows the word is to be ignored.
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return { ...header, from: "unknown" };
  const [, family, source = "", destination = "", ...ports] =
    /^PROXY TCP([46]) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/.exec(line) ?? [];
  const [sourcePort = Number.NaN, destinationPort = Number.NaN] = ports.map(Number);
  const isAddress = family === "4" ? isIPv4 : isIPv6;
  if (!isAddress(source) || !isAddress(destination) || source.includes("%")) throw malformed("its addresses");
  if (!(sourcePort <= 65_535 && destinationPort <= 65_535)) throw malformed("its ports");
  const addresses = { sourceAddress: respell(source), destinationAddress: respell(destination) };
  return { ...header, from: { ...addresses, sourcePort, destinationPort } };
}

/** As a socket would give it, however it was written: addresses are compared as texts from here on. */
function respell(address: string): string {
  return formatIpAddress(parseIpAddress(address) ?? []);
}

function readV2(bytes: Buffer): ProxyHeader | undefined {
  const command = bytes.readUInt8(12);
  const family = bytes.readUInt8(13);
  const length = bytes.readUInt16BE(14);
  if (command >> 4 !== 2) throw malformed(`version ${command >> 4}`);
  if ((command & 15) > 1) throw malformed(`command ${command & 15}`);
  if (family >> 4 > 3 || (family & 15) > 2) throw malformed(`family 0x${family.toString(16)}`);
  if (length > MAX_V2_BYTES) throw malformed(`${length} bytes are too many`);
  const end = FIXED_BYTES + length;
  if (bytes.length < end) return undefined;
  const header = bytes.subarray(0, end);
  const isLocal = (command & 15) === 0;
  const addressBytes = ADDRESS_BYTES[isLocal ? 0 : family >> 4] ?? 0;
  if (length < addressBytes) throw malformed("the addresses are missing");
  // With a family that is none, what is there may be anything.
  if (addressBytes > 0) checkTlvs(header, FIXED_BYTES + addressBytes);
  return { bytes: end, from: isLocal ? undefined : readAddresses(header, family) };
}

/** By family: unspecified, IPv4, IPv6, Unix. */
const ADDRESS_BYTES: readonly number[] = [0, 12, 36, 216];
const STREAM = 1;

/** A client is there even when nothing is said of where. */
function readAddresses(header: Buffer, family: number): ProxiedFrom {
  if ((family & 15) !== STREAM) return "unknown";
  switch (family >> 4) {
    case 1:
      return {
        sourceAddress: formatIpAddress([...header.subarray(16, 20)]),
        destinationAddress: formatIpAddress([...header.subarray(20, 24)]),
        sourcePort: header.readUInt16BE(24),
        destinationPort: header.readUInt16BE(26),
      };
    case 2:
      return {
        sourceAddress: formatIpAddress([...header.subarray(16, 32)]),
        destinationAddress: formatIpAddress([...header.subarray(32, 48)]),
        sourcePort: header.readUInt16BE(48),
        destinationPort: header.readUInt16BE(50),
      };
    case 3:
      return "unix";
    default:
      return "unknown";
  }
}

/** Walks what follows the addresses, and verifies the checksum if there is one (§2.2.3). */
function checkTlvs(header: Buffer, from: number): void {
  let at = from;
  while (at < header.length) {
    if (at + 3 > header.length) throw malformed("a TLV is cut off");
    const type = header.readUInt8(at);
    const length = header.readUInt16BE(at + 1);
    const value = at + 3;
    at = value + length;
    if (at > header.length) throw malformed("a TLV is cut off");
    if (type !== TLV_CRC32C) continue;
    if (length !== 4) throw malformed("the checksum is not one");
    const zeroed = Buffer.from(header);
    zeroed.fill(0, value, at);
    if (crc32c(zeroed) !== header.readUInt32BE(value)) throw malformed("the checksum is wrong");
  }
}

function malformed(problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_MALFORMED", `PROXY header: ${problem}`);
}
