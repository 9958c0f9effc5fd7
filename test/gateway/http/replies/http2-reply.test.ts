import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Client,
  credentials,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { anna, openHttpScene } from "../../support/http-scene.ts";

const text = {
  requestSerialize: (message: string): Buffer => Buffer.from(message),
  requestDeserialize: (bytes: Buffer): string => bytes.toString(),
  responseSerialize: (message: string): Buffer => Buffer.from(message),
  responseDeserialize: (bytes: Buffer): string => bytes.toString(),
};
const SERVICE: ServiceDefinition = {
  greet: { path: "/test.Greeter/Greet", requestStream: false, responseStream: false, ...text },
  watch: { path: "/test.Greeter/Watch", requestStream: false, responseStream: true, ...text },
};

/** Greets by the gateway's field; refuses nobody; counts as far as it is told. */
const greet: handleUnaryCall<string, string> = ({ request, metadata }, done) => {
  const peer = String(metadata.get("handclasp-peer"));
  if (request === "nobody") done({ code: status.INVALID_ARGUMENT, details: `not nobody, ${peer}` });
  else done(null, `hello ${request}, says ${peer}`);
};
const watch: handleServerStreamingCall<string, string> = (call) => {
  for (let count = 0; count < Number(call.request); count++) call.write(String(count));
  call.end();
};

async function openGrpc(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = new Server();
  server.addService(SERVICE, { greet, watch });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error === null) resolve(port);
    else reject(error);
  });
  return {
    port: await promise,
    [Symbol.asyncDispose]: async () => server.forceShutdown(),
  };
}

describe("gRPC", () => {
  it("passes to an upstream over h2c: calls, streams, statuses in trailers", async () => {
    await using upstream = await openGrpc();
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    const tls = credentials.createSsl(null, Buffer.from(anna.key), Buffer.from(anna.cert), {
      checkServerIdentity: () => undefined,
      rejectUnauthorized: false,
    });
    const client = new Client(`localhost:${scene.port}`, tls);
    const forged = new Metadata();
    forged.set("handclasp-peer", "admin");
    const call = (name: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = SERVICE["greet"] ?? assert.fail();
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          name,
          forged,
          (error, answer) => {
            if (error === null) resolve(String(answer));
            else reject(error);
          },
        );
      });
    assert.equal(await call("world"), "hello world, says anna");
    await assert.rejects(call("nobody"), (error: ServiceError) => {
      assert.equal(error.code, status.INVALID_ARGUMENT);
      assert.equal(error.details, "not nobody, anna");
      return true;
    });
    const { path, requestSerialize, responseDeserialize } = SERVICE["watch"] ?? assert.fail();
    const stream = client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      "1000",
      forged,
    );
    const counted: unknown[] = await stream.toArray();
    assert.equal(counted.length, 1000);
    assert.equal(counted.at(-1), "999");
    client.close();
  });
});
