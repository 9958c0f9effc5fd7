import { Command } from "commander";
import type { ServerAddress } from "../client/servers/server-address.ts";
import { addConnectFlags, addPeerFlags, type ConnectFlags, type PeerFlags } from "./client/connect-flags.ts";
import { openTcp } from "../client/starttls/open-tcp.ts";
import { withConnection } from "./client/with-connection.ts";
import { converse } from "./connect/converse.ts";
import { HandshakeSummary } from "./connect/handshake-summary.ts";
import { say } from "./terminal/output.ts";

interface SummaryFlag {
  /** Left out, a person at a terminal gets one. */
  readonly summary?: boolean;
}

/** `connect HOST:PORT`: stdin goes out, what comes is printed until the server closes. */
export function command(): Command {
  return addPeerFlags(addConnectFlags(new Command("connect")))
    .option(
      "--show-phrase",
      "print twelve words over both keys and a QR code of them, to be compared, before stdin is sent",
    )
    .option(
      "--summary",
      "print on stderr what the server chose, showed and asked for; default: on a terminal",
    )
    .option("--no-summary", "do not print that")
    .action(run);
}

async function run(
  address: ServerAddress,
  flags: ConnectFlags & PeerFlags & SummaryFlag,
  verb: Command,
): Promise<void> {
  const wanted = { address, flags, verb };
  // Between programs, as of `ssh -o ProxyCommand`, stderr is a terminal but stdin is none.
  if (!(flags.summary ?? (process.stdin.isTTY && process.stderr.isTTY))) {
    await withConnection(wanted, (socket) => converse(socket, address));
    return;
  }
  const summary = new HandshakeSummary(address);
  const saySummary = (): void => {
    const text = summary.finish();
    if (text !== undefined) say(text);
  };
  try {
    await withConnection(
      {
        ...wanted,
        openTransport: async (starttls) => summary.listen(await openTcp(address, starttls)),
        onKeyLog: (line) => summary.keyLog(line),
      },
      (socket) => {
        saySummary();
        return converse(socket, address);
      },
    );
  } finally {
    saySummary();
  }
}
