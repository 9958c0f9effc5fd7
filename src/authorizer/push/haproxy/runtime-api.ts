import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { HandclaspError } from "../../../errors.ts";
import { Deadline } from "../../../deadline.ts";

const ANSWER_MS = 2000;
/** What an interactive conversation shows when an answer is over; no line of one begins so. */
const PROMPT = "\n> ";

/**
 * One conversation with HAProxy's runtime API (management.txt, 9.3 "Unix Socket commands"). It stays with the process that it
 * began with, even when another one has taken over the socket. One command at a time.
 */
export class RuntimeApi {
  readonly #socket: Socket;
  #answer = "";
  #asked: PromiseWithResolvers<string> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket.setEncoding("utf8");
    socket.on("data", (text) => this.#heard(String(text)));
    // 'close' follows.
    socket.on("error", () => undefined);
    socket.on("close", () => this.#asked?.reject(lost("HAProxy ended the conversation")));
  }

  /** Rejects with what the system says, or ERR_HANDCLASP_PUSH. */
  static async open(path: string): Promise<RuntimeApi> {
    const socket = connect({ path });
    try {
      {
        using _late = new Deadline(ANSWER_MS, () => socket.destroy(late()));
        await once(socket, "connect");
      }
      const api = new RuntimeApi(socket);
      await api.tell("prompt");
      return api;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** What a command is answered, without the line ends around it. `lines` go with it as its payload, each as it is. */
  async ask(command: string, lines: readonly string[] = []): Promise<string> {
    if (this.#socket.destroyed) throw lost("HAProxy ended the conversation");
    const asked = Promise.withResolvers<string>();
    this.#asked = asked;
    using _late = new Deadline(ANSWER_MS, () => {
      asked.reject(late());
      this.close();
    });
    const payload = lines.length === 0 ? "" : ` <<\n${lines.join("\n")}\n`;
    this.#socket.write(`${command}${payload}\n`);
    try {
      return await asked.promise;
    } finally {
      this.#asked = undefined;
    }
  }

  /** A command that has no answer unless it fails. */
  async tell(command: string, lines: readonly string[] = []): Promise<void> {
    const answer = await this.ask(command, lines);
    if (answer !== "") throw refused(command, answer);
  }

  close(): void {
    this.#socket.destroy();
  }

  #heard(text: string): void {
    this.#answer += text;
    if (!this.#answer.endsWith(PROMPT)) return;
    // Each line of a payload was prompted for.
    const answer = this.#answer.slice(0, -PROMPT.length).replace(/^(?:\+ )+/, "");
    this.#answer = "";
    this.#asked?.resolve(answer.trim());
  }
}

/** That HAProxy does not do what it is told. */
export function refused(command: string, answer: string): HandclaspError {
  const [first = ""] = answer.split("\n");
  return new HandclaspError("ERR_HANDCLASP_PUSH", `HAProxy answers "${command}" with: ${first}`, {
    hint: "its stats socket needs level admin, and its configuration the map: docs/guide/haproxy.md",
  });
}

function late(): HandclaspError {
  return lost(`HAProxy did not answer within ${ANSWER_MS / 1000} s`);
}

function lost(problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_PUSH", problem);
}
