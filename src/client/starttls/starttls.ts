import type { Socket } from "node:net";
import { HandclaspError, reasonOf } from "../../errors.ts";
import { ClearConversation } from "./clear-conversation.ts";
import { formatServerAddress, type ServerAddress } from "../servers/server-address.ts";
import type { StartTlsProtocol } from "../../trust/naming/starttls-protocol.ts";
import { STARTTLS } from "./starttls-protocols.ts";
import { Deadline } from "../../deadline.ts";

export interface StartTlsOptions {
  readonly protocol: StartTlsProtocol;
  readonly server: ServerAddress;
  /** Milliseconds for the whole conversation. */
  readonly timeoutMs: number;
}

/**
 * Talks to a server in the clear up to where TLS may begin; the socket is paused then, and nothing was read of what follows.
 * Throws ERR_HANDCLASP_CONNECT and destroys the socket when the server does not go along, and when it sent more in the
 * clear than its go-ahead: whoever read on would take that for the server's own (CVE-2011-0411, CVE-2021-23214).
 */
export async function startTls(
  socket: Socket,
  { protocol, server, timeoutMs }: StartTlsOptions,
): Promise<void> {
  const wanted = STARTTLS[protocol];
  const conversation = new ClearConversation(socket);
  using _late = new Deadline(timeoutMs, () =>
    conversation.fail(new Error(`said nothing for ${timeoutMs / 1000} seconds`)),
  );
  try {
    await wanted.begin(conversation, server.host);
    if (conversation.left > 0) {
      const more = `sent ${conversation.left} bytes in the clear behind its go-ahead`;
      throw new Error(`${more}: somebody may have put them there`);
    }
  } catch (error) {
    socket.destroy();
    const message = `${formatServerAddress(server)}: ${wanted.name} came to nothing, the server ${reasonOf(error)}`;
    throw new HandclaspError("ERR_HANDCLASP_CONNECT", message, {
      hint: "is that the port? Where TLS begins at once, nothing comes before it",
      remedies: [{ act: "connect-without-starttls", at: "client" }],
      cause: error,
    });
  } finally {
    conversation.close();
  }
}
