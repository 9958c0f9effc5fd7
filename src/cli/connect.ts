import { createInterface } from "node:readline/promises";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Command, Option } from "commander";
import { connect, type ConnectOptions, type MetServer } from "../client/connect.ts";
import { type Identity, type IdentityPem, parseShownIdentity } from "../client/identity.ts";
import { ensureIdentity, openIdentity, type PassphraseOption } from "../client/identity-folder.ts";
import { KnownServers, type VerifyServer } from "../client/known-servers.ts";
import { formatServerAddress, parseServerAddress, type ServerAddress } from "../client/server-address.ts";
import { STARTTLS, type StartTlsProtocol } from "../client/starttls-protocols.ts";
import { HandclaspError } from "../errors.ts";
import { toKeyId } from "../trust/naming/key-id.ts";
import type { KeyPin } from "../trust/records/key-record.ts";
import { escapeText } from "../trust/naming/peer-name.ts";
import { toPhrase } from "../trust/naming/phrase.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { converse } from "./connect/converse.ts";
import { explainRefused } from "./client/explain-refused.ts";
import { HandshakeSummary } from "./connect/handshake-summary.ts";
import { hasJoined, identityFor } from "./client/remembered-identity.ts";
import { openKnownServers } from "./client/known-servers.ts";
import { openTcp } from "./client/open-tcp.ts";
import { readCas, readPemIdentity } from "./client/pem-files.ts";
import { asArgument, processName, storeOption } from "./command-line/context.ts";
import { DEFAULT_IDENTITY, identitiesFolder, makeIdentity } from "./identities/make-identity.ts";
import { say, table } from "./terminal/output.ts";
import { type PassphraseFlag, passphraseFrom, passphraseOption } from "./command-line/passphrase-file.ts";

/** What `connect` and `trace connect` have in common. */
export interface ConnectFlags extends PassphraseFlag {
  readonly identity?: string;
  readonly verifyServer: VerifyServer;
  readonly servername?: string;
  readonly minTls: "1.2" | "1.3";
  readonly maxTls: "1.2" | "1.3";
  readonly store: string;
  readonly showPhrase?: true;
}

interface SummaryFlag {
  /** Left out, a person at a terminal gets one. */
  readonly summary?: boolean;
}

/** What those two have besides, to try any server with any certificate. */
export interface PeerFlags {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly starttls?: StartTlsProtocol;
  /** Commander's name for the lack of `--no-remember`. */
  readonly remember: boolean;
}

/** `connect HOST:PORT`: stdin goes out, what comes is printed until the server closes. */
export function command(): Command {
  return addPeerFlags(addConnectFlags(new Command("connect")))
    .option(
      "--show-phrase",
      "print twelve words over both keys, for two people to compare, before stdin is sent",
    )
    .option(
      "--summary",
      "print on stderr what the server chose, showed and asked for; default: on a terminal",
    )
    .option("--no-summary", "do not print that")
    .action(run);
}

/** Adds the address and the options. */
export function addConnectFlags(verb: Command): Command {
  return verb
    .argument("<host:port>", "the server; IPv6 addresses in brackets", asArgument(parseServerAddress))
    .option(
      "--identity <name>",
      "which of our identities to show; default: the one that joined there, else `default`, made when missing",
    )
    .addOption(
      new Option("--verify-server <mode>", "what a server never met before leads to")
        .choices(["accept", "ask", "refuse"])
        .default("accept"),
    )
    .option("--servername <name>", "for SNI, instead of the host")
    .addOption(
      new Option("--min-tls <version>", "the oldest TLS version").choices(["1.2", "1.3"]).default("1.2"),
    )
    .addOption(
      new Option("--max-tls <version>", "the newest TLS version").choices(["1.2", "1.3"]).default("1.3"),
    )
    .addOption(passphraseOption("opens the identity's key"))
    .addOption(storeOption())
    .addHelpText("after", "\nKnown servers are kept in known_servers.db beside the store.");
}

