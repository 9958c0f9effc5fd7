import { createPrivateKey } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { checkOptions, COUNT, FUNCTION, OBJECT, type OptionRules, TEXT } from "../check-options.ts";
import { HandclaspError, isHandclaspError } from "../errors.ts";
import { STORE } from "../trust/trust-options.ts";
import type { JoinToken } from "../trust/naming/join-token.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import type { CertificateFacts } from "../x509/certificate-facts.ts";
import { signJoinProof } from "../x509/join-proof.ts";
import { reissueCertificate } from "../x509/reissue-certificate.ts";
import { IDENTITY } from "./connection/check-client-options.ts";
import { connectVerified } from "./connection/connect.ts";
import type { Identity, IdentityPem } from "./identities/identity.ts";
import { PinnedServer } from "./servers/pinned-server.ts";
import { toConnectError } from "./connection/refused-by-server.ts";
import { formatServerAddress, parseServerAddress, type ServerAddress } from "./servers/server-address.ts";
import { awaitAny } from "./connection/first-sign.ts";

export interface JoinOptions {
  readonly token: JoinToken;
  /** The identity that the server shall know; keep it before. */
  readonly identity: Identity;
  /** Where servers are known: the token's is added, at each of its addresses. */
  readonly store: TrustStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Who acts, for events: what runs, with its process id. */
  readonly process: string;
  /** For each connection; default 10 000. */
  readonly timeoutMs?: number;
}

const RULES: OptionRules<JoinOptions> = {
  token: { mustBe: "what parseJoinToken() makes of a token's text", allows: OBJECT.allows },
  identity: IDENTITY,
  store: STORE,
  now: FUNCTION,
  process: TEXT,
  timeoutMs: COUNT,
};

/** Where a client joined. */
export interface Joined {
  /** `HOST:PORT`. */
  readonly address: string;
  /** The token's addresses where the server is known now: all but those where another one was known. */
  readonly knownAt: readonly string[];
}

/** Who loses the token to another key in the same moment is told so late, and in TLS 1.2 without a word. */
const VERDICT_MS = 500;
/** Between attempts to be recognised: the server may still be writing us down. */
const PATIENCE_MS = [250, 1000, 3000];
/** What a server says to a key that it does not know yet: unknown_ca, access_denied. */
const NOT_KNOWN_YET: readonly unknown[] = [48, 49];

/**
 * Uses a join token: shows the server a certificate that proves it, and then the plain one, to be recognised. The server
 * must have the key in the token, and remembers ours under the token's name. May be tried again with the same identity as
 * often as needed, after the token's end too if the server knows us by then. Throws ERR_HANDCLASP_REFUSED or
 * ERR_HANDCLASP_CONNECT.
 */
