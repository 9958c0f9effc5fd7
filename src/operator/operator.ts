import {
  ANYTHING,
  BOOLEAN,
  check,
  checkOptions,
  COUNT,
  FUNCTION,
  OBJECT,
  oneOf,
  type OptionRules,
  TEXT,
} from "../check-options.ts";
import { HandclaspError } from "../errors.ts";
import type { CertificateFacts } from "../x509/certificate-facts.ts";
import type { ApiTokenRecord } from "../trust/records/api-token-record.ts";
import {
  type ApproveChange,
  type Change,
  type ChangeOrigin,
  COMPARED,
  type Compared,
  type KeyChange,
  type SeenKey,
} from "../trust/records/change.ts";
import { STORE } from "../trust/trust-options.ts";
import type { OperatorWay } from "../trust/records/events.ts";
import { actOnMany, type KeyOutcome, type ManyAct, type ManyKey } from "./act-on-many.ts";
import {
  type CreateApiTokenOptions,
  type CreatedApiToken,
  issueApiToken,
} from "./secrets/issue-api-token.ts";
import { type CreateTokenOptions, invite } from "./secrets/invite.ts";
import { type RestoreOptions, type RestoreReport, restoreStore } from "./restore-store.ts";
import { theOnly } from "./secrets/the-only.ts";
import type { JoinToken } from "../trust/naming/join-token.ts";
import type { KeyRecord } from "../trust/records/key-record.ts";
import { toMoment } from "../trust/records/moment.ts";
import { type Scope, SCOPES } from "../trust/records/scope.ts";
import { toNote } from "../trust/records/note.ts";
import type { TokenRecord } from "../trust/records/token-record.ts";
import { toSeenCertificate } from "../trust/judging/seen-certificate.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";

export interface OperatorOptions {
  /** Who is acting, for events. */
  readonly user: string | null;
  /** What runs, with its process id. */
  readonly process: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How the operator came; default nothing is said of it. */
  readonly via?: OperatorWay;
  /** The key id of the operator's own key, where there is one. */
  readonly keyId?: string;
  /**
   * What whoever acts may do at the most; what needs more throws ERR_HANDCLASP_SCOPE. With one, whichever it is, the last
   * trusted key of the group `operators` stays (ERR_HANDCLASP_LAST_ADMIN). Default for who has the store itself: everything.
   */
  readonly scope?: Scope;
}

export interface ImportOptions {
  /** The name to bind instead of the claimed one. */
  readonly name?: string;
  /** What happens to other keys that hold the name; default `fail`. */
  readonly onConflict?: "fail" | "replace" | "add";
  /**
   * When the approval ends; milliseconds since the epoch, null for never. By default a trusted key keeps the end that it
   * has, and any other gets none.
   */
  readonly expires?: number | null;
}

export interface ActOptions {
  /**
   * The key, or all keys, as they were looked at: their `version`, and what else of them is given. When others are meant by
   * now, or one of them is not like that any more, the act throws ERR_HANDCLASP_CHANGED and changes nothing.
   */
  readonly seen?: SeenKey | readonly SeenKey[];
  /** Hears the number of the event by which it can be undone, where there is one, before what was done is returned. */
  readonly onEvent?: (sequence: number) => void;
  /** Is called before what was done is returned, where it holds on this machine alone so far: the log is away. */
  readonly onLater?: () => void;
}

export interface ManyOptions extends Omit<ImportOptions, "name"> {
  /** How the keys were compared that say nothing else, for `approve`; default nothing is said of it. */
  readonly compared?: Compared;
  /** Default false. */
  readonly dryRun?: boolean;
}

export interface ApproveOptions extends ImportOptions, ActOptions {
  /** How the key was compared with the one that its owner has; default nothing is said of it. */
  readonly compared?: Compared;
}

/** What stays in the way of a window of first use. */
export interface WindowOptions {
  /** How many keys may come; the last one closes the window. Default any number. */
  readonly max?: number | null;
  /** The network that they must come from, as CIDR; others meet the policy of the servers. Default any. */
  readonly from?: string | null;
}

