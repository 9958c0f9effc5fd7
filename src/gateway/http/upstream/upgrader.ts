import { type ClientRequest, request as httpRequest } from "node:http";
import { newAttempt, UpstreamAgent } from "./agent.ts";
import { MOST_HEAD_BYTES } from "./connection-times.ts";
import { FieldList } from "../fields/field-list.ts";
import type { UpgradeListener, Upgrader, UpgradeRequest } from "../exchange/upgrade.ts";
import { toFailure } from "../exchange/http-upstream.ts";
import type { TransportOptions } from "./transport-options.ts";
import { UpstreamTimeout } from "../../upstream/upstream.ts";

/** At an upstream that speaks HTTP/1.1: whatever the protocol. */
export class Http1Upgrader implements Upgrader {
  readonly #options: TransportOptions;
  readonly #agent: UpstreamAgent;

  constructor(options: TransportOptions) {
    this.#options = options;
    // A connection that changes its protocol is no use to others.
    this.#agent = new UpstreamAgent(options, { keepAlive: false });
  }

  ask(
    { method, path, fields, protocol, body, isAwaited }: UpgradeRequest,
    listener: UpgradeListener,
  ): () => void {
    const { headTimeoutMs } = this.#options;
    const headers = [...fields.raw, "Connection", "Upgrade", "Upgrade", protocol];
    if (body.length > 0 || method !== "GET") headers.push("Content-Length", String(body.length));
    const attempt = newAttempt(isAwaited);
    let request: ClientRequest;
    try {
      const options = { agent: this.#agent, method, path, headers, maxHeaderSize: MOST_HEAD_BYTES, attempt };
      request = httpRequest(options);
      request.maxHeadersCount = 0;
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
      listener.switched(new FieldList(rawHeaders), socket, head);
    });
    request.on("response", (response) => {
      isAnswered = true;
      const { statusCode = 502, statusMessage = "", rawHeaders } = response;
      listener.declined({
        status: statusCode,
        message: statusMessage,
        fields: new FieldList(rawHeaders),
        body: response,
      });
    });
    request.on("error", (error) => {
      if (!isAnswered) listener.failed(toFailure(error));
      isAnswered = true;
    });
    request.end(body);
    return () => {
      isAnswered = true;
      request.destroy();
      attempt.giveUp();
    };
  }
}
