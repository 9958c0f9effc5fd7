import { ByteReader } from "../../../bytes/byte-reader.ts";
import { EXTENSION_TYPE } from "../../code-points/code-points-extensions.ts";
import { parseSelectedAlpn } from "../extensions/alpn.ts";
import { parseCodePoints } from "../parts/code-point-list.ts";
import { type Extension, parseExtensions } from "../parts/extension.ts";

/** What the server answers once keys are in use; a field is there when the extension is. RFC 8446 §4.3.1. */
export interface EncryptedExtensions {
  /** What the server would have liked, for the client's next connection. RFC 8446 §4.2.7. */
  readonly supportedGroups?: readonly number[];
  /** RFC 7301 §3.1. */
  readonly alpnProtocol?: string;
  /** The server used the name. RFC 6066 §3. */
  readonly serverNameAcknowledged?: true;
  /** The server takes the early data. RFC 8446 §4.2.10. */
  readonly earlyData?: true;
  /** RFC 8449 §4. */
  readonly recordSizeLimit?: number;
  /** What the two Certificate messages will hold. RFC 7250 §3. */
  readonly clientCertificateType?: number;
  readonly serverCertificateType?: number;
  /** All of them, as sent and in that order. */
  readonly extensions: readonly Extension[];
}

/** RFC 8446 §4.3.1. */
export function parseEncryptedExtensions(body: Uint8Array): EncryptedExtensions {
  const message = new ByteReader(body, "encrypted_extensions");
  const known: Known = {};
  const extensions = parseExtensions(message, (type, extension) => parseKnown(type, extension, known));
  message.end();
  return { ...known, extensions };
}

type Known = { -readonly [Name in keyof Omit<EncryptedExtensions, "extensions">]: EncryptedExtensions[Name] };

function parseKnown(type: number, body: ByteReader, known: Known): boolean {
  switch (type) {
    case EXTENSION_TYPE.supported_groups:
      known.supportedGroups = parseCodePoints(body, 2, "named_group_list");
      return true;
    case EXTENSION_TYPE.application_layer_protocol_negotiation:
      known.alpnProtocol = parseSelectedAlpn(body);
      return true;
    case EXTENSION_TYPE.server_name:
      known.serverNameAcknowledged = true;
      return true;
    case EXTENSION_TYPE.early_data:
      known.earlyData = true;
      return true;
    case EXTENSION_TYPE.record_size_limit:
      known.recordSizeLimit = body.uint16("limit");
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
