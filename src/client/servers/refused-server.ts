import { HandclaspError } from "../../errors.ts";
import type { Remedy } from "../../remedy.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import type { ServerRefusal } from "./judge-server.ts";

/** The key that a server showed, and where. */
export interface RefusedServer {
  readonly address: string;
  readonly pin: KeyPin;
  /** The store in which it can be approved. */
  readonly store: string;
  /** The key is trusted at another address. */
  readonly isElsewhere: boolean;
}

/** Says what was refused and what changes that. */
export function refusedServer(server: RefusedServer, { reason, known }: ServerRefusal): HandclaspError {
  const { address, pin, store, isElsewhere } = server;
  const where = escapeText(address);
  const shown = `  it shows    ${toKeyId(pin)}\n              ${pin}`;
  const refused = (message: string, hint: string, remedy: Remedy): HandclaspError => {
    const details = { reason, address, pin, known };
    return new HandclaspError("ERR_HANDCLASP_REFUSED", message, { hint, remedies: [remedy], details });
  };
  const approve = (options: Remedy["options"] = {}): Remedy => {
    return { act: "approve-key", at: "client", key: toKeyId(pin), options: { store, ...options } };
  };
  if (reason === "unknown") {
    const hint = "compare the key id with the server's, then approve it";
    return refused(`${where} is not a known server\n${shown}`, hint, approve());
  }
  if (reason !== "key-changed") {
    const said = reason === "set-aside" ? "set aside" : reason;
    return refused(
      `the key of ${where} is ${said} here\n${shown}`,
      "to trust it again, approve it",
      approve(),
    );
  }
  const expected = known.map((one) => `  known as    ${toKeyId(one)}\n              ${one}`).join("\n");
  const forget: Remedy = {
    act: "forget-key",
    at: "client",
    key: toKeyId(known[0] ?? pin),
    options: { store },
  };
  return refused(
    `${where} has another key than before: it may be somebody else\n${expected}\n${shown}`,
    "if whoever runs it confirms the new key",
    isElsewhere ? forget : approve({ replace: true }),
  );
}
