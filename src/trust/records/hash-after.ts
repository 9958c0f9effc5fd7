import { hash } from "node:crypto";

/** What nearly all fit into: made once, since this is done for each change. */
const scratch = Buffer.allocUnsafe(16 * 1024);

/** SHA-256(bytes ‖ UTF-8 of the text), of bytes in hex, in lower-case hex. */
export function hashAfter(hexBytes: string, text: string): string {
  const most = hexBytes.length / 2 + text.length * 3;
  const bytes = most <= scratch.length ? scratch : Buffer.allocUnsafe(Math.ceil(most));
  let end = bytes.write(hexBytes, 0, "hex");
  end += bytes.write(text, end, "utf8");
  return hash("sha256", bytes.subarray(0, end), "hex");
}
