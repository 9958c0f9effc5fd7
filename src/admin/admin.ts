import { randomBytes, randomInt } from "node:crypto";
import { type Context, Hono } from "hono";
import { ChainWatch } from "../operator/chain-watch.ts";
import { KeyComparison } from "../operator/compare-key.ts";
import { type ReplicationTrouble, troublesOf } from "../operator/replication/replication-trouble.ts";
import type { ChainHead, ChainReport } from "../trust/records/events.ts";
import type { AdminContext } from "./call/admin-context.ts";
import type { Identified } from "./call/caller.ts";
import { Problem, problemResponse, toProblem } from "./call/problem.ts";
import type { Route } from "./call/route.ts";
import { checkHost } from "./http/check-origin.ts";
import { admit, dispatch } from "./http/dispatch.ts";
import type { PageFiles } from "./page/page-files.ts";
import { pageResponse } from "./page/page-response.ts";
import { secure } from "./http/security-headers.ts";
import { adminRoutes } from "./routes/admin-routes.ts";
import { LoginLinks } from "./sign-in/login-links.ts";
import { Sessions } from "./sign-in/sessions.ts";
import { Hub } from "./stream/hub.ts";

export interface AdminOptions extends Omit<AdminContext, "comparison" | "watch" | "randomId"> {
  /** What the server may be called, with its port: every other `Host` is refused. */
  readonly hosts: Iterable<string>;
  /** What the connection of a request says of who sends it; `env` is what `fetch` got. */
  readonly identify: (env: unknown) => Identified;
  readonly page: PageFiles;
  /** Who uses a one-use link: the one who runs this process. */
  readonly user: string | null;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
  /** A while in which everything else goes on, between parts of long work that nobody waits for. */
  readonly rest: () => Promise<unknown>;
}

/** The operator's page and its API. */
export interface Admin {
  /** All of its routes, as data. */
  readonly routes: readonly Route[];
  /** The secret of a new link, which signs in once, within a minute. */
  readonly createLink: () => string;
  /** Answers a request; never fails. */
  readonly fetch: (request: Request, env: unknown) => Promise<Response>;
  /** Ends the sessions that began here. */
  readonly signOut: () => Promise<void>;
  /** Ends what is streamed. */
  readonly close: () => void;
}

type Env = { Bindings: { readonly of: unknown } };

/** Puts gates, routes and page together. Listens nowhere. */
export function createAdmin(options: AdminOptions): Admin {
  const { store, transport, identify, page, user, monotonic } = options;
  const hosts = new Set(Array.from(options.hosts, (host) => host.toLowerCase()));
  const sessions = new Sessions(options);
  const links = new LoginLinks(options);
  const comparison = new KeyComparison(store, { monotonic, random: (below) => randomInt(below) });
  const watch = new ChainWatch(store, options.rest);
  const hub = new Hub({
    store,
    monotonic,
    health: () => {
      const replication = store.replication();
      const troubles = replication === null ? [] : troublesOf(replication, options.now());
      return healthOf(watch.report, store.head(), troubles);
    },
    // What it cannot read is a problem that health has.
    verify: () => void watch.look().catch(() => undefined),
  });
  const routes = adminRoutes({ ...options, comparison, watch, randomId }, { sessions, links, user }, hub);
  const recogniser = { sessions, transport };
  const app = new Hono<Env>();

  const asked = ({ req, env }: Context<Env>, scope: Route["scope"]): ReturnType<typeof admit> => {
    const request = req.raw;
    const origin = `${transport === "tls" ? "https" : "http"}://${request.headers.get("host")}`;
    return admit(recogniser, { request, origin, identify: () => identify(env.of) }, scope);
  };
  for (const route of routes) {
    app.on(route.method, toPattern(route.path), (context) =>
      dispatch(route, asked(context, route.scope), context.req.param()),
    );
  }
  for (const [path, methods] of Map.groupBy(routes, (route) => route.path)) {
    app.all(toPattern(path), (context) => {
      asked(context, methods[0]?.scope ?? "read");
      const allow = methods.map(({ method }) => method).join(", ");
      throw new Problem(405, { code: "method" }, { allow });
    });
  }
  app.all("/v1/*", (context) => {
    asked(context, "read");
    throw new Problem(404, { code: "no-route" });
  });
  app.all("*", (context) => {
    const { method, path, raw } = context.req;
    if (method !== "GET" && method !== "HEAD")
      throw new Problem(405, { code: "method" }, { allow: "GET, HEAD" });
    const file = pageResponse(page, raw, path);
    if (file === undefined) throw new Problem(404, { code: "no-file" });
    return file;
  });
  app.onError((error) => problemResponse(toProblem(error)));

  return {
    routes,
    createLink: () => links.create(),
    async fetch(request, env) {
      try {
        checkHost(request, hosts);
        return secure(await app.fetch(request, { of: env }));
      } catch (error) {
        return secure(problemResponse(toProblem(error)));
      }
    },
    signOut: () => sessions.endAll(),
    close: () => hub.close(),
  };
}

/** `/v1/keys/{keyId}` as Hono has it. */
function toPattern(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function randomId(): string {
  return randomBytes(16).toString("base64url");
}

/** How far a chain was verified changes all the time; that it is whole, or broken, does not. */
function healthOf(
  { head, broken }: ChainReport,
  end: ChainHead,
  troubles: readonly ReplicationTrouble[],
): string {
  return JSON.stringify([broken, head.sequence === end.sequence, troubles.map(({ kind }) => kind)]);
}
