import { Option } from "commander";
import { identityFile } from "../../client/identities/identity-folder.ts";
import { type ShownIdentity, showIdentityFile } from "../../client/identities/identity-file.ts";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { HandclaspError } from "../../errors.ts";
import { DEFAULT_IDENTITY, identitiesFolder } from "../identities/make-identity.ts";
import { serverIdentityFile } from "../identities/server-identity.ts";

/** Which identity a verb is about. */
export interface WhichFlags {
  readonly server?: true;
  readonly store: StoreUrl;
}

export interface WhichIdentity {
  /** What we call it. */
  readonly name: string;
  readonly file: string;
  readonly isServer: boolean;
}

/** `--server`: not one of ours as a client, but the one beside a trust store. */
export function serverOption(): Option {
  return new Option("--server", "the server's own, which `serve` keeps beside the store");
}

/** The file of the identity that is meant: by name, the default one, or the server's. */
export function whichIdentity(name: string | undefined, { server, store }: WhichFlags): WhichIdentity {
  if (server !== true) {
    const ours = name ?? DEFAULT_IDENTITY;
    return { name: ours, file: identityFile(identitiesFolder(), ours), isServer: false };
  }
  if (name !== undefined) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", "give a name or --server, not both");
  }
  const file = serverIdentityFile(store);
  if (file === null) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `no server identity is kept beside ${String(store)}`);
  }
  return { name: "server", file, isServer: true };
}

/** What it shows. Throws ERR_HANDCLASP_IDENTITY when there is none. */
export function showExisting(which: WhichIdentity): ShownIdentity & WhichIdentity {
  const { name, file, isServer } = which;
  const shown = showIdentityFile(file);
  if (shown !== undefined) return { ...shown, ...which };
  if (isServer) {
    throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `there is no server identity in ${file}`, {
      hint: "handclasp serve makes it when it first starts; --store says beside which store",
    });
  }
  throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `there is no identity "${name}"`, {
    hint: `handclasp identity create${name === DEFAULT_IDENTITY ? "" : ` ${name}`} makes it`,
  });
}
