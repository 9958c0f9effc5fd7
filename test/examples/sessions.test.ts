import assert from "node:assert/strict";
import { get } from "node:https";
import { describe, it } from "node:test";
import { connectAsync, type IClientOptions } from "mqtt";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { startExample } from "./support/running-example.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

function mqttOptions(port: number, { key, cert }: TestIdentity, clientId: string): IClientOptions {
  return {
    protocol: "mqtts",
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    key,
    cert,
    clientId,
    reconnectPeriod: 0,
  };
}

/** What MQTT.js says when a broker grants 128, which is none. */
const DENIED = /Subscribe error/;

describe("sessions above TLS", { timeout: FILE_PATIENCE_MS }, () => {
  it("of MQTT are not taken over by another client that names them", async () => {
    await using example = await startExample("12-mqtt.ts", temporaryFolder());
    const [anna, bert] = [await identity("anna"), await identity("bert")];
    const own = await connectAsync(mqttOptions(example.port, anna, "anna"));
    await assert.rejects(connectAsync(mqttOptions(example.port, bert, "anna")), /Not authorized/i);
    await own.publishAsync("peers/anna/x", "acknowledged", { qos: 1 });
    own.end(true);
  });

  it("of MQTT have no topics but those below their own name", async () => {
    await using example = await startExample("12-mqtt.ts", temporaryFolder());
    const anna = await connectAsync(mqttOptions(example.port, await identity("anna"), "anna"));
    for (const topic of [
      "#",
      "peers/#",
      "peers/+/greeting",
      "peers/bert/greeting",
      "$share/a/peers/bert/#",
    ]) {
      await assert.rejects(anna.subscribeAsync(topic), DENIED, topic);
    }
    assert.equal((await anna.subscribeAsync("peers/anna/#"))[0]?.qos, 0);
    const closed = new Promise((resolve) => anna.once("close", () => resolve("closed")));
    void anna.publishAsync("peers/bert/x", "hi", { qos: 1 }).catch(() => undefined);
    assert.equal(await closed, "closed");
    anna.end(true);

    const wildcard = await connectAsync(mqttOptions(example.port, await identity("+"), "+"));
    await assert.rejects(wildcard.subscribeAsync("peers/+/greeting"), DENIED);
    assert.equal((await wildcard.subscribeAsync("peers/%2B/greeting"))[0]?.qos, 0);
    wildcard.end(true);
  });

  it("of Socket.IO are not to be had by polling", async () => {
    await using example = await startExample("10-socket-io.ts", temporaryFolder());
    const { key, cert } = await identity("anna");
    const url = `https://127.0.0.1:${example.port}/socket.io/?EIO=4&transport=polling`;
    const status = await new Promise((resolve, reject) => {
      const request = get(url, { key, cert, rejectUnauthorized: false, agent: false }, (response) => {
        resolve(response.resume().statusCode);
      });
      request.on("error", reject);
    });
    assert.equal(status, 400);
  });
});
