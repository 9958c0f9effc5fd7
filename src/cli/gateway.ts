import { Command } from "commander";
import { outliveReaders } from "./log/outlive-readers.ts";
import { openGatewayLog } from "./log/open-gateway-log.ts";
import { configSource } from "./server/config/gateway-config.ts";
import { addGatewayOptions, type GatewayOptions } from "./server/config/gateway-options.ts";
import { runServer } from "./server/run-server.ts";
import { work } from "./server/work.ts";
import { workerCount } from "../gateway/workers/worker-count.ts";
import { readVersion } from "../version.ts";

/** `gateway`: lets clients it knows through to a service. */
export function command(): Command {
  return addGatewayOptions(new Command("gateway")).action(run);
}

async function run(options: GatewayOptions, verb: Command): Promise<void> {
  using log = openGatewayLog(options.json === true);
  outliveReaders(log);
  const { log: detail, passphraseFile, trace } = options;
  const secret = passphraseFile === undefined ? {} : { passphraseFile };
  const printCertificate = options.printCertificate === true;
  const about = { verb: "gateway", log, detail, printCertificate, ...secret };
  if (options.worker === true) return await work(about);
  const source = configSource(verb, options);
  const config = source.read();
  if (trace !== undefined && workerCount(config.workers) > 1) {
    verb.error("error: --trace needs --workers 1");
  }
  await runServer({
    ...about,
    source,
    config,
    isAsked: true,
    version: readVersion(),
    ...(trace !== undefined && { trace }),
  });
}
