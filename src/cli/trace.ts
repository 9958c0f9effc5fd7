import { Command } from "commander";
import { connectCommand } from "./trace/connect.ts";
import { listenCommand } from "./trace/listen.ts";
import { readCommand } from "./trace/read.ts";

/** `trace`: TLS handshakes, message by message. */
export function command(): Command {
  return new Command("trace")
    .addCommand(listenCommand())
    .addCommand(connectCommand())
    .addCommand(readCommand());
}
