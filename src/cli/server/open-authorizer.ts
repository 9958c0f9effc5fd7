import type { GatewayConfig } from "../../gateway/config/config.ts";
import type { AuthorizerMetrics } from "../../gateway/metrics/authorizer-metrics.ts";
import { Happenings } from "../../trust/happenings/happenings.ts";
import { AUTHORIZER } from "../../trust/records/sighting.ts";
import type { AuthorizerServer } from "../authorizer/authorizer-server.ts";
import { logHappenings } from "../log/log-happenings.ts";
import { warnAbout } from "./warn-about.ts";
import type { Accepting, AcceptOptions } from "./accepting.ts";

type OpenOptions = Pick<AcceptOptions, "verb" | "log" | "detail" | "printCertificate"> &
  Pick<Accepting, "store">;

/** The authorizer of a gateway, and what is counted of it. */
export interface OpenedAuthorizer extends AsyncDisposable {
  readonly server: AuthorizerServer;
  readonly metrics: AuthorizerMetrics | undefined;
}

/** Opens the one that a configuration has; it is loaded by those only who have one. Says where it listens. */
export async function openAuthorizer(
  { authorizer: config, maxPending, metrics: wanted }: GatewayConfig,
  { store, verb, log, detail, printCertificate }: OpenOptions,
): Promise<OpenedAuthorizer | undefined> {
  if (config === undefined) return undefined;
  await using opened = new AsyncDisposableStack();
  const happenings = new Happenings();
  logHappenings(happenings, { log, detail, printCertificate });
  const metrics = wanted && opened.use(await metricsOf(happenings));
  const { AuthorizerServer: Server } = await import("../authorizer/authorizer-server.ts");
  const server = opened.use(await Server.open({ config, store, verb, maxPending, happenings, log }));
  const { validity } = config.policy;
  const about = { name: AUTHORIZER, isOfFile: true };
  warnAbout({ trustCa: "none", clientCertificate: "required", validity }, log, about);
  log.write({ event: "authorizer", ...server.told });
  const ours = opened.move();
  return { server, metrics, [Symbol.asyncDispose]: () => ours.disposeAsync() };
}

/** prom-client is loaded by those only who want metrics. */
async function metricsOf(happenings: Happenings): Promise<AuthorizerMetrics> {
  const { AuthorizerMetrics: Metrics } = await import("../../gateway/metrics/authorizer-metrics.ts");
  return new Metrics(happenings);
}
