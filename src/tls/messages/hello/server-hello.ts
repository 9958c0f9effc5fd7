import { ByteReader } from "../../../bytes/byte-reader.ts";
import { EXTENSION_TYPE } from "../../code-points/code-points-extensions.ts";
import { parseSelectedAlpn } from "../extensions/alpn.ts";
import { parseByteCodes } from "../parts/code-point-list.ts";
import { type Extension, parseOptionalExtensions } from "../parts/extension.ts";
import { type KeyShare, parseKeyShare } from "../extensions/key-share.ts";
import { parseOpaque } from "../parts/opaque.ts";
import { parseSessionId } from "../parts/session-id.ts";

/** What a ServerHello's extensions say; a field is there when the extension is. */
export interface ServerHelloExtensions {
  /** RFC 8446 §4.2.1. */
  readonly supportedVersion?: number;
  readonly keyShare?: KeyShare;
  /** In a HelloRetryRequest: the group that the client is to send a share for. RFC 8446 §4.2.8. */
  readonly selectedGroup?: number;
  /** Which of the client's keys, from 0. RFC 8446 §4.2.11. */
  readonly selectedIdentity?: number;
  /** RFC 8446 §4.2.2. */
  readonly cookie?: Uint8Array;
  /** TLS 1.2; in TLS 1.3 it is in EncryptedExtensions. RFC 7301 §3.1. */
  readonly alpnProtocol?: string;
  /** The server used the name. RFC 6066 §3. */
  readonly serverNameAcknowledged?: true;
  /** A NewSessionTicket will follow. RFC 5077 §3.2. */
  readonly sessionTicket?: true;
  /** RFC 7627 §5.1. */
  readonly extendedMasterSecret?: true;
  /** RFC 7366 §2. */
  readonly encryptThenMac?: true;
  /** A CertificateStatus will follow. RFC 6066 §8. */
  readonly statusRequest?: true;
  /** Both sides' last verify_data, empty in a first handshake. RFC 5746 §3.2. */
  readonly renegotiationInfo?: Uint8Array;
  /** RFC 8449 §4. */
  readonly recordSizeLimit?: number;
  /** RFC 8422 §5.1.2. */
  readonly ecPointFormats?: readonly number[];
  /** What the two Certificate messages will hold; TLS 1.2, in TLS 1.3 it is in EncryptedExtensions. RFC 7250 §3. */
  readonly clientCertificateType?: number;
  readonly serverCertificateType?: number;
}

/** RFC 8446 §4.1.3, RFC 5246 §7.4.1.3. */
export interface ServerHello extends ServerHelloExtensions {
  readonly isHelloRetryRequest: boolean;
  /** The version that was chosen, whichever field tells. */
  readonly version: number;
  readonly legacyVersion: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
  readonly compressionMethod: number;
  /** All of them, as sent and in that order. */
  readonly extensions: readonly Extension[];
}

/** SHA-256 of "HelloRetryRequest", the random that makes a ServerHello one. RFC 8446 §4.1.3. */
export const HELLO_RETRY_REQUEST_RANDOM: Uint8Array = Uint8Array.from([
  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2,
  0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
]);

/** RFC 8446 §4.1.3, RFC 5246 §7.4.1.3. */
export function parseServerHello(body: Uint8Array): ServerHello {
  const message = new ByteReader(body, "server_hello");
  const legacyVersion = message.uint16("legacy_version");
  const random = message.bytes(32, "random");
  const isHelloRetryRequest = random.every((byte, index) => byte === HELLO_RETRY_REQUEST_RANDOM[index]);
  const sessionId = parseSessionId(message);
  const cipherSuite = message.uint16("cipher_suite");
  const compressionMethod = message.uint8("legacy_compression_method");
  const known: Known = {};
  const extensions = parseOptionalExtensions(message, legacyVersion, (type, extension) =>
    parseServerHelloExtension(type, extension, isHelloRetryRequest, known),
  );
  message.end();
  const version = known.supportedVersion ?? legacyVersion;
  const fields = { legacyVersion, random, sessionId, cipherSuite, compressionMethod, extensions };
  return { isHelloRetryRequest, version, ...fields, ...known };
}

type Known = { -readonly [Name in keyof ServerHelloExtensions]: ServerHelloExtensions[Name] };

function parseServerHelloExtension(type: number, body: ByteReader, isRetry: boolean, known: Known): boolean {
  switch (type) {
    case EXTENSION_TYPE.supported_versions:
      known.supportedVersion = body.uint16("selected_version");
      return true;
    case EXTENSION_TYPE.key_share:
      if (isRetry) known.selectedGroup = body.uint16("selected_group");
      else known.keyShare = parseKeyShare(body);
      return true;
    case EXTENSION_TYPE.pre_shared_key:
      known.selectedIdentity = body.uint16("selected_identity");
      return true;
    case EXTENSION_TYPE.cookie:
      known.cookie = parseOpaque(body, 2, "cookie");
      return true;
    case EXTENSION_TYPE.application_layer_protocol_negotiation:
      known.alpnProtocol = parseSelectedAlpn(body);
      return true;
    case EXTENSION_TYPE.server_name:
      known.serverNameAcknowledged = true;
      return true;
    case EXTENSION_TYPE.session_ticket:
      known.sessionTicket = true;
      return true;
    case EXTENSION_TYPE.extended_master_secret:
      known.extendedMasterSecret = true;
      return true;
    case EXTENSION_TYPE.encrypt_then_mac:
      known.encryptThenMac = true;
      return true;
    case EXTENSION_TYPE.status_request:
      known.statusRequest = true;
      return true;
    case EXTENSION_TYPE.renegotiation_info:
      known.renegotiationInfo = parseOpaque(body, 1, "renegotiated_connection");
      return true;
    case EXTENSION_TYPE.record_size_limit:
      known.recordSizeLimit = body.uint16("limit");
      return true;
    case EXTENSION_TYPE.ec_point_formats:
      known.ecPointFormats = parseByteCodes(body, "ec_point_format_list");
      return true;
    case EXTENSION_TYPE.client_certificate_type:
      known.clientCertificateType = body.uint8("client_certificate_type");
      return true;
    case EXTENSION_TYPE.server_certificate_type:
      known.serverCertificateType = body.uint8("server_certificate_type");
      return true;
    default:
      return false;
  }
}
