import { formatServerAddress, parseServerAddress } from "../../client/servers/server-address.ts";
import { HandclaspError } from "../../errors.ts";

/** What a server is called, `HOST` or `HOST:PORT`, in one spelling. Throws ERR_HANDCLASP_OPTION. */
export function parseHost(text: string): string {
  if (/:\d+$/.test(text) && !/^[0-9a-f:]+$/i.test(text)) return formatServerAddress(parseServerAddress(text));
  try {
    return formatServerAddress(parseServerAddress(`${text}:1`)).replace(/:1$/, "");
  } catch {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `${JSON.stringify(text)} is no host`, {
      hint: "write gw.example, gw.example:9443 or [::1]",
    });
  }
}
