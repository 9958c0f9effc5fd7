import { HandclaspError } from "../errors.ts";
import type { CertificateFacts, KeyPin } from "../x509/certificate-facts.ts";
import type { Change } from "./changes/change.ts";
import type { Actor } from "./events.ts";
import { createJoinToken, joinTokenPublicKey, type JoinToken } from "./join-token.ts";
import { parseIpNetwork } from "./ip-network.ts";
import type { KeyRecord } from "./key-record.ts";
import { toPeerName } from "./peer-name.ts";
import { resolveKey } from "./resolve-key.ts";
import type { TokenRecord } from "./token-record.ts";
import { toSeenCertificate } from "./trust.ts";
import type { TrustStore } from "./trust-store.ts";

export interface OperatorOptions {
  /** Who is acting, for events. */
  readonly user: string | null;
  /** What runs, with its process id. */
  readonly process: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface ApproveOptions {
  /** The name to bind instead of the claimed one. */
  readonly name?: string;
  /** What happens to other keys that hold the name; default `fail`. */
  readonly onConflict?: "fail" | "replace" | "add";
  /** When the approval ends; milliseconds since the epoch. */
  readonly expires?: number;
}

export interface CreateTokenOptions {
  /** The name that the client will have. */
  readonly peer: string;
  /** `HOST:PORT` of the server, as clients reach it; the first is tried first. */
  readonly servers: readonly string[];
  readonly serverPin: KeyPin;
  /** Default 1 hour. */
  readonly forMs?: number;
  /** The network the client must come from, as CIDR. */
  readonly from?: string;
  /** Retires the keys that have the name when the token is used. */
  readonly replace?: boolean;
}

/** Ninety days. */
const MOST_TOKEN_MS = 90 * 24 * 3600 * 1000;
const HOUR_MS = 3600 * 1000;

/**
 * What an operator does to a trust store. KEY is a pin, a fingerprint, a key id (14 characters will do) or a
 * peer's name; what it does not find, or finds twice, is an error and changes nothing.
 */
export class Operator {
  readonly #store: TrustStore;
  readonly #options: OperatorOptions;

