import { createSecureContext } from "node:tls";
import { Client, credentials } from "@grpc/grpc-js";
import { alertIn } from "../../guard/support/node-client.ts";
import type { Visit, VisitorOptions } from "./visitor.ts";

export function visitGrpc({ host, port, ...options }: VisitorOptions): Promise<Visit> {
  const client = new Client(
    `${host}:${port}`,
    credentials.createFromSecureContext(createSecureContext(options), { rejectUnauthorized: false }),
    // It takes the address for a name, which an IP address cannot be in TLS.
    { "grpc.enable_retries": 0, "grpc.ssl_target_name_override": "localhost" },
  );
  const call = client.makeServerStreamRequest(
    "/handclasp.example.Greeter/Watch",
    (message: string) => Buffer.from(message),
    (bytes) => bytes.toString(),
    // A message of no bytes is none to grpc-js.
    "hello",
  );
  const { promise, resolve } = Promise.withResolvers<Visit>();
  const ended = new Promise<void>((resolveEnded) => call.once("status", () => resolveEnded()));
  const leave = (): void => client.close();
  call.on("data", (message: string) => {
    resolve({ greeting: message.trimEnd(), alert: null, ended, [Symbol.dispose]: leave });
  });
  call.on("error", (error) => {
    resolve({ greeting: "", alert: alertIn(error.message), ended, [Symbol.dispose]: leave });
  });
  return promise;
}
