import { ByteReader } from "../../bytes/byte-reader.ts";
import { ALERT_DESCRIPTIONS, ALERT_LEVELS, type CodePoint } from "../code-points/code-points.ts";

/** RFC 8446 §6, RFC 5246 §7.2. */
export interface Alert {
  readonly level: CodePoint;
  readonly description: CodePoint;
}

/** One alert, the whole fragment of its record once that is decrypted. RFC 8446 §6. */
export function parseAlert(fragment: Uint8Array): Alert {
  const message = new ByteReader(fragment, "alert");
  const level = ALERT_LEVELS.of(message.uint8("level"));
  const description = ALERT_DESCRIPTIONS.of(message.uint8("description"));
  message.end();
  return { level, description };
}
