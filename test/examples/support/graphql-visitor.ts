import { request as requestHttps } from "node:https";
import { alertIn } from "../../guard/support/node-client.ts";
import type { Visit, VisitorOptions } from "./visitor.ts";

/** Subscribes to the news by server-sent events; the first of them is the greeting. */
export function visitGraphql(options: VisitorOptions): Promise<Visit> {
  const request = requestHttps({
    ...options,
    agent: false,
    method: "POST",
    path: "/graphql",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
  });
  const { promise, resolve } = Promise.withResolvers<Visit>();
  const ended = new Promise<void>((resolveEnded) => request.once("close", () => resolveEnded()));
  const leave = (): void => void request.destroy();
  request.on("error", (error) => {
    resolve({ greeting: "", alert: alertIn(error.message), ended, [Symbol.dispose]: leave });
  });
  request.on("response", (response) => {
    let text = "";
    response.on("error", () => undefined);
    response.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const [, greeting] = /"news":"([^"]*)"/.exec(text) ?? [];
      if (greeting !== undefined) resolve({ greeting, alert: null, ended, [Symbol.dispose]: leave });
    });
  });
  request.end(JSON.stringify({ query: "subscription { news }" }));
  return promise;
}
