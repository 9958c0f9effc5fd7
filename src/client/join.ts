import { createPrivateKey } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { HandclaspError, isHandclaspError } from "../errors.ts";
import type { JoinToken } from "../trust/join-token.ts";
import type { TrustStore } from "../trust/trust-store.ts";
import { signJoinProof } from "../x509/join-proof.ts";
import { reissueCertificate } from "../x509/reissue-certificate.ts";
import { connect } from "./connect.ts";
import type { Identity, IdentityPem } from "./identity.ts";
import { PinnedServer } from "./pinned-server.ts";
import { toConnectError } from "./refused-by-server.ts";
import { formatServerAddress, parseServerAddress, type ServerAddress } from "./server-address.ts";
import { awaitAny } from "./verdict.ts";

export interface JoinOptions {
  readonly token: JoinToken;
  /** The identity that the server shall know; keep it before. */
  readonly identity: Identity;
  /** Where servers are known: the token's is added. */
  readonly store: TrustStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Who acts, for events. */
  readonly process: string;
  /** For each address; default 10 000. */
  readonly timeoutMs?: number;
}

/** Where a client joined. */
export interface Joined {
  /** `HOST:PORT`. */
  readonly address: string;
}

/** A server that refuses us says so at once; one that takes us may have nothing to say. */
const VERDICT_MS = 500;
/** Between attempts to be recognised: the server may still be writing us down. */
const PATIENCE_MS = [250, 1000, 3000];
const ACCESS_DENIED = 49;

/**
 * Uses a join token: shows the server a certificate that proves it, once, and then the plain one, to be recognised. The
 * server must have the key in the token, and remembers ours under the token's name. May be tried again with the same
 * identity as often as needed. Throws ERR_HANDCLASP_TOKEN, ERR_HANDCLASP_REFUSED or ERR_HANDCLASP_CONNECT.
 */
export async function join(options: JoinOptions): Promise<Joined> {
  const { token, identity, store, now, process } = options;
  if (now() >= token.expires) {
    throw new HandclaspError(
      "ERR_HANDCLASP_TOKEN",
      `this join token expired at ${new Date(token.expires).toISOString()}`,
      { hint: "ask for a new one: handclasp token create NAME" },
    );
  }
  const knownServers = new PinnedServer(store, token.serverPin, { now, process });
  const introduce = async (address: ServerAddress, shown: IdentityPem): Promise<void> => {
    const { timeoutMs } = options;
    const socket = await connect({
      ...address,
      identity: shown,
      knownServers,
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    await mustBeTaken(socket, formatServerAddress(address));
  };
  const address = await firstThatAnswers(token, (server) =>
    introduce(server, withProof(identity, token, now())),
  );
  await recognised(() => introduce(address, identity));
  return { address: formatServerAddress(address) };
}

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

/** A server that cannot be reached makes room for the next; one that refuses has the last word. */
async function firstThatAnswers(
  { servers }: JoinToken,
  introduce: (server: ServerAddress) => Promise<void>,
): Promise<ServerAddress> {
  let last: unknown;
  for (const text of servers) {
    const server = parseServerAddress(text);
    try {
      await introduce(server);
      return server;
    } catch (error) {
      if (!isHandclaspError(error, "ERR_HANDCLASP_CONNECT")) throw error;
      last = error;
    }
  }
  throw last;
}

async function recognised(introduce: () => Promise<void>): Promise<void> {
  for (const patience of [...PATIENCE_MS, undefined]) {
    try {
      await introduce();
      return;
    } catch (error) {
      const isWaiting =
        isHandclaspError(error, "ERR_HANDCLASP_REFUSED") && error.details["alertCode"] === ACCESS_DENIED;
      if (!isWaiting || patience === undefined) throw error;
      await sleep(patience);
    }
  }
}

/** Waits for the server's verdict and ends the connection. Throws when we are refused. */
async function mustBeTaken(socket: TLSSocket, address: string): Promise<void> {
  let failure: unknown;
  socket.on("error", (error) => (failure ??= error));
  socket.resume();
  await awaitAny(socket, ["data", "end", "close", "error"], VERDICT_MS);
  const isClosed = socket.destroyed || socket.readableEnded;
  socket.destroy();
  if (failure !== undefined) throw toConnectError(failure, address);
  if (isClosed) {
    throw new HandclaspError("ERR_HANDCLASP_REFUSED", `${address} closed the connection without a word`);
  }
}
