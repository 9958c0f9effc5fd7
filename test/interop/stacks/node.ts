import { join } from "node:path";
import process from "node:process";
import { CLIENTS, type Stack } from "../stack.ts";
import { OPENSSL_SAYS } from "./openssl.ts";

/** The Node that runs this. */
export const NODE: Stack = {
  name: "Node",
  library: "OpenSSL 3.5",
  debian: [],
  says: OPENSSL_SAYS,
  find() {
    const { openssl, node } = process.versions;
    return Promise.resolve({
      version: `${openssl} in Node ${node}`,
      command: [process.execPath, join(CLIENTS, "client.mjs")],
    });
  },
};
