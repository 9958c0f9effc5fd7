import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { alertIn } from "../../guard/support/node-client.ts";
import type { Visit, VisitorOptions } from "./visitor.ts";

export function visitWebSocket({ host, port, ...options }: VisitorOptions): Promise<Visit> {
  const webSocket = new WebSocket(`wss://${host}:${port}/`, options);
  const { promise, resolve } = Promise.withResolvers<Visit>();
  const ended = new Promise<void>((resolveEnded) => webSocket.once("close", () => resolveEnded()));
  const leave = (): void => webSocket.terminate();
  webSocket.on("message", (message: Buffer) => {
    resolve({ greeting: message.toString().trimEnd(), alert: null, ended, [Symbol.dispose]: leave });
  });
  webSocket.on("error", (error) => {
    resolve({ greeting: "", alert: alertIn(error.message), ended, [Symbol.dispose]: leave });
  });
  return promise;
}

export function visitSocketIo({ host, port, ...options }: VisitorOptions): Promise<Visit> {
  const socket = io(`https://${host}:${port}/`, {
    // Its types know of certificates what browsers know; under Node they go to `ws`.
    ...(options as { rejectUnauthorized: boolean; key?: string; cert?: string }),
    transports: ["websocket"],
    reconnection: false,
    forceNew: true,
  });
  const { promise, resolve } = Promise.withResolvers<Visit>();
  const ended = new Promise<void>((resolveEnded) => socket.once("disconnect", () => resolveEnded()));
  const leave = (): void => void socket.disconnect();
  socket.on("greeting", (greeting: string) => {
    resolve({ greeting: greeting.trimEnd(), alert: null, ended, [Symbol.dispose]: leave });
  });
  socket.on("connect_error", (error: Error & { description?: { error?: Error } }) => {
    const alert = alertIn(error.description?.error?.message ?? "");
    resolve({ greeting: "", alert, ended, [Symbol.dispose]: leave });
  });
  return promise;
}
