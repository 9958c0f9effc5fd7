import type { TLSSocket } from "node:tls";
import { connect } from "../../client/connection/connect.ts";
import { parseShownIdentity } from "../../client/identities/identity.ts";
import { formatServerAddress } from "../../client/servers/server-address.ts";
import { encodeKeyCode } from "../../trust/naming/key-code.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import { toPhrase } from "../../trust/naming/phrase.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { say, table } from "../terminal/output.ts";
import { type ConnectCommand, connectOptions } from "./connect-options.ts";
import { explainRefused } from "./explain-refused.ts";
import { openKnownServers } from "./known-servers.ts";
import { hasJoined } from "./remembered-identity.ts";

/** Connects with the identity that was asked for, and judges the server by those known. */
export async function withConnection(
  wanted: ConnectCommand,
  use: (socket: TLSSocket) => Promise<void>,
): Promise<void> {
  const { flags } = wanted;
  await using known = await openKnownServers(flags.store, flags.remember !== false);
  const options = await connectOptions(known.store, wanted);
  const { certificate } = options.identity;
  const ours = flags.showPhrase && parseShownIdentity(certificate, "the certificate").pin;
  const drawn = ours !== undefined && process.stderr.isTTY ? await import("uqr") : undefined;
  const toQr = drawn && ((code: string) => drawn.renderUnicodeCompact(code, { border: 4 }));
  try {
    const socket = await connect({
      ...options,
      ...(ours !== undefined && { onServer: ({ facts }) => sayPhrase(facts.pin, ours, toQr) }),
    });
    await use(socket);
  } catch (error) {
    const isHandclasp = hasJoined(known.store, formatServerAddress(wanted.address));
    throw explainRefused(error, {
      certificate,
      isFromFile: flags.cert !== undefined,
      isHandclasp,
      now: Date.now(),
    });
  }
}

/** `trust show` prints the same words at the server, if nobody is in between; the code has both keys, to be scanned. */
function sayPhrase(serverPin: KeyPin, clientPin: KeyPin, toQr?: (code: string) => string): void {
  const code = encodeKeyCode({ serverPin, pin: clientPin });
  const lines = [
    ["phrase", toPhrase(serverPin, clientPin)],
    ["server", toKeyId(serverPin)],
    ["client", toKeyId(clientPin)],
    ["code", code],
  ];
  say(table(lines));
  if (toQr !== undefined) say(`\n${toQr(code)}`);
}
