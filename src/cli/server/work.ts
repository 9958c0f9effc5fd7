import { Worker } from "../../gateway/workers/worker.ts";
import { type PassphraseFlag, passphraseFrom } from "../command-line/passphrase-file.ts";
import { ServerIdentity } from "../identities/server-identity.ts";
import type { AcceptOptions } from "./accepting.ts";
import { GatewayProcess } from "./process.ts";

/** The worker of another process of ours, which says all that it is to do. */
export async function work(options: Omit<AcceptOptions, "identity"> & PassphraseFlag): Promise<void> {
  // Signals to the whole group are the primary's to act on.
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  const worker = await Worker.begin();
  const stopped = Promise.race([worker.drained, once("SIGTERM")]);
  try {
    await using gateway = await GatewayProcess.open(worker.config, {
      ...options,
      identity: new ServerIdentity(worker.config.store, passphraseFrom(options)),
      limits: worker.limits,
      ticketKeys: (context) => worker.ticketKeys(context),
      listenOn: (listener) => worker.listenOn(listener),
      parked: worker.parked,
    });
    worker.follow(gateway.happenings);
    const addresses = await gateway.start();
    worker.listening(addresses, {
      report: () => gateway.report(),
      unready: () => gateway.unready(),
      prepare: (next) => gateway.prepare(next),
    });
    await stopped;
    await gateway.drain();
  } catch (error) {
    await worker.failed(error);
  } finally {
    await worker.told();
    process.disconnect?.();
  }
}

function once(signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => process.once(signal, () => resolve()));
}
