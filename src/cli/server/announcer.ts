import { formatServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";
import type { GatewayConfig, ListenerConfig } from "../../gateway/config/config.ts";
import { proxyPlace, recordListeners, type ServerRecord } from "../../operator/known-server.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import type { ServerIdentity } from "../identities/server-identity.ts";
import { type EventLog, named } from "../log/event-log.ts";
import { readyLine } from "../log/ready-line.ts";
import { warnAbout } from "./warn-about.ts";

export interface AnnouncerOptions {
  readonly store: TrustStore;
  readonly identity: ServerIdentity;
  readonly log: EventLog;
  /** Whether listeners are those of a file: warnings are worded for whoever wrote it. */
  readonly isOfFile: boolean;
  /** The key of a proxy that asks, too, where that is known. */
  readonly proxyPin?: () => KeyPin | undefined;
}

/** What there is to say of a listener. */
export interface Announcement {
  readonly listener: ListenerConfig;
  readonly record: ServerRecord;
  /** SHA-256 of its certificate. */
  readonly fingerprint: string;
  /** It is new, or has other settings than it had. */
  readonly isReady: boolean;
  /** It shows another certificate than it did. */
  readonly showsAnother: boolean;
}

interface Told {
  readonly settings: string;
  readonly fingerprint: string;
}

/** Says of which listeners a server has that they are ready, and whoever invites clients finds where they are. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  #told: ReadonlyMap<ListenerConfig["name"], Told> = new Map();

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Keeps in the store where all listeners are and which keys they have; says nothing yet. */
  async record(
    { listeners }: GatewayConfig,
    addresses: readonly ServerAddress[],
  ): Promise<readonly Announcement[]> {
    const { store, identity, proxyPin } = this.#options;
    const proxy = [proxyPin?.() ?? []].flat().map(proxyPlace);
    const shown = await Promise.all(listeners.map(({ certificate }) => identity.of(certificate)));
    const places = shown.map(({ facts: { pin } }, at) => {
      const listener = listeners[at];
      const address = addresses[at] ?? listener?.listen;
      if (listener === undefined || address === undefined) throw new Error("each listener has an address");
      const { starttls } = listener;
      const first = starttls === "none" ? {} : { starttls };
      return { ...address, address: formatServerAddress(address), pin, ...first };
    });
    // Who asks for one server gets the last.
    const records = (await recordListeners(store, [...proxy, ...places], Date.now())).slice(proxy.length);
    const before = this.#told;
    const told = new Map<ListenerConfig["name"], Told>();
    const announcements: Announcement[] = [];
    for (const [at, listener] of listeners.entries()) {
      const fingerprint = shown[at]?.facts.fingerprint;
      const record = records[at];
      if (fingerprint === undefined || record === undefined) continue;
      const former = before.get(listener.name);
      const settings = JSON.stringify(listener);
      told.set(listener.name, { settings, fingerprint });
      const isReady = former?.settings !== settings;
      const showsAnother = former !== undefined && former.fingerprint !== fingerprint;
      announcements.push({ listener, record, fingerprint, isReady, showsAnother });
    }
    this.#told = told;
    return announcements;
  }

  /** Says what is ready, what weakens it, and what shows another certificate. */
  tell(announcements: readonly Announcement[]): void {
    const { store, log, isOfFile } = this.#options;
    for (const { listener, record, fingerprint, isReady, showsAnother } of announcements) {
      const { name, policy } = listener;
      if (isReady) {
        warnAbout({ ...listener, validity: policy.validity }, log, { name, isOfFile });
        log.write(readyLine(listener, record, store.url));
      }
      if (!showsAnother) continue;
      const { keyId, pin } = record;
      log.write({ event: "identity-changed", ...named(name), keyId, pin, fingerprint });
    }
  }
}
