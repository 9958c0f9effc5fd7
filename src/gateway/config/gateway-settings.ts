import { dataFolder } from "../../data-folder.ts";
import { parseServerAddress } from "../../client/servers/server-address.ts";
import { StoreUrl } from "../../trust/port/store-url.ts";
import type { AdminValues, GatewaySettings, MetricsConfig } from "./config.ts";
import { parseHost } from "./parse-host.ts";
import { parseListenAddress } from "./parse-listen.ts";
import { count, countOrAuto, flag, listOf, name, text, timeout } from "./readers.ts";
import type { Settings } from "./setting.ts";

/** What a gateway has besides its listeners, as `LISTENER_SETTINGS` has what is theirs. */
export const GATEWAY_SETTINGS: Settings<GatewaySettings> = {
  store: { key: "store", reader: text((url) => StoreUrl.parse(url, dataFolder)) },
  workers: {
    key: "workers",
    reader: countOrAuto,
    default: 1,
    option: { value: "<n>", help: "processes that accept connections; auto is one for each core" },
  },
  maxPending: {
    key: "max_pending",
    reader: count,
    default: 1000,
    option: { value: "<n>", help: "keys that wait for review at once", greets: true },
  },
  pemDir: {
    key: "pem_dir",
    reader: name,
    without: "none",
    option: {
      value: "<folder>",
      help: "keep KEYID.pem of every trusted key in this folder, and nothing else",
      greets: true,
    },
  },
  drainTimeoutMs: {
    key: "drain_timeout",
    reader: timeout,
    default: "30s",
    option: { value: "<duration>", help: "how long connections may go on after SIGTERM" },
  },
};

/** What there is to say of metrics. */
export const METRICS_SETTINGS: Settings<MetricsConfig> = {
  listen: {
    key: "listen",
    reader: text(parseServerAddress),
    isRequired: true,
    option: {
      name: "metrics",
      value: "<host:port>",
      help: "where to answer /metrics, /healthz and /readyz",
    },
  },
  peerLabels: {
    key: "peer_labels",
    reader: flag,
    default: false,
    option: { help: "count connections by peer: whoever reads the metrics learns who connects" },
  },
};

/** What there is to say of the operators' page; in a file alone. */
export const ADMIN_SETTINGS: Settings<AdminValues> = {
  listen: { key: "listen", reader: text(parseListenAddress), isRequired: true },
  hosts: { key: "hosts", reader: listOf(parseHost), default: [], without: "its address" },
  cert: { key: "cert", reader: name, without: "one that is made" },
  key: { key: "key", reader: name, without: "one that is made" },
};
