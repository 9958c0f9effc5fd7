import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseConfig } from "../../../src/gateway/config/parse-config.ts";
import type { AuthorizerConfig } from "../../../src/gateway/config/config.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";

const LISTENER = '[[listener]]\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:1"\n';

function read(authorizer: string, listener = LISTENER): AuthorizerConfig | undefined {
  const options = { file: "g.toml", folder: "/etc/hc", store: StoreUrl.memory };
  return parseConfig(`${listener}[authorizer]\n${authorizer}`, options).authorizer;
}

describe("[authorizer]", () => {
  it("asks first, for its owner and group, unless it is said otherwise", () => {
    assert.deepEqual(read('listen = "unix:a.sock"'), {
      listen: { kind: "unix", path: "/etc/hc/a.sock" },
      socketMode: 0o660,
      secretFile: undefined,
      serverCert: undefined,
      policy: { firstUse: "ask", bind: "name", validity: "enforce", rotation: "accept" },
      haproxy: undefined,
      envoySds: undefined,
    });
  });

  it("has its paths beside the file", () => {
    const config = read(
      [
        'listen = "127.0.0.1:9000"',
        'secret_file = "secret"',
        'server_cert = "/s.pem"',
        'haproxy = "run/h.sock:/etc/haproxy/trusted.map"',
        'envoy_sds = "sds.yaml"',
        'socket_mode = "600"',
      ].join("\n"),
    );
    assert.deepEqual(config?.listen, { kind: "tcp", address: { host: "127.0.0.1", port: 9000 } });
    assert.deepEqual(
      [config?.secretFile, config?.serverCert, config?.envoySds, config?.socketMode],
      ["/etc/hc/secret", "/s.pem", "/etc/hc/sds.yaml", 0o600],
    );
    assert.deepEqual(config?.haproxy, { socket: "/etc/hc/run/h.sock", map: "/etc/haproxy/trusted.map" });
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['listen = "127.0.0.1:9000"', /listen HOST:PORT needs secret_file: without it everybody on this machine/],
    ['listen = "unix:"', /has no path/],
    ['listen = "/run/authz.sock"', /is not HOST:PORT: a socket is written unix:\/run\/authz.sock/],
    [`listen = "unix:/run/${"a".repeat(110)}"`, /the path of a Unix socket is 107 bytes/],
    ['listen = "unix:/a"\nsocket_mode = "0666"', /everybody may use lets everybody on this machine claim/],
    ['listen = "unix:/a"\nsocket_mode = "0661"', /everybody may use/],
    ['listen = "unix:/a"\nsocket_mode = "rw"', /written in octal digits: write 0660 or 0600/],
    ['listen = "unix:/a"\nhaproxy = "/run/h.sock"', /is not SOCKET:MAP/],
    ['listen = "unix:/a"\ntrust_ca = "system"', /there is no key "trust_ca" here/],
    ["", /listen is missing/],
  ];
  for (const [text, complaint] of wrong) {
    it(`cannot say ${JSON.stringify(text)}`, () => {
      assert.throws(() => read(text), complaint);
    });
  }

  it("leaves its name to no listener", () => {
    assert.throws(
      () => read('listen = "unix:/a"', `${LISTENER}name = "authorizer"\n`),
      /4:1: authorizer is what the authorizer is called/,
    );
  });
});