  constructor(store: TrustStore, options: OperatorOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Trusts a pending, retired, ignored or revoked key, or accepts a new name of a trusted one. */
  async approve(key: string, options: ApproveOptions = {}): Promise<readonly KeyRecord[]> {
    const { pin } = this.#one(resolveKey(this.#store, key, "approve"));
    return this.#apply({ type: "approve", ...this.#origin(), pin, ...approval(options) });
  }

  /** Trusts the key of a certificate that was brought by hand. */
  async import(certificate: CertificateFacts, options: ApproveOptions = {}): Promise<readonly KeyRecord[]> {
    const change = { ...this.#origin(), certificate: toSeenCertificate(certificate), ...approval(options) };
    return this.#apply({ type: "import", ...change });
  }

  /** Revokes a key, or all keys of a peer: live connections end, old tickets are worthless. */
  async revoke(key: string): Promise<readonly KeyRecord[]> {
    return this.#apply({ type: "revoke", ...this.#origin(), pins: this.#pins(key, "revoke") });
  }

  /** Refuses a key from now on without calling it stolen. */
  async ignore(key: string): Promise<readonly KeyRecord[]> {
    return this.#apply({ type: "ignore", ...this.#origin(), pins: this.#pins(key, "ignore") });
  }

  /** Removes a key, or all keys of a peer; the name is free again. Returns what was removed. */
  async forget(key: string): Promise<readonly KeyRecord[]> {
    return this.#apply({ type: "forget", ...this.#origin(), pins: this.#pins(key, "forget") });
  }

  /** Gives a peer another name. */
  async rename(key: string, peer: string): Promise<readonly KeyRecord[]> {
    const [first] = resolveKey(this.#store, key, "rename");
    return this.#apply({ type: "rename", ...this.#origin(), pin: this.#one(first ? [first] : []).pin, peer });
  }

  /** Accepts first use, whatever the policy of the servers, for a while; 0 closes the window. Returns its end. */
  async openFirstUse(forMs: number): Promise<number> {
    const origin = this.#origin();
    const until = origin.at + forMs;
    if (!Number.isSafeInteger(until)) {
      throw new HandclaspError("ERR_HANDCLASP_OPTION", `first use cannot be open for ${forMs} ms`);
    }
    await this.#apply({ type: "open-first-use", ...origin, until });
    return until;
  }

  /** Invites one client. Only what is returned can join: the store keeps no more than the public key. */
  async createToken({
    peer,
    servers,
    serverPin,
    forMs = HOUR_MS,
    from,
    replace,
  }: CreateTokenOptions): Promise<JoinToken> {
    const origin = this.#origin();
    const name = toPeerName(peer);
    if (!name.ok) {
      throw new HandclaspError("ERR_HANDCLASP_NAME", `this cannot be a peer's name: ${name.problem}`);
    }
    if (from !== undefined && parseIpNetwork(from) === undefined) {
      throw new HandclaspError("ERR_HANDCLASP_OPTION", `"${from}" is no IP network`, {
        hint: "write it like 192.0.2.0/24 or 2001:db8::/32",
      });
    }
    if (!(forMs >= 1000 && forMs <= MOST_TOKEN_MS)) {
      throw new HandclaspError("ERR_HANDCLASP_OPTION", `a token cannot be good for ${forMs} ms`, {
        hint: "from a second to 90 days",
      });
    }
    const expires = Math.floor((origin.at + forMs) / 1000) * 1000;
    const token = createJoinToken({ peer: name.name, servers, serverPin, expires });
    const publicKey = joinTokenPublicKey(token);
    const { id } = token;
    const kept = {
      id,
      publicKey,
      peer: name.name,
      serverPin,
      from: from ?? null,
      replace: replace === true,
      expires,
    };
    await this.#apply({ type: "create-token", ...origin, token: kept });
    return token;
  }

  /** Makes a token worthless before it is used. The beginning of its id will do, if it is the only such one. */
  async cancelToken(id: string): Promise<TokenRecord> {
    const found = this.#store.tokens().filter((token) => token.id.startsWith(id.toLowerCase()));
    const [token, another] = found;
    if (token === undefined || id === "") {
      throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", `no join token "${id}"`, {
        hint: "handclasp token list shows those there are",
      });
    }
    if (another !== undefined) {
      throw new HandclaspError("ERR_HANDCLASP_AMBIGUOUS", `${found.length} join tokens begin with "${id}"`);
    }
    await this.#apply({ type: "cancel-token", ...this.#origin(), id: token.id });
    return this.#store.token(token.id) ?? token;
  }

  #pins(key: string, verb: "revoke" | "ignore" | "forget"): readonly KeyPin[] {
    return resolveKey(this.#store, key, verb).map(({ pin }) => pin);
  }

  #one(keys: readonly KeyRecord[]): KeyRecord {
    const [key] = keys;
    if (key === undefined) throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", "no such key");
    return key;
  }

  async #apply(change: Change): Promise<readonly KeyRecord[]> {
    const outcome = await this.#store.apply(change);
    if (outcome.kind === "changed") return outcome.keys;
    throw new HandclaspError("ERR_HANDCLASP_CONFLICT", `the store refused this: ${outcome.reason}`);
  }

  #origin(): { at: number; actor: Actor } {
    const { user, process, now } = this.#options;
    return { at: now(), actor: { user, process, address: null } };
  }
}

function approval({ name, onConflict, expires }: ApproveOptions): {
  peer: string | null;
  onConflict: "fail" | "replace" | "add";
  expires: number | null;
} {
  return { peer: name ?? null, onConflict: onConflict ?? "fail", expires: expires ?? null };
}
