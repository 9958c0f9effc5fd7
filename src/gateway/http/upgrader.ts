import { type ClientRequest, request as httpRequest } from "node:http";
import type { ServerAddress } from "../../client/server-address.ts";
import { UpstreamAgent } from "./agent.ts";
import type { UpgradeListener, Upgrader, UpgradeRequest } from "./upgrade.ts";
import { toFailure, UpstreamTimeout } from "./http-upstream.ts";

export interface UpgraderOptions {
  readonly address: ServerAddress;
  readonly connectTimeoutMs: number;
  /** Until the answer begins. */
  readonly headTimeoutMs: number;
}

/** At an upstream that speaks HTTP/1.1: whatever the protocol. */
export class Http1Upgrader implements Upgrader {
  readonly #options: UpgraderOptions;
  readonly #agent: UpstreamAgent;

  constructor(options: UpgraderOptions) {
    this.#options = options;
    // A connection that changes its protocol is no use to others.
    this.#agent = new UpstreamAgent(options.connectTimeoutMs, { keepAlive: false });
  }

  ask({ path, fields, protocol }: UpgradeRequest, listener: UpgradeListener): () => void {
    const { address, headTimeoutMs } = this.#options;
    const headers = [...fields, "Connection", "Upgrade", "Upgrade", protocol];
    let request: ClientRequest;
    try {
      const { host, port } = address;
      request = httpRequest({ agent: this.#agent, host, port, path, headers });
    } catch (error) {
      listener.failed({ kind: "request", error: toFailure(error).error });
      return () => undefined;
    }
    let isAnswered = false;
    request.setTimeout(headTimeoutMs, () => {
      if (!isAnswered) request.destroy(new UpstreamTimeout("the upstream said nothing for too long"));
    });
    request.on("upgrade", ({ rawHeaders }, socket, head) => {
      isAnswered = true;
      listener.switched(rawHeaders, socket, head);
    });
    request.on("response", (response) => {
      isAnswered = true;
      const { statusCode = 502, statusMessage = "", rawHeaders } = response;
      listener.declined({ status: statusCode, message: statusMessage, fields: rawHeaders, body: response });
    });
    request.on("error", (error) => {
      if (!isAnswered) listener.failed(toFailure(error));
      isAnswered = true;
    });
    request.end();
    return () => {
      isAnswered = true;
      request.destroy();
    };
  }
}
