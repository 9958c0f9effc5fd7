import { createPrivateKey } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { checkOptions, COUNT, FUNCTION, OBJECT, type OptionRules, TEXT } from "../check-options.ts";
import { isHandclaspError } from "../errors.ts";
import { STORE } from "../trust/trust-options.ts";
import type { JoinToken } from "../trust/naming/join-token.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import type { CertificateFacts } from "../x509/certificate-facts.ts";
import { signJoinProof } from "../x509/join-proof.ts";
import { reissueCertificate } from "../x509/reissue-certificate.ts";
import { IDENTITY } from "./connection/check-client-options.ts";
import type { Identity, IdentityPem } from "./identities/identity.ts";
import { PinnedServer } from "./servers/pinned-server.ts";
import { formatServerAddress } from "./servers/server-address.ts";
import { parseTokenServer } from "./servers/token-server.ts";
import { alertOf, Introduction } from "./joining/introduction.ts";
import { joinError, type JoinFailure } from "./joining/join-failure.ts";

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

const TIMEOUT_MS = 10_000;
/** Between attempts to be recognised: the server may still be writing us down. */
const PATIENCE_MS = [250, 1000, 3000];
/** What a server says to a key that it does not know yet: unknown_ca, access_denied. */
const NOT_KNOWN_YET: readonly unknown[] = [48, 49];

/**
 * Uses a join token: shows the server a certificate that proves it, and then the plain one, to be recognised. The server
 * must have the key in the token, and remembers ours under the token's name. Of the token's addresses each is tried until
 * one lets us in. Where the server takes HTTP it is asked for `/`: who is behind a proxy learns only so whether the token was
 * good. May be tried again with the same identity as often as needed, after the token's end too if the server knows us by
 * then. Throws ERR_HANDCLASP_REFUSED or ERR_HANDCLASP_CONNECT.
 */
export async function joinWithToken(options: JoinOptions): Promise<Joined> {
  checkOptions("joinWithToken()", options, RULES, ["token", "identity", "store", "now", "process"]);
  const { token, identity, store, now, process, timeoutMs = TIMEOUT_MS } = options;
  const knownServers = new PinnedServer(store, token.serverPin, { now, process });
  const proven = withProof(identity, token, now());
  const servers = token.servers.map(parseTokenServer);
  const failures: JoinFailure[] = [];
  for (const server of servers) {
    const introduction = new Introduction(server, { knownServers, timeoutMs });
    const { address } = introduction;
    try {
      const facts = await introduce(introduction, proven, identity);
      const knownAt = await knownServers.rememberEverywhere(servers.map(formatServerAddress), facts);
      return { address, knownAt };
    } catch (error) {
      failures.push({ address, error, isOurs: introduction.isOurs });
    }
  }
  throw joinError(failures, token, identity.facts.pin, now());
}

async function introduce(
  introduction: Introduction,
  proven: IdentityPem,
  identity: Identity,
): Promise<CertificateFacts> {
  const facts = await introduction.show(proven, true);
  // Known by now, or told why not: the first verdict may have come too late to be heard.
  if (!introduction.isAnswered) await introduction.show(proven, false);
  await recognised(introduction, identity);
  return facts;
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

async function recognised(introduction: Introduction, identity: Identity): Promise<void> {
  for (const patience of [...PATIENCE_MS, undefined]) {
    try {
      await introduction.show(identity, false);
      return;
    } catch (error) {
      if (patience === undefined || !isNotKnownYet(error)) throw error;
      await sleep(patience);
    }
  }
}

function isNotKnownYet(error: unknown): boolean {
  const isByStatus = isHandclaspError(error, "ERR_HANDCLASP_REFUSED") && "status" in error.details;
  return isByStatus || NOT_KNOWN_YET.includes(alertOf(error));
}
