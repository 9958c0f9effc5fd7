import { connect } from "mqtt";
import { alertIn } from "../../guard/support/node-client.ts";
import type { Visit, VisitorOptions } from "./visitor.ts";

/** The broker wants to see the name as client id, too. */
export function visitMqtt(options: VisitorOptions): Promise<Visit> {
  const { host, port, key, cert, name } = options;
  const client = connect({
    protocol: "mqtts",
    host,
    port,
    rejectUnauthorized: false,
    ...(key !== undefined && { key: key as string }),
    ...(cert !== undefined && { cert: cert as string }),
    clientId: name,
    reconnectPeriod: 0,
  });
  const { promise, resolve } = Promise.withResolvers<Visit>();
  const ended = new Promise<void>((resolveEnded) => client.once("close", () => resolveEnded()));
  const leave = (): void => void client.end(true);
  client.on("connect", () => void client.subscribe(`peers/${name}/greeting`));
  client.on("message", (_topic, payload) => {
    resolve({ greeting: payload.toString().trimEnd(), alert: null, ended, [Symbol.dispose]: leave });
  });
  client.on("error", (error) => {
    resolve({ greeting: "", alert: alertIn(error.message), ended, [Symbol.dispose]: leave });
  });
  return promise;
}
