import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { array, assert as holds, constantFrom, property, tuple } from "fast-check";
import { presentationOf, presentedCertificate } from "../../src/authorizer/presented-certificate.ts";
import { isHandclaspError } from "../../src/errors.ts";
import { propertyRuns } from "../support/property-runs.ts";

const FIELDS = ["ssl-client-cert", "ssl-client-cert", "client-cert", "client-cert"].concat(
  "x-forwarded-tls-client-cert",
  "x-forwarded-client-cert",
);
const PATHS = ["/nginx", "/apache", "/caddy", "/haproxy", "/traefik", "/envoy"];

function fieldOf(target: string): string | undefined {
  return presentationOf(target)?.field;
}

describe("presentationOf", () => {
  it("is one field by the path as it was sent, whatever the query says", () => {
    for (const query of ["", "?", "?/traefik", "?a=b&c=/caddy?"]) {
      assert.deepEqual(
        PATHS.map((path) => fieldOf(path + query)),
        FIELDS,
      );
    }
    for (const path of ["/envoy/", "/envoy/nginx", "/envoy/../nginx?x", "/envoy//caddy"]) {
      assert.equal(fieldOf(path), "x-forwarded-client-cert", path);
    }
  });

  it("is none for any other path: nothing is normalised", () => {
    const others = [
      "",
      "/",
      "*",
      "nginx",
      "/nginx/",
      "//nginx",
      "/./nginx",
      "/%6eginx",
      "/NGINX",
      "/nginx;a",
      "/nginx#a",
    ];
    for (const target of [
      ...others,
      "/envoyx",
      "/envoy%2f",
      "http://x/nginx",
      "x:443",
      "/nginx\\",
      "/constructor",
    ]) {
      assert.equal(presentationOf(target), undefined, target);
    }
  });
});

describe("presentedCertificate", () => {
  it("never takes what stands in another field, or in a second line", () => {
    const names = constantFrom(
      "Client-Cert",
      "client-cert",
      "CLIENT-CERT",
      "Client_Cert",
      "Client-Cert-Chain",
      "Ssl-Client-Cert",
      "X-Forwarded-Tls-Client-Cert",
      "x-forwarded-client-cert",
      "X-Client-Cert",
      "Client-Cert ",
    );
    const values = constantFrom("", "::", "(null)", ":QUFB:", ":QkJC:", "QUFB", "%");
    const lines = array(tuple(names, values), { maxLength: 8 });
    holds(
      property(lines, constantFrom(...PATHS), (fields, path) => {
        const presentation = presentationOf(path);
        assert.ok(presentation !== undefined);
        const own = fields.filter(([name]) => name.toLowerCase() === presentation.field);
        try {
          const der = presentedCertificate(fields.flat(), presentation);
          assert.ok(own.length <= 1);
          if (der !== undefined) assert.deepEqual(der, presentation.parse(own[0]?.[1] ?? ""));
        } catch (error) {
          assert.ok(isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED"), String(error));
          assert.ok(own.length > 0);
        }
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  it("takes two lines for malformed, even where both say the same, or nothing", () => {
    const caddy = presentationOf("/caddy");
    assert.ok(caddy !== undefined);
    for (const value of [":QUFB:", "", "::", "(null)"]) {
      assert.throws(
        () => presentedCertificate(["Client-Cert", value, "client-cert", value], caddy),
        /more than one/,
      );
    }
  });
});
