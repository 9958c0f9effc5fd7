import type { GatewayConfig, ListenerConfig } from "../../gateway/config/config.ts";
import type { ListenOn } from "../../gateway/listening/listener.ts";
import { passedSockets } from "../../gateway/service-manager.ts";
import { TicketKeyring } from "../../gateway/tickets/ticket-keyring.ts";
import { TICKET_ROTATION, TicketSecretSource } from "../../gateway/tickets/ticket-secrets.ts";
import { HandclaspError } from "../../errors.ts";
import type { Accepting, AcceptOptions } from "./accepting.ts";
import { GatewayProcess } from "./process.ts";

/** Accepts connections in this process. */
export async function acceptAlone(config: GatewayConfig, options: AcceptOptions): Promise<Accepting> {
  const source = new TicketSecretSource(TICKET_ROTATION, (secrets) => keyring.update(secrets));
  const keyring = new TicketKeyring(source.secrets, (generation) => source.renew(generation));
  const listenOn = socketsFor(config);
  const gateway = await GatewayProcess.open(config, {
    ...options,
    ticketKeys: (context) => keyring.keysFor(context),
    ...(listenOn && { listenOn }),
  });
  const stop = async (): Promise<void> => {
    source[Symbol.dispose]();
    await gateway[Symbol.asyncDispose]();
  };
  try {
    const addresses = await gateway.start();
    return {
      store: gateway.store,
      addresses,
      reports: async () => [await gateway.report()],
      health: async () => [{ awake: true, unready: gateway.unready() }],
      async reload(next) {
        const prepared = await gateway.prepare(next);
        const now = prepared.commit();
        // Guards that are new do not know whom former ones gave tickets to.
        source.holdersLost();
        return now;
      },
      drain: () => gateway.drain(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function socketsFor({
  listeners,
}: GatewayConfig): ((listener: ListenerConfig) => ListenOn | undefined) | undefined {
  const sockets = passedSockets(process.env, process.pid);
  if (sockets.length === 0) return undefined;
  if (sockets.length !== listeners.length) {
    throw new HandclaspError(
      "ERR_HANDCLASP_OPTION",
      `${sockets.length} sockets were passed for ${listeners.length} listeners`,
      { hint: "the socket unit needs one ListenStream for each listener, in their order" },
    );
  }
  const byName = new Map(listeners.map(({ name }, at) => [name, sockets[at]]));
  // A listener that comes with a reload has an address only.
  return ({ name }) => {
    const fd = byName.get(name);
    return fd === undefined ? undefined : { fd };
  };
}
