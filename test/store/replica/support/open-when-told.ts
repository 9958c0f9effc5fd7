// Opens the replica that each line names, of a database that nobody can reach, and says which machine it is; an empty line closes it.
import { createInterface } from "node:readline";
import { openStore } from "../../../../src/store/open-store.ts";
import type { TrustStore } from "../../../../src/trust/port/trust-store.ts";

let opened: TrustStore | undefined;
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  try {
    if (line !== "")
      opened = openStore(`postgres://ada@127.0.0.1:1/trust?replica=${line}`, { process: "test 1" });
    const id = opened?.replication()?.node.id ?? "none";
    if (line === "") {
      await opened?.close();
      opened = undefined;
    }
    console.log(id);
  } catch (error) {
    console.log(String(error));
  }
}