const RULES: OptionRules<OperatorOptions> = {
  user: { mustBe: "a text or null", allows: (value) => value === null || typeof value === "string" },
  process: TEXT,
  now: FUNCTION,
  via: oneOf("cli", "certificate", "link", "bearer"),
  keyId: TEXT,
  scope: oneOf(...SCOPES),
};
const HOW = oneOf(...COMPARED);
const APPROVAL: OptionRules<ImportOptions & ActOptions> = {
  name: TEXT,
  onConflict: oneOf("fail", "replace", "add"),
  // Its bounds are those of `toMoment`.
  expires: ANYTHING,
  seen: OBJECT,
  onEvent: FUNCTION,
  onLater: FUNCTION,
};
const COMPARED_APPROVAL: OptionRules<ApproveOptions> = { ...APPROVAL, compared: HOW };
const ACTS = oneOf("approve", "revoke", "ignore", "setAside", "forget");
const MANY: OptionRules<ManyOptions> = {
  onConflict: oneOf("fail", "replace", "add"),
  expires: ANYTHING,
  compared: HOW,
  dryRun: { mustBe: "true or false", allows: (value) => typeof value === "boolean" },
};
const RESTORE: OptionRules<RestoreOptions> = { dryRun: BOOLEAN, dangerouslyFromAnotherChain: BOOLEAN };
const ACT: OptionRules<ActOptions> = { seen: OBJECT, onEvent: FUNCTION, onLater: FUNCTION };
// Their bounds are those of the change.
const WINDOW: OptionRules<WindowOptions> = { max: ANYTHING, from: ANYTHING };

/**
 * What an operator does to a trust store. KEY is a pin, a fingerprint, a key id (14 characters will do) or a
 * peer's name, looked up at the moment of the change; what it does not find, or finds twice, is an error and changes
 * nothing.
 */
export class Operator {
  readonly #store: TrustStore;
  readonly #options: OperatorOptions;

  constructor(store: TrustStore, options: OperatorOptions) {
    check("the store of Operator", store, STORE);
    checkOptions("Operator", options, RULES, ["user", "process", "now"]);
    this.#store = store;
    this.#options = options;
  }

  /**
   * Trusts a pending, retired, ignored or revoked key, or accepts a new name of a trusted one. Returns it, then those
   * that it replaces.
   */
  async approve(key: string, options: ApproveOptions = {}): Promise<readonly KeyRecord[]> {
    checkOptions("an approval", options, COMPARED_APPROVAL);
    const change = { key, ...approval(options), ...comparedBy(options), ...seenBy(options) };
    return this.#apply({ type: "approve", ...this.#origin(), ...change }, options);
  }

