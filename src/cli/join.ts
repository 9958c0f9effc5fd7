import { Command, Option } from "commander";
import type { IdentityPem } from "../client/identities/identity.ts";
import { ensureIdentity } from "../client/identities/identity-folder.ts";
import type { StoreUrl } from "../trust/port/store-url.ts";
import { joinWithToken } from "../client/join-with-token.ts";
import { openStoreAt } from "../store/open-store.ts";
import { parseJoinToken } from "../trust/naming/join-token.ts";
import { toKeyId } from "../trust/naming/key-id.ts";
import { IDENTITY_TYPES, type IdentityType } from "../x509/identity-type.ts";
import { rememberStartTls } from "./client/remembered-starttls.ts";
import { formatServerAddress } from "../client/servers/server-address.ts";
import { parseTokenServer } from "../client/servers/token-server.ts";
import { hasJoined, identityFor, rememberIdentity } from "./client/remembered-identity.ts";
import { knownServersUrl } from "./client/known-servers.ts";
import { jsonOption } from "./command-line/json-option.ts";
import { storeOption } from "./command-line/store-option.ts";
import { processName } from "./trust-store/process-name.ts";
import { DEFAULT_IDENTITY, identitiesFolder, makeIdentity } from "./identities/make-identity.ts";
import { print, printJson, say, showName } from "./terminal/output.ts";
import { type PassphraseFlag, passphraseFrom, passphraseOption } from "./command-line/passphrase-file.ts";

interface Flags extends PassphraseFlag {
  readonly identity?: string;
  readonly type: IdentityType;
  readonly store: StoreUrl;
  readonly json?: true;
}

/** More than any token has. */
const MOST_CHARACTERS = 16_384;

/** `join TOKEN`. */
export function command(): Command {
  return new Command("join")
    .argument("<token>", "the string that `token create` printed; `-` reads it from stdin")
    .option("--identity <name>", "which of our identities joins; default `default`, made when missing")
    .addOption(
      new Option("--type <type>", "the kind of key, if one is made").choices(IDENTITY_TYPES).default("p256"),
    )
    .addOption(passphraseOption("opens the identity's key, or encrypts it if one is made"))
    .addOption(storeOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nWho sees the token can use it: `-` keeps it out of the shell's history and of the list of processes.\n" +
        "Known servers are kept in known_servers.db beside the store.",
    )
    .action(run);
}

async function run(
  text: string,
  { identity: name = DEFAULT_IDENTITY, type, store: url, json, ...flag }: Flags,
): Promise<void> {
  // It stands where the arguments did: who looks at the list of processes from now on sees no token.
  if (text !== "-") process.title = "handclasp join";
  const token = parseJoinToken(text === "-" ? await readStdin() : text);
  // Kept before anything is sent: whatever happens after, the key that the server knows is here.
  const make = (): Promise<IdentityPem> => makeIdentity(token.peer, type);
  const identity = await ensureIdentity(identitiesFolder(), name, make, passphraseFrom(flag));
  if (identity.isNew) say(`made the identity ${toKeyId(identity.facts.pin)} in ${identity.file}`);
  await using store = openStoreAt(knownServersUrl(url), { process: processName("join") });
  const { address, knownAt } = await joinWithToken({
    token,
    identity,
    store,
    now: Date.now,
    process: processName("join"),
  });
  const isKnownThere = hasJoined(store, address) && identityFor(store, address) === name;
  await rememberIdentity(store, knownAt, name);
  const servers = token.servers.map(parseTokenServer);
  await rememberStartTls(
    store,
    servers.filter((server) => knownAt.includes(formatServerAddress(server))),
  );
  const { pin } = identity.facts;
  if (json === true) {
    printJson({
      address,
      knownAt,
      peer: token.peer,
      identity: name,
      keyId: toKeyId(pin),
      pin,
      serverPin: token.serverPin,
    });
  } else {
    print(`joined ${address} as ${showName(token.peer)}, with the key ${toKeyId(pin)}`);
    if (isKnownThere) {
      say("this key joined there before: it keeps the name it has, and this token may stay unused");
    }
    const others = knownAt.filter((each) => each !== address);
    if (others.length > 0) print(`the same server, says the token: ${others.map(showName).join(", ")}`);
  }
}

async function readStdin(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > MOST_CHARACTERS) break;
  }
  return text;
}
