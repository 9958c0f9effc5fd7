import type { AuthorizerConfig, AuthorizerListen, AuthorizerValues } from "./config.ts";
import { AUTHORIZER_SETTINGS } from "./authorizer-settings.ts";
import { parseSocketPath } from "./parse-socket-path.ts";
import type { ListenerReading } from "./to-listener.ts";

type AuthorizerReading = Omit<ListenerReading, "misplaced">;

/** What is said of an authorizer as a whole; when something was complained of, it is not to be used. */
export function toAuthorizer(values: AuthorizerValues, reading: AuthorizerReading): AuthorizerConfig {
  const { listen, firstUse, bind, validity, rotation, secretFile, serverCert, haproxy, envoySds } = values;
  const { spell, complain } = reading;
  const resolve = (path: string | undefined): string | undefined => path && reading.resolve(path);
  if (listen.kind === "tcp" && secretFile === undefined) {
    const { secretFile: setting, listen: where } = AUTHORIZER_SETTINGS;
    const problem = "everybody on this machine can claim any certificate";
    complain(where, `${spell(where)} HOST:PORT needs ${spell(setting)}: without it ${problem}`);
  }
  return {
    listen: toListen(listen, reading),
    socketMode: values.socketMode,
    secretFile: resolve(secretFile),
    serverCert: resolve(serverCert),
    policy: { firstUse, bind, validity, rotation },
    haproxy: haproxy && { ...haproxy, socket: reading.resolve(haproxy.socket) },
    envoySds: resolve(envoySds),
  };
}

function toListen(listen: AuthorizerListen, { complain, resolve }: AuthorizerReading): AuthorizerListen {
  if (listen.kind === "tcp") return listen;
  try {
    return { ...listen, path: parseSocketPath(resolve(listen.path)) };
  } catch (error) {
    complain(AUTHORIZER_SETTINGS.listen, error);
    return listen;
  }
}
