// NestJS on a server that knows its clients. Start it, then: curl -k --cert … --key … https://127.0.0.1:PORT/
import type { IncomingMessage } from "node:http";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import { Controller, createParamDecorator, type ExecutionContext, Get, Header } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { guard, openStore, type Peer, peerOf, Trust } from "../src/index.ts";
import { serverIdentity } from "./server-identity.ts";

const store = openStore("trust.db");
const trust = new Trust(store, {
  policy: { firstUse: "accept" },
  now: Date.now,
  process: `nestjs ${process.pid}`,
});

const ThisPeer = createParamDecorator((_, context: ExecutionContext) => {
  return peerOf(context.switchToHttp().getRequest<IncomingMessage>());
});

class GreetingController {
  greet(peer: Peer | undefined): string {
    const how = peer?.firstUse
      ? "met for the first time"
      : peer?.renewed
        ? "with a new certificate"
        : "known";
    return `Hello, ${peer?.name}: ${how}\n`;
  }
}

// What tsc makes of @Get(), @Header(…), @ThisPeer() and @Controller(): Node strips types and has no decorators.
const greet = Object.getOwnPropertyDescriptor(GreetingController.prototype, "greet") ?? {};
ThisPeer()(GreetingController.prototype, "greet", 0);
Header("Content-Type", "text/plain")(GreetingController.prototype, "greet", greet);
Get()(GreetingController.prototype, "greet", greet);
Controller()(GreetingController);

const app = await NestFactory.create<NestExpressApplication>(
  { controllers: [GreetingController] },
  {
    httpsOptions: await serverIdentity(),
    logger: ["error", "warn"],
  },
);
const server = app.getHttpServer() as unknown as Server;
guard(server, trust);

await app.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1");
console.log(`listening on https://127.0.0.1:${(server.address() as AddressInfo).port}`);