export async function joinWithToken(options: JoinOptions): Promise<Joined> {
  checkOptions("joinWithToken()", options, RULES, ["token", "identity", "store", "now", "process"]);
  const { token, identity, store, now, process, timeoutMs } = options;
  const knownServers = new PinnedServer(store, token.serverPin, { now, process });
  const introduce: Introduce = async (server, shown, isNew, onServer) => {
    const { socket, address, facts } = await connectVerified({
      ...server,
      identity: shown,
      knownServers,
      ...(onServer !== undefined && { onServer }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    await mustBeTaken(socket, address, isNew);
    return facts;
  };
  const proven = withProof(identity, token, now());
  const servers = token.servers.map(parseServerAddress);
  try {
    const server = await firstThatAnswers(servers, (each, onServer) =>
      introduce(each, proven, true, onServer),
    );
    // Known by now, or told why not: the first verdict may have come too late to be heard.
    const facts = await introduce(server, proven, false);
    await recognised(() => introduce(server, identity, false));
    const knownAt = await knownServers.rememberEverywhere(servers.map(formatServerAddress), facts);
    return { address: formatServerAddress(server), knownAt };
  } catch (error) {
    throw explained(error, token, now());
  }
}

type Introduce = (
  server: ServerAddress,
  shown: IdentityPem,
  isNew: boolean,
  onServer?: () => void,
) => Promise<CertificateFacts>;

/** The identity with a certificate that says: whoever has this key had the token. It is shown, never kept. */
function withProof({ key, facts }: Identity, token: JoinToken, now: number): IdentityPem {
  const { id, seed, serverPin } = token;
  const tokenId = Buffer.from(id, "hex");
  const { certificatePem } = reissueCertificate(facts.der, {
    privateKey: createPrivateKey(key),
    now: new Date(now),
    joinProof: signJoinProof({ tokenId, seed, serverPin, spki: facts.spki }),
  });
  return { key, certificate: certificatePem };
}

/**
 * One that cannot be reached, or does not show that it is ours, makes room for the next, whatever it says; ours has the
 * last word when it refuses us.
 */
async function firstThatAnswers(
  servers: readonly ServerAddress[],
  introduce: (server: ServerAddress, onServer: () => void) => Promise<unknown>,
): Promise<ServerAddress> {
  let failure: unknown;
  for (const server of servers) {
    let isOurs = false;
    try {
      await introduce(server, () => (isOurs = true));
      return server;
    } catch (error) {
      if (isOurs && !isHandclaspError(error, "ERR_HANDCLASP_CONNECT")) throw error;
      const isOther = isHandclaspError(error, "ERR_HANDCLASP_REFUSED") && "known" in error.details;
      if (isOther || failure === undefined) failure = error;
    }
  }
  throw failure;
}

async function recognised(introduce: () => Promise<unknown>): Promise<void> {
  for (const patience of [...PATIENCE_MS, undefined]) {
    try {
      await introduce();
      return;
    } catch (error) {
      if (patience === undefined || !NOT_KNOWN_YET.includes(alertOf(error))) throw error;
      await sleep(patience);
    }
  }
}

/** Waits for the server's verdict and ends the connection. Throws when we are refused. */
async function mustBeTaken(socket: TLSSocket, address: string, isNew: boolean): Promise<void> {
  let failure: unknown;
  let heard = false;
  socket.on("error", (error) => (failure ??= error));
  socket.once("data", () => (heard = true));
  socket.once("session", () => (heard = true));
  // Only in TLS 1.3 does a server judge after our handshake; whom it refuses at once gets no ticket.
  const isJudgedLater = socket.getProtocol() === "TLSv1.3";
  const ticket: Buffer | undefined = socket.getTLSTicket();
  const signs = ["data", "end", "close", "error", ...(isNew ? [] : ["session"])];
  if (isNew || (isJudgedLater && ticket === undefined)) await awaitAny(socket, signs, VERDICT_MS);
  const isClosed = socket.destroyed || socket.readableEnded;
  socket.destroy();
  if (failure !== undefined) throw toConnectError(failure, address);
  if (isClosed && isJudgedLater && !heard && ticket === undefined) {
    throw new HandclaspError("ERR_HANDCLASP_REFUSED", `${address} closed the connection without a word`);
  }
}

/** An alert has no room for reasons; the token's own end is one that we can tell ourselves. */
function explained(error: unknown, { expires }: JoinToken, now: number): unknown {
  if (!isHandclaspError(error, "ERR_HANDCLASP_REFUSED") || !NOT_KNOWN_YET.includes(alertOf(error)))
    return error;
  const { message, details, cause } = error;
  if (now >= expires) {
    const hint = `by our clock the token expired at ${new Date(expires).toISOString()}: ask for a new one`;
    return new HandclaspError("ERR_HANDCLASP_REFUSED", message, { hint, details, cause });
  }
  return new HandclaspError("ERR_HANDCLASP_REFUSED", message, {
    hint: "the token may be used up, cancelled, expired or good from another network only",
    remedies: [{ act: "explain-refusal", at: "server" }],
    details,
    cause,
  });
}

function alertOf(error: unknown): unknown {
  return isHandclaspError(error, "ERR_HANDCLASP_REFUSED") ? error.details["alertCode"] : undefined;
}