/** Adds what other servers than ours are tried with. */
export function addPeerFlags(verb: Command): Command {
  return verb
    .option(
      "--cert <file>",
      "show this certificate (PEM) instead of an identity of ours; who signed it may follow",
    )
    .option("--key <file>", "the private key of --cert as PEM")
    .option(
      "--ca <file>",
      "let the server in by the signature of these CAs (PEM) and its name, not by its key",
    )
    .addOption(
      new Option("--starttls <protocol>", "ask for TLS in the clear first, as this protocol does").choices(
        Object.keys(STARTTLS),
      ),
    )
    .option("--no-remember", "judge the server by the known ones, but write nothing down");
}

async function run(
  address: ServerAddress,
  flags: ConnectFlags & PeerFlags & SummaryFlag,
  verb: Command,
): Promise<void> {
  const openTransport = (): Promise<Socket> => openTcp(address, flags.starttls);
  const wanted = { address, flags, verb };
  // Between programs, as of `ssh -o ProxyCommand`, stderr is a terminal but stdin is none.
  if (!(flags.summary ?? (process.stdin.isTTY && process.stderr.isTTY))) {
    await withConnection({ ...wanted, ...(flags.starttls !== undefined && { openTransport }) }, (socket) =>
      converse(socket, address),
    );
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
        openTransport: async () => summary.listen(await openTransport()),
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

export interface ConnectCommand extends Pick<ConnectOptions, "openTransport" | "onKeyLog" | "alpnProtocols"> {
  readonly address: ServerAddress;
  readonly flags: ConnectFlags & Partial<PeerFlags>;
  readonly verb: Command;
}

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
  try {
    const socket = await connect({
      ...options,
      ...(ours !== undefined && { onServer: ({ facts }) => sayPhrase(facts.pin, ours) }),
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

/** How to connect: the identity that was asked for, and the servers known, which are in `store`. */
export async function connectOptions(
  store: TrustStore,
  { address, flags, verb, ...hooks }: ConnectCommand,
): Promise<ConnectOptions & { readonly identity: IdentityPem }> {
  if (flags.minTls > flags.maxTls) verb.error("error: --min-tls is newer than --max-tls");
  if ((flags.cert === undefined) !== (flags.key === undefined))
    verb.error("error: --cert and --key go together");
  if (flags.cert !== undefined && flags.identity !== undefined)
    verb.error("error: --cert is shown instead of an identity: leave out --identity");
  const identity =
    flags.cert !== undefined && flags.key !== undefined
      ? readPemIdentity(flags.cert, flags.key, passphraseFrom(flags))
      : await chooseIdentity(
          flags.identity ?? identityFor(store, formatServerAddress(address)),
          passphraseFrom(flags),
        );
  const knownServers = new KnownServers(store, { now: Date.now, process: processName("connect") });
  return {
    ...address,
    ...hooks,
    identity,
    knownServers,
    verifyServer: flags.verifyServer,
    minVersion: `TLSv${flags.minTls}`,
    maxVersion: `TLSv${flags.maxTls}`,
    ...(process.stdin.isTTY && { ask: askOnTerminal }),
    ...(flags.servername !== undefined && { servername: flags.servername }),
    ...(flags.ca !== undefined && { ca: readCas(flags.ca) }),
  };
}

/** `trust show` prints the same words at the server, if nobody is in between. */
function sayPhrase(serverPin: KeyPin, clientPin: KeyPin): void {
  const lines = [
    ["phrase", toPhrase(serverPin, clientPin)],
    ["server", toKeyId(serverPin)],
    ["client", toKeyId(clientPin)],
  ];
  say(table(lines));
}

async function chooseIdentity(name: string, passphrase: PassphraseOption): Promise<Identity> {
  const folder = identitiesFolder();
  if (name !== DEFAULT_IDENTITY) {
    const identity = openIdentity(folder, name, passphrase);
    if (identity !== undefined) return identity;
    throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `there is no identity "${name}"`, {
      hint: `handclasp identity create ${name} makes it`,
    });
  }
  const identity = await ensureIdentity(folder, DEFAULT_IDENTITY, () => makeIdentity(), passphrase);
  if (identity.isNew) say(`made the identity ${toKeyId(identity.facts.pin)} in ${identity.file}`);
  return identity;
}

async function askOnTerminal({ address, facts }: MetServer): Promise<boolean> {
  say(
    `${escapeText(address)} is not a known server. It shows the key\n  ${toKeyId(facts.pin)}\n  ${facts.pin}`,
  );
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question("Trust it from now on? [y/N] ");
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
