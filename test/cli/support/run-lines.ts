// Runs many command lines in one process: JSON arrays of arguments on stdin, one a line. After each the exit code goes to
// both outputs, behind a line that no verb writes.
import { text } from "node:stream/consumers";
import { main } from "../../../src/cli/main.ts";
import { stderr, stdout } from "../../../src/cli/terminal/way-out.ts";

const lines = (await text(process.stdin)).trimEnd().split("\n");
for (const line of lines) {
  process.exitCode = undefined;
  const code = await main(JSON.parse(line) as string[]);
  for (const out of [stdout, stderr]) out.write(`\n<<<< ${code}\n`);
}
process.exitCode = 0;
