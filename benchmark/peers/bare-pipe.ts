// The least that Node can do: TLS to TCP, `pipe` both ways, nothing else. Arguments: port, upstream port, certificate and
// key, the certificate of the client, and how many processes share the port.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { pipeline } from "node:stream";
import { createServer } from "node:tls";

const [port, upstream, identity = "", ca = "", processes = "1"] = process.argv.slice(2);
const pem = readFileSync(identity);
const options = { key: pem, cert: pem, ca: readFileSync(ca), requestCert: true, rejectUnauthorized: true };
const server = createServer({ ...options, allowHalfOpen: true, noDelay: true }, (socket) => {
  const to = connect({ port: Number(upstream), host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  pipeline(socket, to, () => undefined);
  pipeline(to, socket, () => undefined);
});
server.on("tlsClientError", () => undefined);
server.listen({ port: Number(port), host: "127.0.0.1", backlog: 4096, reusePort: processes !== "1" });
const others = Array.from({ length: Number(processes) - 1 }, () =>
  spawn(process.execPath, [...process.argv.slice(1, -1), "another"], { stdio: "inherit" }),
);
process.once("SIGTERM", () => {
  for (const other of others) other.kill();
  process.exit();
});
