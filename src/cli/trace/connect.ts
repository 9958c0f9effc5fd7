import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Command } from "commander";
import { toConnectError } from "../../client/connection/refused-by-server.ts";
import { formatServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";
import { isHandclaspError } from "../../errors.ts";
import { nextConnectionNumber, toConnectionId } from "../../admission/connection-id.ts";
import { Tap } from "../../guard/tap/tap.ts";
import { addConnectFlags, addPeerFlags, type ConnectFlags, type PeerFlags } from "../client/connect-flags.ts";
import { withConnection } from "../client/with-connection.ts";
import type { StartTlsProtocol } from "../../trust/naming/starttls-protocol.ts";
import { openTcp } from "../../client/starttls/open-tcp.ts";
import { say } from "../terminal/output.ts";
import { ServeLog } from "../log/event-log.ts";
import { askHttp, HTTP, refusalIn, shownBy } from "./ask-http.ts";
import { endpointsOf } from "./connection/endpoints.ts";
import { addTraceFlags, type TraceFlags } from "./formats/format.ts";
import { explainingIn, logProblem } from "./live/log.ts";
import { TraceOutput } from "./live/output.ts";

/** How long a server has to judge us after the handshake; in TLS 1.3 its alert comes later than 'secureConnect'. */
const VERDICT_MS = 500;
/** How long it has to answer in HTTP. */
const ANSWER_MS = 3000;
const FAREWELL_MS = 5000;
/** What is read of an answer: its beginning is what counts. */
const MOST_CHUNKS = 16;

/** `trace connect`: connects as `connect` does, prints the handshake, and leaves. */
export function connectCommand(): Command {
  const verb = new Command("connect").description(
    "connect as handclasp connect does, print the messages of the handshake, and leave",
  );
  return addTraceFlags(addPeerFlags(addConnectFlags(verb))).action(run);
}

async function run(
  address: ServerAddress,
  flags: ConnectFlags & PeerFlags & TraceFlags,
  verb: Command,
): Promise<void> {
  const log = new ServeLog(false);
  using output = new TraceOutput({ ...flags, ...explainingIn(log, flags), onProblem: logProblem(log) });
  const isFromFile = flags.cert !== undefined;
  let tap: Tap | undefined;
  let closed: Promise<unknown> | undefined;
  const openTransport = async (starttls: StartTlsProtocol | undefined): Promise<Tap> => {
    tap = tapped(await openTcp(address, starttls), { output, log, isFromFile });
    const { raw } = tap;
    closed = new Promise((resolve) => raw.on("close", resolve));
    return tap;
  };
  const onKeyLog = (line: Buffer): void => tap?.keyLog(line);
  const connect = async (alpnProtocols: readonly string[]): Promise<void> => {
    try {
      await withConnection({ address, flags, verb, openTransport, onKeyLog, alpnProtocols }, (socket) =>
        leave(socket, { address, isFromFile }),
      );
    } finally {
      await closed;
    }
  };
  if (flags.starttls !== undefined) {
    // Awaited here: the output must be there until the connection ends.
    await connect([]);
    return;
  }
  try {
    await connect([HTTP]);
  } catch (error) {
    if (
      !isHandclaspError(error, "ERR_HANDCLASP_REFUSED") ||
      error.details["alert"] !== "no_application_protocol"
    )
      throw error;
    say(`the server does not speak ${HTTP}: once more, without naming a protocol`);
    await connect([]);
  }
}

interface Tapping {
  readonly output: TraceOutput;
  readonly log: ServeLog;
  readonly isFromFile: boolean;
}

function tapped(raw: Socket, { output, log, isFromFile }: Tapping): Tap {
  const { local, remote } = endpointsOf(raw);
  const tap = new Tap(raw, nextConnectionNumber(), "client");
  tap.keepHalfOpen();
  const id = toConnectionId(tap.number);
  log.write({ event: "traced", connection: id, address: remote.address, port: remote.port });
  tap.listen(output.trace({ id, side: "client", client: local, server: remote, isFromFile }));
  return tap;
}

/**
 * Waits for the server's verdict and ends the connection. A server that took HTTP is asked for `/`: nginx says only then
 * what it thinks of a certificate. Throws when the server refuses us.
 */
async function leave(
  socket: TLSSocket,
  { address, isFromFile }: { readonly address: ServerAddress; readonly isFromFile: boolean },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on("error", (error) => reject(toConnectError(error, formatServerAddress(address))));
  socket.on("close", () => resolve());
  const isHttp = socket.alpnProtocol === HTTP;
  const shown = shownBy(socket);
  const answer: Buffer[] = [];
  if (isHttp) {
    socket.on("data", (chunk: Buffer) => {
      answer.push(chunk);
      if (answer.length >= MOST_CHUNKS) socket.destroy();
    });
    socket.once("end", () => socket.end());
    askHttp(socket, address);
  } else {
    for (const sign of ["session", "data", "end"] as const) socket.once(sign, () => socket.end());
  }
  const verdict = setTimeout(() => socket.end(), isHttp ? ANSWER_MS : VERDICT_MS);
  const farewell = setTimeout(() => socket.destroy(), FAREWELL_MS);
  socket.resume();
  try {
    await promise;
  } finally {
    clearTimeout(verdict);
    clearTimeout(farewell);
  }
  const refusal = refusalIn(Buffer.concat(answer), shown, isFromFile);
  if (refusal !== undefined) throw refusal;
}
