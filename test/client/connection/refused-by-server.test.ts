import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toConnectError } from "../../../src/client/connection/refused-by-server.ts";
import { HandclaspError } from "../../../src/errors.ts";

const HEAD = "00F0:error:0A000414:SSL routines:ssl3_read_bytes:sslv3 alert:../rec_layer_s3.c:916:";

describe("toConnectError", () => {
  it("names the alert that the server sent", () => {
    const error = toConnectError(new Error(`${HEAD}SSL alert number 44\n`), "a.example:443");
    assert.equal(error.code, "ERR_HANDCLASP_REFUSED");
    assert.equal(error.message, "refused by the server: certificate_revoked (alert 44)");
    assert.deepEqual(error.details, {
      alert: "certificate_revoked",
      alertCode: 44,
      address: "a.example:443",
    });
    assert.ok(error.hint);
  });

  it("keeps the number of an alert without a name", () => {
    const error = toConnectError(new Error(`${HEAD}SSL alert number 255`), "a.example:443");
    assert.equal(error.message, "refused by the server: unknown (alert 255)");
  });

  it("takes everything else for a failed connection, with its cause", () => {
    const cause = new Error("connect ECONNREFUSED 127.0.0.1:1");
    const error = toConnectError(cause, "127.0.0.1:1");
    assert.equal(error.code, "ERR_HANDCLASP_CONNECT");
    assert.equal(error.cause, cause);
  });

  it("says of a server that begins in the clear how that may be asked for TLS", () => {
    const cause = Object.assign(new Error("wrong version number"), { code: "ERR_SSL_WRONG_VERSION_NUMBER" });
    const error = toConnectError(cause, "mail.example:25");
    assert.equal(error.code, "ERR_HANDCLASP_CONNECT");
    assert.equal(error.message, "mail.example:25: the server does not begin with TLS");
    assert.deepEqual(
      error.remedies.map(({ act }) => act),
      ["connect-with-starttls"],
    );
    assert.equal(error.cause, cause);
  });

  it("passes our own errors through", () => {
    const ours = new HandclaspError("ERR_HANDCLASP_REFUSED", "no");
    assert.equal(toConnectError(ours, "a.example:443"), ours);
  });
});
