import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import tls from "node:tls";
import { type Home, runToEnd } from "../../cli/support/serve.ts";
import type { Credentials } from "./certificates.ts";
import { alertOfReason, type Outcome, type TlsVersion } from "./stacks.ts";

export interface Resumption extends Outcome {
  /** Whether the client says that the session was resumed. */
  readonly resumed: boolean;
}

/** A session ticket (RFC 5077, RFC 8446 §4.6.1) that a client got, ready to be used as often as one likes. */
export interface Ticket extends AsyncDisposable {
  /** Resumes, and shows `who` if the server wants a full handshake. */
  use(who: Credentials | undefined): Promise<Resumption>;
}

/** A client that keeps the ticket of its first connection. */
export interface TicketClient {
  readonly name: string;
  readonly version: TlsVersion;
  /** Connects, says `hello` and keeps the newest ticket. */
  obtain(home: Home, port: number, who: Credentials | undefined): Promise<Ticket>;
}

const nothingToDo = (): Promise<void> => Promise.resolve();
let files = 0;

function opensslClient(version: TlsVersion): TicketClient {
  return {
    name: "openssl",
    version,
    async obtain(home, port, first) {
      const file = home.path(`${++files}.ticket`);
      const run = async (who: Credentials | undefined, ...flags: readonly string[]): Promise<Resumption> => {
        const show = who === undefined ? [] : ["-cert", who.certFile, "-key", who.keyFile];
        const protocol = version === "TLSv1.3" ? "-tls1_3" : "-tls1_2";
        const args = ["s_client", "-connect", `127.0.0.1:${port}`, "-ign_eof", protocol, ...show, ...flags];
        const { stdout, stderr } = await runToEnd("openssl", args, { input: "hello\n" });
        const [, alert] = /SSL alert number (\d+)/.exec(stderr) ?? [];
        return {
          alert: alert === undefined ? null : Number(alert),
          greeted: stdout.includes("Hello, hello"),
          resumed: /^Reused, /m.test(stdout),
          said: stdout + stderr,
        };
      };
      await run(first, "-sess_out", file);
      return { use: (who) => run(who, "-sess_in", file), [Symbol.asyncDispose]: nothingToDo };
    },
  };
}

function nodeClient(version: TlsVersion): TicketClient {
  return {
    name: "node",
    version,
    async obtain(_home, port, first) {
      const run = (
        who: Credentials | undefined,
        session?: Buffer,
      ): Promise<Resumption & { ticket?: Buffer }> => {
        return new Promise((resolve) => {
          let [answer, said, resumed] = ["", "", false];
          let ticket: Buffer | undefined;
          const socket = tls.connect({
            port,
            host: "127.0.0.1",
            rejectUnauthorized: false,
            minVersion: version,
            maxVersion: version,
            ...(who && { cert: who.cert, key: who.key }),
            ...(session && { session }),
          });
          socket.on("secureConnect", () => {
            resumed = socket.isSessionReused();
            socket.write("hello\n");
          });
          socket.on("session", (newest) => (ticket = newest));
          socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
          socket.on("error", ({ message }) => (said ||= message));
          socket.on("close", () => {
            const [, alert] = /SSL alert number (\d+)/.exec(said) ?? [];
            resolve({
              alert: alert === undefined ? null : Number(alert),
              greeted: answer === "Hello, hello",
              resumed,
              said,
              ...(ticket && { ticket }),
            });
          });
        });
      };
      const { ticket, said } = await run(first);
      if (ticket === undefined) throw new Error(`no ticket: ${said}`);
      return { use: (who) => run(who, ticket), [Symbol.asyncDispose]: nothingToDo };
    },
  };
}

/** A session belongs to its context there, so one process makes all the connections, one for each line it reads. */
const PYTHON = `
import json, socket, ssl, sys
port, version, cert, key = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
if cert: context.load_cert_chain(cert, key)
session = None
for _ in sys.stdin:
    answer, reason, reused = "", "", False
    try:
        raw = socket.create_connection(("127.0.0.1", port))
        with context.wrap_socket(raw, session=session) as tls:
            reused = tls.session_reused
            tls.sendall(b"hello\\n")
            while part := tls.recv(4096): answer += part.decode()
            session = session or tls.session
    except ssl.SSLError as error: reason = error.reason or str(error)
    except OSError as error: reason = str(error)
    print(json.dumps({"greeted": answer == "Hello, hello", "reason": reason, "resumed": reused}), flush=True)
`;

interface PythonLine {
  readonly greeted: boolean;
  readonly reason: string;
  readonly resumed: boolean;
}

function pythonClient(version: TlsVersion): TicketClient {
  return {
    name: "python",
    version,
    async obtain(_home, port, first) {
      const show = [first?.certFile ?? "", first?.keyFile ?? ""];
      const child = spawn("python3", ["-c", PYTHON, String(port), version.replace(".", "_"), ...show], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const run = async (): Promise<Resumption> => {
        child.stdin.write("again\n");
        const { value, done } = await lines.next();
        if (done === true) throw new Error("python ended");
        const { greeted, reason, resumed } = JSON.parse(value) as PythonLine;
        return { alert: alertOfReason(reason), greeted, resumed, said: reason };
      };
      await run();
      return {
        use: run,
        async [Symbol.asyncDispose]() {
          child.stdin.end();
          await ended;
        },
      };
    },
  };
}

/** In both versions. */
export const TICKET_CLIENTS: readonly TicketClient[] = [opensslClient, nodeClient, pythonClient].flatMap(
  (make) => [make("TLSv1.3"), make("TLSv1.2")],
);
