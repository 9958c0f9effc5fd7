import { setImmediate, setTimeout } from "node:timers/promises";
import { type Admin, type AdminOptions, createAdmin } from "../../admin/admin.ts";
import { commandsForNobody } from "./commands-to-let-in.ts";
import { actCommand } from "../command-line/act-command.ts";
import { shellQuoted } from "../terminal/shell-quoted.ts";
import { listenersOfAll } from "../../operator/known-server.ts";
import { meantServer } from "../token/meant-server.ts";
import { processName } from "../trust-store/process-name.ts";
import { StoreUrl } from "../../trust/port/store-url.ts";
import { userName } from "../trust-store/user-name.ts";

/** Some times what it stands between takes. */
const REST_MS = 20;

/** What differs from one place where the page is served to the other. */
export interface OpenAdminOptions extends Pick<
  AdminOptions,
  "store" | "hosts" | "transport" | "identify" | "page" | "version"
> {
  /** What serves it. */
  readonly verb: string;
}

/** The page and its API, with what they have of this process and of the command line. */
export function openAdmin({ verb, ...options }: OpenAdminOptions): Admin {
  const { store } = options;
  const url = StoreUrl.parse(store.url);
  return createAdmin({
    ...options,
    user: userName(),
    now: Date.now,
    monotonic: () => performance.now(),
    pause: setImmediate,
    rest: () => setTimeout(REST_MS),
    commandsForNobody: commandsForNobody(options.transport),
    process: processName(verb),
    commandOf: (act) => actCommand(act, url),
    joinCommandOf: (token) => `handclasp join ${shellQuoted(token)}`,
    meantServer: async (said) => meantServer(store, said, await listenersOfAll(store)),
  });
}
