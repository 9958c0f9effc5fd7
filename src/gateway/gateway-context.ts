import type { IdentityPem } from "../client/identities/identity.ts";
import type { CertificateFiles, ListenerConfig } from "./config/config.ts";
import type { GatesContext } from "./gates/gates.ts";
import type { ListenersContext } from "./listening/listeners.ts";

/** What a gateway cannot know by itself. */
export interface GatewayContext extends GatesContext, ListenersContext {
  /** Key and certificate for a listener; undefined stands for the identity beside the store. */
  readonly identityOf: (files: CertificateFiles | undefined) => Promise<IdentityPem>;
  /** Names that `listenOn` has open sockets for and the configuration no listener: who comes there is turned away. */
  readonly parked?: readonly ListenerConfig["name"][];
}
