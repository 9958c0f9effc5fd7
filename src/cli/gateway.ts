import { Command } from "commander";
import type { IdentityPem } from "../client/identity.ts";
import { formatServerAddress } from "../client/server-address.ts";
import type { CertificateFiles, ListenerConfig } from "../gateway/config.ts";
import { Gateway } from "../gateway/gateway.ts";
import { openStore } from "../store/open-store.ts";
import { processName } from "./context.ts";
import { addGatewayOptions, type GatewayOptions, toGatewayConfig } from "./gateway-options.ts";
import { logGateway } from "./gateway-log.ts";
import { recordServer } from "./record-server.ts";
import { serverIdentity } from "./serve-identity.ts";
import { stopSignal } from "./serve-listen.ts";
import { ServeLog } from "./serve-log.ts";
import { useTrustCa } from "./serve-trust-ca.ts";

/** `gateway`: lets clients it knows through to a service. */
export function command(): Command {
  return addGatewayOptions(new Command("gateway")).action(run);
}

async function run(options: GatewayOptions, verb: Command): Promise<void> {
  const config = toGatewayConfig(verb, options);
  const stopped = stopSignal();
  const log = new ServeLog(options.json === true);
  const name = processName("gateway");
  await using store = openStore(config.store, { process: name });
  const identityOf = (files: CertificateFiles | undefined): Promise<IdentityPem> =>
    serverIdentity(store, files ?? {});
  const gateway = new Gateway(config, {
    store,
    now: Date.now,
    process: name,
    identityOf,
    useTrustCa,
    onEvent: logGateway(log),
    onError: (error) => log.failed(error),
  });
  try {
    const addresses = await gateway.start();
    for (const [at, listener] of config.listeners.entries()) {
      const address = addresses[at];
      if (address === undefined) continue;
      const identity = await serverIdentity(store, listener.certificate ?? {});
      const record = await recordServer(store, identity, address);
      log.write({ event: "listening", ...facts(listener), ...record, store: store.url });
    }
    const signal = await stopped;
    log.write({ event: "stopping", signal });
  } finally {
    await gateway.close();
  }
}

function facts({ name, mode, to, policy, clientCertificate, trustCa }: ListenerConfig): object {
  const upstream = to.kind === "unix" ? `unix:${to.path}` : formatServerAddress(to.address);
  return { listener: name, mode, to: upstream, ...policy, clientCertificate, trustCa };
}
