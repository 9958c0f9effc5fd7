import { once } from "node:events";
import { type Agent, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { Authorizer } from "../../../src/authorizer/authorizer.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import type { Happening } from "../../../src/trust/happenings/happening.ts";
import { Happenings } from "../../../src/trust/happenings/happenings.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { Policy } from "../../../src/trust/records/policy.ts";
import { Trust } from "../../../src/trust/trust.ts";
import type { TestIdentity } from "../../guard/support/identities.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { PATIENCE_MS } from "../../support/patience.ts";

const FOLDER = temporaryFolder();
let stores = 0;

export interface Answer {
  readonly status: number;
  /** As they were sent, names in lower case. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
}

/** So that tests come to their end. */
const FEW = { perNetwork: { burst: 3, perSecond: 0.001 } };

/** One authorizer on a store in a file. */
export class AuthorizerOnFile implements AsyncDisposable {
  readonly store: TrustStore;
  readonly operator: Operator;
  readonly authorizer: Authorizer;
  readonly told: Happening[] = [];
  readonly #trust: Trust;
  isAble = true;

  static async open(policy: Partial<Policy> = {}, secret?: string): Promise<AuthorizerOnFile> {
    const place = new AuthorizerOnFile(policy, secret);
    place.authorizer.server.listen(0, "127.0.0.1");
    await once(place.authorizer.server, "listening");
    return place;
  }

  private constructor(policy: Partial<Policy>, secret: string | undefined) {
    const happenings = new Happenings();
    const types = ["met", "rotated", "recognised", "refused", "failed"] as const;
    happenings.subscribe(types, (happening) => this.told.push(happening));
    this.store = openSqliteStore(join(FOLDER, `${++stores}.db`));
    this.#trust = new Trust(this.store, { policy, now: Date.now, process: "test", limits: FEW });
    this.operator = new Operator(this.store, { user: "olga", process: "test", now: Date.now });
    this.authorizer = new Authorizer(
      { trust: this.#trust, happenings, isAble: () => this.isAble },
      { secret, ownPins: [] },
    );
  }

  /** From now on nobody can say which groups anybody is in. */
  breakGroups(): void {
    const problem = new Error("no groups today");
    const groupsOf = (): never => {
      throw problem;
    };
    Object.assign(this.#trust, { groups: { groupsOf, isMember: groupsOf } });
  }

  get port(): number {
    return (this.authorizer.server.address() as AddressInfo).port;
  }

  async ask(
    path: string,
    fields: readonly string[] = [],
    { method = "GET", body = "", agent }: { method?: string; body?: string; agent?: Agent } = {},
  ): Promise<Answer> {
    const about = {
      host: "127.0.0.1",
      port: this.port,
      path,
      method,
      headers: ["Host", "authorizer", ...fields],
    };
    const asking = request({ ...about, agent: agent ?? false });
    asking.end(body);
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    let text = "";
    for await (const piece of response.setEncoding("utf8")) text += String(piece);
    const { rawHeaders } = response;
    const names = rawHeaders.filter((_, at) => at % 2 === 0);
    return {
      status: response.statusCode ?? 0,
      fields: names.map((name, at) => [name.toLowerCase(), rawHeaders[at * 2 + 1] ?? ""] as const),
      body: text,
    };
  }

  /** What comes back for bytes, until the server closes or has answered so often. */
  async send(bytes: string, answers = 1, behind = ""): Promise<string> {
    const socket = connect(this.port, "127.0.0.1");
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    // What comes after its end is refused by a reset, which is no answer.
    socket.on("error", () => undefined);
    socket.write(bytes);
    if (behind !== "") setImmediate(() => socket.write(behind));
    let text = "";
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    socket.setEncoding("latin1").on("data", (piece) => {
      text += String(piece);
      if (text.split("HTTP/1.1 ").length > answers) resolve();
    });
    socket.on("close", () => resolve());
    await ended;
    socket.destroy();
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { server } = this.authorizer;
    server.close();
    server.closeAllConnections();
    await this.#trust[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }
}

export function valueOf({ fields }: Answer, name: string): string | undefined {
  return fields.find(([given]) => given === name)?.[1];
}

/** A certificate as Caddy hands it over. */
export function caddy({ facts }: TestIdentity): readonly string[] {
  return ["Client-Cert", `:${Buffer.from(facts.der).toString("base64")}:`];
}
