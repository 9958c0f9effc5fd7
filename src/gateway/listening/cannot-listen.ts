import { formatServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";
import { HandclaspError, reasonOf } from "../../errors.ts";

/** What listening at an address failed with. */
export function cannotListen(address: ServerAddress, cause: unknown): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_OPTION",
    `cannot listen on ${formatServerAddress(address)}: ${reasonOf(cause)}`,
    { remedies: [{ act: "listen-elsewhere", at: "server" }], cause },
  );
}
