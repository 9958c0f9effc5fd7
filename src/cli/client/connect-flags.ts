import { type Command, Option } from "commander";
import type { VerifyServer } from "../../client/servers/judge-server.ts";
import { parseServerAddress } from "../../client/servers/server-address.ts";
import { STARTTLS_PROTOCOLS, type StartTlsProtocol } from "../../trust/naming/starttls-protocol.ts";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { asArgument } from "../command-line/as-argument.ts";
import { type PassphraseFlag, passphraseOption } from "../command-line/passphrase-file.ts";
import { storeOption } from "../command-line/store-option.ts";

/** What all verbs that connect have in common. */
export interface ConnectFlags extends PassphraseFlag {
  readonly identity?: string;
  readonly verifyServer: VerifyServer;
  readonly servername?: string;
  readonly minTls: "1.2" | "1.3";
  readonly maxTls: "1.2" | "1.3";
  readonly store: StoreUrl;
  readonly showPhrase?: true;
}

/** What `connect` and `trace connect` have besides, to try any server with any certificate. */
export interface PeerFlags {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly starttls?: StartTlsProtocol;
  /** Commander's name for the lack of `--no-remember`. */
  readonly remember: boolean;
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

export function startTlsOption(protocols: readonly string[]): Option {
  return new Option("--starttls <protocol>", "ask for TLS in the clear first, as this protocol does").choices(
    protocols,
  );
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
    .addOption(startTlsOption(STARTTLS_PROTOCOLS))
    .option("--no-remember", "judge the server by the known ones, but write nothing down");
}
