import type { GuardedConnection } from "../../../guard/connection/guarded-connection.ts";
import { parseIpNetwork } from "../../../trust/network/ip-network.ts";
import type { TrustChanges } from "../../../trust/happenings/trust-changes.ts";
import type { Client } from "../../access/allow-list.ts";
import { type RequestLists, type RequestRule, requestRules } from "../../access/welcome.ts";
import type { ForwardingListener } from "../../config/config.ts";
import { PathRules } from "../../config/path-rules.ts";
import { ServerNames } from "../../config/server-names.ts";
import type { ServiceContext } from "../../service/service.ts";
import type { AskedBy } from "../exchange/running-exchange.ts";
import { PeerFields, type PeerFieldsOptions } from "../fields/peer-fields.ts";
import { type RequestFields, toRequestFields } from "../fields/request-fields.ts";
import { readTarget, type RequestHead } from "../fields/request-target.ts";
import { type Denial, deniedWords } from "./denied-words.ts";

const VERSIONS: ReadonlySet<string> = new Set(["1.0", "1.1", "2.0"]);
/** Fields of a request; more are answered with 431, over HTTP/2 the stream is reset. */
export const MOST_FIELDS = 128;

/** What a request comes to before the upstream hears of it. */
export interface Vetted extends AskedBy {
  readonly fields: RequestFields;
}

/** The longest body that a listener takes, in bytes. */
export function mostOf({ maxBodyBytes }: Pick<ForwardingListener, "maxBodyBytes">): number {
  return maxBodyBytes === 0 ? Number.POSITIVE_INFINITY : maxBodyBytes;
}

interface RequestJudgeContext extends Pick<
  ServiceContext<ForwardingListener>,
  "config" | "isAllowed" | "onDenied"
> {
  /** Whether another request may go on now. */
  readonly hasRoom: () => boolean;
}

/** Says which requests of a listener may go on, and as what. */
export class RequestJudge {
  readonly #context: RequestJudgeContext;
  readonly #names: ServerNames;
  readonly #telling: PeerFieldsOptions;
  readonly #told = new WeakMap<GuardedConnection, PeerFields>();
  #trustRevision = 0;
  /** All of them have to allow a request. */
  #rules: readonly PathRules<RequestRule>[];

  /** Throws ERR_HANDCLASP_OPTION for a path rule that cannot be. */
  constructor(context: RequestJudgeContext) {
    const { config } = context;
    this.#context = context;
    this.#names = new ServerNames(config.serverNames);
    this.#telling = {
      proxies: config.acceptProxy.flatMap((network) => parseIpNetwork(network) ?? []),
      forms: config.forwarded,
      revision: () => this.#trustRevision,
    };
    this.#rules = [pathRules(config)];
  }

  /** Goes by other configurations from now on, each of them by itself. */
  goBy(configs: readonly RequestLists[]): void {
    this.#rules = configs.map(pathRules);
  }

  /** What was looked up of peers may be otherwise by now. */
  trustChanged(): void {
    this.#trustRevision += 1;
  }

  /** Whether the request may go on, and as what; else the status that refuses it. */
  vet(head: RequestHead): Vetted | number {
    try {
      return this.#vet(head);
    } catch {
      // Groups are in the trust store, which may be out of reach.
      return 500;
    }
  }

  /** The same of one that runs: a group that its peer left lets nothing go on, though the peer is in it again by now. */
  mayGoOn({ path, client }: AskedBy, changes: TrustChanges | undefined): boolean {
    if (this.#rules.every(({ isEmpty }) => isEmpty)) return true;
    const rules = this.#rulesFor(path);
    const left = client.peer && changes?.get(client.peer.pin)?.leftGroups;
    try {
      return rules !== undefined && this.#denial(client, rules, left) === undefined;
    } catch {
      return false;
    }
  }

  #vet(head: RequestHead): Vetted | number {
    const { connection, method, fields: sent } = head;
    if (connection === undefined) return 500;
    // Its answer would show whoever asks what we tell the upstream.
    if (method === "TRACE") return 405;
    if (!VERSIONS.has(head.version)) return 505;
    // Node takes it for ICE/1.0, too, which is no HTTP.
    if (method === "SOURCE") return 501;
    if (sent.size > MOST_FIELDS) return 431;
    const target = readTarget(head, this.#names);
    if (typeof target === "number") return target;
    const rules = this.#rulesFor(target.path);
    if (rules === undefined) return 400;
    const denial = this.#denial(connection, rules);
    if (denial !== undefined) {
      this.#context.onDenied(connection, deniedWords(denial, method, target.path));
      return 403;
    }
    if (!this.#context.hasRoom()) return 503;
    const fields = toRequestFields(sent, target.host, this.#tell(connection));
    // Above 2^53 it could not be said again as it was.
    const { contentLength = 0 } = fields;
    if (!Number.isSafeInteger(contentLength) || contentLength > mostOf(this.#context.config)) return 413;
    return { path: target.path, client: connection, fields };
  }

  /** The rules that have to allow a path; undefined is for 400. */
  #rulesFor(path: string): readonly RequestRule[] | undefined {
    let all: readonly RequestRule[] = [];
    for (const rules of this.#rules) {
      const here = rules.judge(path);
      if (here === undefined) return undefined;
      all = all.length === 0 ? here : [...all, ...here];
    }
    return all;
  }

  /** The first of the lists that does not have a client; all have to. */
  #denial(client: Client, rules: readonly RequestRule[], without?: readonly string[]): Denial | undefined {
    const { isAllowed } = this.#context;
    for (const { path, own, listeners } of rules) {
      if (own !== undefined && !isAllowed(client, own, without)) return { rule: path };
      if (listeners !== undefined && !isAllowed(client, listeners, without)) return { rule: undefined };
    }
    return undefined;
  }

  #tell(connection: GuardedConnection): PeerFields {
    const told = this.#told.get(connection);
    if (told !== undefined) return told;
    const made = new PeerFields(connection, this.#telling);
    this.#told.set(connection, made);
    return made;
  }
}

function pathRules(config: RequestLists): PathRules<RequestRule> {
  const { rules, rest } = requestRules(config);
  return new PathRules(rules, rest);
}
