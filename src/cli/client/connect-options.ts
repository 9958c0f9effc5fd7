import { createInterface } from "node:readline/promises";
import type { Duplex } from "node:stream";
import type { Command } from "commander";
import type { ConnectOptions, MetServer } from "../../client/connection/connect.ts";
import type { Identity, IdentityPem } from "../../client/identities/identity.ts";
import {
  ensureIdentity,
  openIdentity,
  type PassphraseOption,
} from "../../client/identities/identity-folder.ts";
import { KnownServers } from "../../client/servers/known-servers.ts";
import { formatServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";
import { openTcp } from "../../client/starttls/open-tcp.ts";
import { HandclaspError } from "../../errors.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import type { StartTlsProtocol } from "../../trust/naming/starttls-protocol.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { passphraseFrom } from "../command-line/passphrase-file.ts";
import { DEFAULT_IDENTITY, identitiesFolder, makeIdentity } from "../identities/make-identity.ts";
import { say } from "../terminal/output.ts";
import { processName } from "../trust-store/process-name.ts";
import type { ConnectFlags, PeerFlags } from "./connect-flags.ts";
import { readCas, readPemIdentity } from "./pem-files.ts";
import { identityFor } from "./remembered-identity.ts";
import { startTlsFor } from "./remembered-starttls.ts";

export interface ConnectCommand extends Pick<ConnectOptions, "onKeyLog" | "alpnProtocols"> {
  /** Opens what TLS is to run over, after it was asked for in this protocol; default a TCP connection. */
  readonly openTransport?: (starttls: StartTlsProtocol | undefined) => Promise<Duplex>;
  readonly address: ServerAddress;
  readonly flags: ConnectFlags & Partial<PeerFlags>;
  readonly verb: Command;
}

/** How to connect: the identity that was asked for, and the servers known, which are in `store`. */
export async function connectOptions(
  store: TrustStore,
  { address, flags, verb, openTransport, ...hooks }: ConnectCommand,
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
  const starttls = flags.starttls ?? startTlsFor(store, formatServerAddress(address));
  const knownServers = new KnownServers(store, { now: Date.now, process: processName("connect") });
  return {
    ...address,
    ...hooks,
    ...((openTransport ?? starttls) !== undefined && {
      openTransport: () => (openTransport ?? ((asked) => openTcp(address, asked)))(starttls),
    }),
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
