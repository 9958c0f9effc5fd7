import {
  BOOLEAN,
  checkOptions,
  COUNT,
  FUNCTION,
  has,
  OBJECT,
  oneOf,
  type OptionRules,
  TEXT,
} from "../check-options.ts";
import type { ClientCertificate } from "../admission/admission.ts";
import type { Happenings } from "../trust/happenings/happenings.ts";
import type { TicketKeys } from "./tickets/ticket-keys.ts";
import type { ReceivePending, ReceiveRefused } from "./refusal/waiting-room.ts";
import { type RemoteAddressOf, socketAddress } from "./connection/remote-address.ts";

export type { ClientCertificate };

export interface GuardOptions {
  /** Default `required`. Under `optional` a client without a certificate is let in, anonymous. */
  readonly clientCertificate?: ClientCertificate;
  /**
   * Whether a certificate that OpenSSL verified counts as signed by a CA the operator trusts; default `none`.
   * `system` lets in whoever has a publicly trusted client certificate: dangerous.
   */
  readonly trustCa?: "none" | "system" | "file";
  /** Whether refused clients are told why by a TLS alert, which takes TLS secrets from the key log; default true. */
  readonly alerts?: boolean;
  /** Milliseconds a client has from connecting to the end of its handshake; default 10 000. */
  readonly handshakeTimeoutMs?: number;
  /** Handshakes under way at the most; one more drops the oldest, of strangers first. Default 1024. */
  readonly maxHandshakes?: number;
  /**
   * Whether a client that ended its half may still be answered, from the end of its handshake on; default as the server
   * says. One that goes away before, a server that says so itself would keep until the handshake's time is over. An
   * HTTP/2 session ends once its open streams are answered.
   */
  readonly allowHalfOpen?: boolean;
  /** Where a connection came from, for servers behind a proxy that says so; default the socket's own address. */
  readonly remoteAddressOf?: RemoteAddressOf;
  /** What the server is called in events, lists and messages, where a process has several; default nothing. */
  readonly listener?: string;
  /**
   * Where what happens is told, too, for what hears of several servers; default nowhere else. Changes of trust, of which
   * each of them would tell, are not told then.
   */
  readonly happenings?: Happenings;
  /** Keys of session tickets that several servers share; default the server's own. */
  readonly ticketKeys?: TicketKeys;
  /**
   * Gets the connections of clients whose keys are pending, instead of an alert. Dangerous: they are strangers, with
   * TLS up and nothing else known. No listener of the server sees them, `peerOf` throws for them, and each is ended
   * after seconds, or as soon as its key is approved or refused.
   */
  readonly dangerouslyReceivePending?: ReceivePending;
  /**
   * Gets the connections of all clients that are refused with a key, pending ones too, instead of an alert. Dangerous, and
   * otherwise the same: some of them were revoked.
   */
  readonly dangerouslyReceiveRefused?: ReceiveRefused;
}

type Optional = "happenings" | "ticketKeys" | "dangerouslyReceivePending" | "dangerouslyReceiveRefused";
export type GuardSettings = Required<Omit<GuardOptions, Optional | "listener">> &
  Pick<GuardOptions, Optional> & { readonly listener: string | null };

const RULES: OptionRules<GuardOptions> = {
  clientCertificate: oneOf("none", "optional", "required"),
  trustCa: oneOf("none", "system", "file"),
  alerts: BOOLEAN,
  handshakeTimeoutMs: COUNT,
  maxHandshakes: COUNT,
  allowHalfOpen: BOOLEAN,
  remoteAddressOf: FUNCTION,
  listener: TEXT,
  happenings: has("new Happenings()", "hears", "tell"),
  ticketKeys: OBJECT,
  dangerouslyReceivePending: FUNCTION,
  dangerouslyReceiveRefused: FUNCTION,
};

/** Fills in the defaults. Throws `ERR_HANDCLASP_OPTION` for what is no option, or cannot be what it is. */
export function guardSettings(options: GuardOptions): GuardSettings {
  checkOptions("guard()", options, RULES);
  return {
    clientCertificate: options.clientCertificate ?? "required",
    trustCa: options.trustCa ?? "none",
    alerts: options.alerts ?? true,
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? 10_000,
    maxHandshakes: options.maxHandshakes ?? 1024,
    allowHalfOpen: options.allowHalfOpen ?? false,
    remoteAddressOf: options.remoteAddressOf ?? socketAddress,
    listener: options.listener ?? null,
    ...(options.happenings && { happenings: options.happenings }),
    ...(options.ticketKeys && { ticketKeys: options.ticketKeys }),
    ...(options.dangerouslyReceivePending && {
      dangerouslyReceivePending: options.dangerouslyReceivePending,
    }),
    ...(options.dangerouslyReceiveRefused && {
      dangerouslyReceiveRefused: options.dangerouslyReceiveRefused,
    }),
  };
}