  /**
   * Trusts the key of a certificate that was brought by hand. Returns it, then those that it replaces. Throws
   * ERR_HANDCLASP_CERTIFICATE_MALFORMED when it needs a name because the one it claims cannot be read.
   */
  async import(certificate: CertificateFacts, options: ImportOptions = {}): Promise<readonly KeyRecord[]> {
    checkOptions("an approval", options, APPROVAL);
    const change = { ...this.#origin(), certificate: toSeenCertificate(certificate), ...approval(options) };
    if (certificate.nameProblem !== undefined && change.peer === null) throw nameless(certificate);
    return this.#apply({ type: "import", ...change });
  }

  /** Revokes a key, or all keys that a peer has then: live connections end, old tickets are worthless. */
  async revoke(key: string, options: ActOptions = {}): Promise<readonly KeyRecord[]> {
    return this.#apply({ type: "revoke", ...this.#origin(), key, ...looked("revoke()", options) }, options);
  }

  /** Refuses a key from now on without calling it stolen. */
  async ignore(key: string, options: ActOptions = {}): Promise<readonly KeyRecord[]> {
    return this.#apply({ type: "ignore", ...this.#origin(), key, ...looked("ignore()", options) }, options);
  }

  /**
   * Takes the trust from a key, or from all keys that a peer has then, until it is approved again: live connections end, old
   * tickets are worthless. Its name and groups wait for it: nobody gets them by first use.
   */
  async setAside(key: string, options: ActOptions = {}): Promise<readonly KeyRecord[]> {
    return this.#apply(
      { type: "set-aside", ...this.#origin(), key, ...looked("setAside()", options) },
      options,
    );
  }

  /**
   * Does one act to many keys, in this order and a few hundred in one transaction; each has an outcome of its own. As a dry
   * run it says what each by itself would come to, and changes nothing.
   */
  async many(
    act: ManyAct,
    keys: Iterable<string | ManyKey>,
    options: ManyOptions = {},
  ): Promise<readonly KeyOutcome[]> {
    check("the act", act, ACTS);
    checkOptions("many()", options, MANY);
    const { dryRun = false, ...approved } = options;
    const origin = this.#origin();
    const changes = Array.from(keys, (one) => {
      const { key, ...rest } = typeof one === "string" ? { key: one } : one;
      const seen = seenBy(rest);
      if (act === "approve") {
        const how = comparedBy({ ...approved, ...rest });
        return { type: act, ...origin, key, ...approval(approved), ...how, ...seen } as const;
      }
      return { type: act === "setAside" ? "set-aside" : act, ...origin, key, ...seen } as const;
    });
    return actOnMany(this.#store, changes, dryRun);
  }

  /**
   * Removes a key, or all keys of a peer; the name is free again. Returns what was removed. Nothing brings it back.
   */
  async forget(key: string, options: ActOptions = {}): Promise<readonly KeyRecord[]> {
    return this.#apply({ type: "forget", ...this.#origin(), key, ...looked("forget()", options) }, options);
  }

  /** Gives a peer another name. */
  async rename(key: string, peer: string, options: ActOptions = {}): Promise<readonly KeyRecord[]> {
    return this.#apply(
      { type: "rename", ...this.#origin(), key, peer, ...looked("rename()", options) },
      options,
    );
  }

  /**
   * Writes down what is to be known of a key, in at most 1000 characters; an empty text removes it. A pending key with a
   * note is not pushed out by others. Throws ERR_HANDCLASP_OPTION for a text that is no note.
   */
  async note(key: string, text: string, options: ActOptions = {}): Promise<readonly KeyRecord[]> {
    const note = toNote(text);
    return this.#apply(
      { type: "write-note", ...this.#origin(), key, note, ...looked("note()", options) },
      options,
    );
  }

  /**
   * Takes back what an event says, as a new event: an approval (with what it replaced), `revoke`, `ignore`, `setAside`,
   * `rename`, a group that a peer came into or left, or an `undo`. Returns the keys as they are then. A key that nobody had
   * decided about waits then, for operators alone. Throws ERR_HANDCLASP_CHANGED when a key was changed since,
   * ERR_HANDCLASP_CONFLICT when its name was given to another one since, ERR_HANDCLASP_STATE for any other event.
   */
  async undo(sequence: number, options: ActOptions = {}): Promise<readonly KeyRecord[]> {
    check("the event to undo", sequence, COUNT);
    return this.#apply({ type: "undo", ...this.#origin(), sequence, ...looked("undo()", options) }, options);
  }

  /** Puts a peer into a group, with all its keys, those it gets later too. */
  async addToGroup(group: string, key: string, options: ActOptions = {}): Promise<readonly KeyRecord[]> {
    const seen = looked("addToGroup()", options);
    return this.#apply({ type: "add-to-group", ...this.#origin(), group, key, ...seen }, options);
  }

  /** Takes a peer out of a group: where only the group is let in, its live connections end. */
  async removeFromGroup(group: string, key: string, options: ActOptions = {}): Promise<readonly KeyRecord[]> {
    const seen = looked("removeFromGroup()", options);
    return this.#apply({ type: "remove-from-group", ...this.#origin(), group, key, ...seen }, options);
  }

  /**
   * Accepts first use, whatever the policy of the servers, for a while, of as many keys and from where the options say; 0
   * closes the window. Returns its end.
   */
  async openFirstUse(forMs: number, options: WindowOptions = {}): Promise<number> {
    checkOptions("a window of first use", options, WINDOW);
    const { max = null, from = null } = options;
    const origin = this.#origin();
    const until = toMoment("the end of first use", origin.at + forMs);
    await this.#apply({ type: "open-first-use", ...origin, until, max, from });
    return until;
  }

  /**
   * Invites one client: `encodeJoinToken` makes what is returned into the string to hand over. Nothing else can join
   * with it: the store keeps no more than the public key. Throws ERR_HANDCLASP_CONFLICT when a trusted key has the name.
   */
  async createToken(options: CreateTokenOptions): Promise<JoinToken> {
    const origin = this.#origin();
    const { token, kept } = invite(options, origin.at);
    await this.#apply({ type: "create-token", ...origin, token: kept });
    return token;
  }

  /** Makes a token worthless before it is used. The beginning of its id will do, if it is the only such one. */
  async cancelToken(id: string): Promise<TokenRecord> {
    const token = await theOnly("join token", id, (page) => this.#store.listTokens(page));
    await this.#apply({ type: "cancel-token", ...this.#origin(), id: token.id });
    return this.#store.token(token.id) ?? token;
  }

  /**
   * Leads trust back to what a backup of the store says, by changes of their own: nothing that happened since is gone, and
   * keys that were revoked, retired or ignored since, and tokens that ended, stay so. Keys that came since wait for approval.
   * `undo` takes none of it back. Throws ERR_HANDCLASP_AUDIT for a backup that was edited, is of another store or
   * goes on beyond the end of this one.
   */
  async restore(backup: TrustStore, options: RestoreOptions = {}): Promise<RestoreReport> {
    check("the backup", backup, STORE);
    checkOptions("a restore", options, RESTORE);
    return restoreStore(this.#store, backup, () => this.#origin(), options);
  }

  /** A key to the API, for a program or a person who signs in with it. Whoever has its text has its scope, until it ends. */
  async createApiToken(options: CreateApiTokenOptions): Promise<CreatedApiToken> {
    const origin = this.#origin();
    const { created, kept } = issueApiToken(options, origin.at);
    await this.#apply({ type: "create-api-token", ...origin, token: kept });
    return created;
  }

  /** Makes an API token worthless. The beginning of its id will do, if it is the only such one; sessions that began with it end. */
  async cancelApiToken(id: string): Promise<ApiTokenRecord> {
    const token = await theOnly("API token", id, (page) => this.#store.listApiTokens(page));
    const origin = this.#origin();
    await this.#apply({ type: "cancel-api-token", ...origin, id: token.id });
    await this.#store.endSessions(token.hash);
    return this.#store.apiToken(token.hash) ?? token;
  }

  async #apply(change: Change, { onEvent, onLater }: ActOptions = {}): Promise<readonly KeyRecord[]> {
    const outcome = await this.#store.apply(change);
    if (outcome.kind === "changed") {
      if (outcome.event !== undefined) onEvent?.(outcome.event);
      if (outcome.later === true) onLater?.();
      return outcome.keys;
    }
    throw new HandclaspError("ERR_HANDCLASP_CONFLICT", `the store refused this: ${outcome.reason}`);
  }

  #origin(): ChangeOrigin {
    const { user, process, now, via, keyId, scope } = this.#options;
    const way = { ...(via !== undefined && { via }), ...(keyId !== undefined && { keyId }) };
    const actor = { user, process, address: null, listener: null, ...way };
    return { at: now(), actor, ...(scope !== undefined && { scope }) };
  }
}

/** What it claims cannot be read, so the operator has to say what it is called. */
function nameless({ nameProblem = "" }: CertificateFacts): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_CERTIFICATE_MALFORMED", nameProblem, {
    hint: "the key is sound: say what to call it",
    remedies: [{ act: "import-certificate", at: "server", options: { name: "NAME" } }],
  });
}

function looked(of: string, options: ActOptions): Seen {
  checkOptions(of, options, ACT);
  return seenBy(options);
}

type Seen = Pick<KeyChange, "seen">;

/** No more of the keys than the store compares. */
function seenBy({ seen }: ActOptions): Seen {
  if (seen === undefined) return {};
  const all = (Array.isArray(seen) ? seen : [seen]) as readonly SeenKey[];
  return {
    seen: all.map(({ version, claimedName, pin }) => {
      check("the version that was seen", version, COUNT);
      return {
        version,
        ...(claimedName !== undefined && { claimedName }),
        ...(pin !== undefined && { pin }),
      };
    }),
  };
}

function comparedBy({ compared }: { readonly compared?: Compared }): Pick<ApproveChange, "compared"> {
  if (compared === undefined) return {};
  check("compared", compared, HOW);
  return { compared };
}

function approval(options: ImportOptions): {
  peer: string | null;
  onConflict: "fail" | "replace" | "add";
  expires?: number | null;
} {
  const { name, onConflict, expires } = options;
  const end = typeof expires === "number" ? toMoment("expires", expires) : expires;
  return {
    peer: name ?? null,
    onConflict: onConflict ?? "fail",
    ...(end !== undefined && { expires: end }),
  };
}
