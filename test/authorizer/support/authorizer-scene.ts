import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { Authorizer, type AuthorizerSecrets } from "../../../src/authorizer/authorizer.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { Happenings } from "../../../src/trust/happenings/happenings.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { Policy } from "../../../src/trust/records/policy.ts";
import { Trust } from "../../../src/trust/trust.ts";

/** Names and values, as they stand in a request. */
export type Fields = readonly (readonly [string, string])[];

export interface Asked {
  readonly path: string;
  readonly fields?: Fields;
  readonly method?: string;
}

export interface Verdict {
  readonly status: number | undefined;
  readonly key: string | undefined;
  readonly peer: string | undefined;
  readonly reason: string | undefined;
}

const NOBODY: AuthorizerSecrets = { secret: undefined, ownPins: [] };

/** An authorizer over a store in memory, and who operates it. */
export class AuthorizerScene implements AsyncDisposable {
  readonly happenings: Happenings = new Happenings();
  readonly store: TrustStore = openMemoryStore();
  readonly operator: Operator;
  readonly authorizer: Authorizer;
  readonly #trust: Trust;

  private constructor(policy: Partial<Policy>, secrets: AuthorizerSecrets) {
    const { store, happenings } = this;
    const process = "authorizer";
    this.#trust = new Trust(store, { policy, now: Date.now, process });
    this.operator = new Operator(store, { user: "olga", process, now: Date.now });
    this.authorizer = new Authorizer({ trust: this.#trust, happenings, isAble: () => true }, secrets);
  }

  static async open(
    policy: Partial<Policy> = {},
    secrets: Partial<AuthorizerSecrets> = {},
  ): Promise<AuthorizerScene> {
    const scene = new AuthorizerScene(policy, { ...NOBODY, ...secrets });
    scene.authorizer.server.listen(0, "127.0.0.1");
    await once(scene.authorizer.server, "listening");
    return scene;
  }

  async ask({ path, fields = [], method = "GET" }: Asked): Promise<Verdict> {
    const { port } = this.authorizer.server.address() as AddressInfo;
    const asking = request({ host: "127.0.0.1", port, path, method, headers: fields.flat(), agent: false });
    asking.end();
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    response.resume();
    const value = (name: string): string | undefined => response.headers[name]?.toString();
    return {
      status: response.statusCode,
      key: value("handclasp-key"),
      peer: value("handclasp-peer"),
      reason: value("handclasp-reason"),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { server } = this.authorizer;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
    await this.#trust[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }
}
