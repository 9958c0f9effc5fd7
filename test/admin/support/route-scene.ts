import assert from "node:assert/strict";
import type { Route } from "../../../src/admin/call/route.ts";
import type { Scope } from "../../../src/trust/records/scope.ts";
import { OpenAdmin } from "./open-admin.ts";
import { bearers, fill, type Sample, sampleOf, type Sampled } from "./samples.ts";

type Headers = Readonly<Record<string, string>>;

export interface Asked {
  readonly sample?: Partial<Sample>;
  readonly headers?: Headers;
  readonly method?: string;
  /** As it is, instead of a body in JSON. */
  readonly raw?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: globalThis.Headers;
  readonly text: string;
  readonly code: string | undefined;
  readonly pointer: string | undefined;
}

/** The API with somebody in it, asked by whoever. */
export class Scene implements AsyncDisposable {
  readonly api: OpenAdmin;
  readonly about: Sampled;
  readonly bearers: Readonly<Record<Scope, string>>;

  private constructor(api: OpenAdmin, about: Sampled, tokens: Readonly<Record<Scope, string>>) {
    this.api = api;
    this.about = about;
    this.bearers = tokens;
  }

  static async open(): Promise<Scene> {
    const api = await OpenAdmin.open();
    const about = await fill(api.store);
    return new Scene(api, about, await bearers(api.store));
  }

  get routes(): readonly Route[] {
    return this.api.admin.routes;
  }

  /** A good request for the route, but for what is said otherwise. */
  async ask(route: Route, { sample, headers = {}, method = route.method, raw }: Asked = {}): Promise<Answer> {
    const { path: named, body, query, of } = { ...sampleOf(route, this.about), ...sample };
    const path = named.includes("{selection}")
      ? named.replace("{selection}", await this.#select(headers))
      : named;
    const version = of === undefined ? undefined : this.api.store.key(of)?.version;
    const text = raw ?? (body === undefined || method === "GET" ? undefined : JSON.stringify(body));
    const controller = new AbortController();
    const response = await fetch(`${this.api.origin}${path}${toQuery(query)}`, {
      method,
      signal: controller.signal,
      headers: {
        ...(text !== undefined && { "content-type": "application/json" }),
        ...(version !== undefined && { "if-match": `"${version}"` }),
        ...headers,
      },
      ...(text !== undefined && { body: text }),
    });
    const isStream = response.headers.get("content-type") === "text/event-stream";
    const answered = isStream ? "" : await response.text();
    if (isStream) controller.abort();
    const isProblem = response.headers.get("content-type") === "application/problem+json";
    const problem = isProblem ? (JSON.parse(answered) as { code?: string; pointer?: string }) : {};
    return {
      status: response.status,
      headers: response.headers,
      text: answered,
      code: problem.code,
      pointer: problem.pointer,
    };
  }

  /** Those who may have a selection of their own, for `apply`. */
  async #select(headers: Headers): Promise<string> {
    const response = await fetch(`${this.api.origin}/v1/selections`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ q: "state:pending", act: "ignore" }),
    });
    const { id = "none" } = (await response.json()) as { readonly id?: string };
    return id;
  }

  /** Whether anything of trust became another since. */
  state(): unknown {
    const { store } = this.api;
    const { pin, undone, token } = this.about;
    return [store.head(), store.key(pin), store.key(undone), store.token(token)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]();
  }
}

function toQuery(query: Sample["query"]): string {
  return query === undefined ? "" : `?${new URLSearchParams(query).toString()}`;
}

export const routeName = ({ method, path }: Route): string => `${method} ${path}`;
export const isForOperators = ({ scope }: Route): boolean => scope !== "anybody";

/** Asks each route, and looks that nothing changed and nothing of anybody is said to whoever may not know. */
export async function refusesAll(
  scene: Scene,
  routes: readonly Route[],
  ask: (route: Route) => Promise<Answer>,
  check: (answer: Answer, route: Route) => void,
): Promise<void> {
  const before = scene.state();
  for (const route of routes) {
    const answer = await ask(route);
    check(answer, route);
    assert.deepEqual(scene.state(), before, routeName(route));
  }
}
