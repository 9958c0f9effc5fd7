import type { ByteReader } from "../../../bytes/byte-reader.ts";
import { EXTENSION_TYPE } from "../../code-points/code-points-extensions.ts";
import { parseAlpn } from "./alpn.ts";
import { parseCertificateAuthorities } from "./certificate-authorities.ts";
import { parseByteCodes, parseCodePoints } from "../parts/code-point-list.ts";
import { type KeyShare, parseKeyShares } from "./key-share.ts";
import { parseOpaque } from "../parts/opaque.ts";
import { type OfferedPsks, parseOfferedPsks } from "./pre-shared-key.ts";
import { parseServerName } from "./server-name.ts";
import { parseStatusRequest, type StatusRequest } from "./status-request.ts";

/** What a ClientHello's extensions say; a field is there when the extension is. */
export interface ClientHelloExtensions {
  /** One character for each byte; hostile text. RFC 6066 §3. */
  readonly serverName?: string;
  /** RFC 8446 §4.2.7, RFC 8422 §5.1.1. */
  readonly supportedGroups?: readonly number[];
  /** RFC 8446 §4.2.3. */
  readonly signatureAlgorithms?: readonly number[];
  readonly signatureAlgorithmsCert?: readonly number[];
  /** One character for each byte; hostile text. RFC 7301 §3.1. */
  readonly alpnProtocols?: readonly string[];
  /** RFC 8446 §4.2.1. */
  readonly supportedVersions?: readonly number[];
  readonly keyShares?: readonly KeyShare[];
  readonly preSharedKey?: OfferedPsks;
  /** RFC 8446 §4.2.9. */
  readonly pskKeyExchangeModes?: readonly number[];
  /** Empty when the client only says that it takes tickets. RFC 5077 §3.2. */
  readonly sessionTicket?: Uint8Array;
  /** RFC 7627 §5.1. */
  readonly extendedMasterSecret?: true;
  /** RFC 7366 §2. */
  readonly encryptThenMac?: true;
  /** RFC 8446 §4.2.2. */
  readonly cookie?: Uint8Array;
  /** Distinguished names, each as DER. */
  readonly certificateAuthorities?: readonly Uint8Array[];
  /** RFC 8446 §4.2.10. */
  readonly earlyData?: true;
  /** RFC 8446 §4.2.6. */
  readonly postHandshakeAuth?: true;
  /** RFC 8879 §3. */
  readonly compressCertificate?: readonly number[];
  readonly statusRequest?: StatusRequest;
  /** The client's last verify_data, empty in a first handshake. RFC 5746 §3.2. */
  readonly renegotiationInfo?: Uint8Array;
  /** RFC 8449 §4. */
  readonly recordSizeLimit?: number;
  /** RFC 8422 §5.1.2. */
  readonly ecPointFormats?: readonly number[];
  /** What the client has to show, the best first. RFC 7250 §3. */
  readonly clientCertificateTypes?: readonly number[];
  /** What the client takes, the best first. RFC 7250 §3. */
  readonly serverCertificateTypes?: readonly number[];
}

/** Reads one extension into `known`; false when it is one of those kept as bytes only. */
export function parseClientHelloExtension(
  type: number,
  body: ByteReader,
  known: { -readonly [Name in keyof ClientHelloExtensions]: ClientHelloExtensions[Name] },
): boolean {
  switch (type) {
    case EXTENSION_TYPE.server_name: {
      const serverName = parseServerName(body);
      if (serverName !== undefined) known.serverName = serverName;
      return true;
    }
    case EXTENSION_TYPE.supported_groups:
      known.supportedGroups = parseCodePoints(body, 2, "named_group_list");
      return true;
    case EXTENSION_TYPE.signature_algorithms:
      known.signatureAlgorithms = parseCodePoints(body, 2, "supported_signature_algorithms");
      return true;
    case EXTENSION_TYPE.signature_algorithms_cert:
      known.signatureAlgorithmsCert = parseCodePoints(body, 2, "supported_signature_algorithms");
      return true;
    case EXTENSION_TYPE.application_layer_protocol_negotiation:
      known.alpnProtocols = parseAlpn(body);
      return true;
    case EXTENSION_TYPE.supported_versions:
      known.supportedVersions = parseCodePoints(body, 1, "versions");
      return true;
    case EXTENSION_TYPE.key_share:
      known.keyShares = parseKeyShares(body);
      return true;
    case EXTENSION_TYPE.pre_shared_key:
      known.preSharedKey = parseOfferedPsks(body);
      return true;
    case EXTENSION_TYPE.psk_key_exchange_modes:
      known.pskKeyExchangeModes = parseByteCodes(body, "ke_modes");
      return true;
    case EXTENSION_TYPE.session_ticket:
      known.sessionTicket = body.rest();
      return true;
    case EXTENSION_TYPE.extended_master_secret:
      known.extendedMasterSecret = true;
      return true;
    case EXTENSION_TYPE.encrypt_then_mac:
      known.encryptThenMac = true;
      return true;
    case EXTENSION_TYPE.cookie:
      known.cookie = parseOpaque(body, 2, "cookie");
      return true;
    case EXTENSION_TYPE.certificate_authorities:
      known.certificateAuthorities = parseCertificateAuthorities(body);
      return true;
    case EXTENSION_TYPE.early_data:
      known.earlyData = true;
      return true;
    case EXTENSION_TYPE.post_handshake_auth:
      known.postHandshakeAuth = true;
      return true;
    case EXTENSION_TYPE.compress_certificate:
      known.compressCertificate = parseCodePoints(body, 1, "algorithms");
      return true;
    case EXTENSION_TYPE.status_request:
      known.statusRequest = parseStatusRequest(body);
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
      known.clientCertificateTypes = parseByteCodes(body, "client_certificate_types");
      return true;
    case EXTENSION_TYPE.server_certificate_type:
      known.serverCertificateTypes = parseByteCodes(body, "server_certificate_types");
      return true;
    default:
      return false;
  }
}
