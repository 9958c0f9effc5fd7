import { isIPv6 } from "node:net";
import { canonicalHost } from "../../client/servers/server-address.ts";
import { HandclaspError } from "../../errors.ts";

const SERVER_NAME = /^(?:\*\.)?[\w-]+(?:\.[\w-]+)*$/;

/** Takes a name for `ServerNames` as it is, or throws ERR_HANDCLASP_OPTION. */
export function parseServerName(name: string): string {
  const host = canonicalHost(name);
  if (SERVER_NAME.test(host) || isIPv6(host)) return name;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `${JSON.stringify(name)} is no host name`, {
    hint: "write it like app.example.org, *.example.org or 192.0.2.1, without scheme, brackets, port and path",
  });
}

/** The names a listener answers to; with none it answers to all. `*.example.org` is for one label in front. */
export class ServerNames {
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names.map(canonicalHost));
  }

  /** The first that is one. */
  get first(): string | undefined {
    return [...this.#names].find((name) => !name.startsWith("*"));
  }

  /** A host without its port, in any case, with or without a final dot, an IPv6 address in brackets. */
  has(hostname: string): boolean {
    if (this.#names.size === 0) return true;
    if (this.#names.has(hostname)) return true;
    const name = canonicalHost(hostname.startsWith("[") ? hostname.slice(1, -1) : hostname);
    const dot = name.indexOf(".");
    return this.#names.has(name) || (dot > 0 && this.#names.has(`*${name.slice(dot)}`));
  }
}
