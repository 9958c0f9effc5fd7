import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { presentationOf } from "../../src/authorizer/presented-certificate.ts";

const TOLD = ["handclasp-peer", "handclasp-key", "handclasp-groups"];

function example(file: string): string {
  return readFileSync(resolve(import.meta.dirname, "../../examples/proxies", file), "utf8");
}

/** The lines below a key that stand deeper than it, without what is around the words. */
function below(text: string, key: string): readonly string[] {
  const [, indent = "", rest = ""] = new RegExp(`^( *)${key}:\\n((?:\\1 +.*\\n)+)`, "m").exec(text) ?? [];
  assert.notEqual(rest, "", `there is no ${indent}${key}`);
  return Array.from(rest.matchAll(/^ *(?:- )?(?:exact: |key: )?([\w.-]+)$/gm), ([, word = ""]) =>
    word.toLowerCase(),
  );
}

// What is in these files beside that is as their documentation says: neither program is at hand.
describe("the examples of proxies that are not run", () => {
  it("have Envoy ask as the authorizer reads it, and closed", () => {
    const text = example("envoy.yaml");
    const [, prefix = ""] = /path_prefix: (\S+)/.exec(text) ?? [];
    for (const path of ["/", "/a?b", "/nginx"]) {
      assert.equal(presentationOf(`${prefix}${path}`)?.field, "x-forwarded-client-cert");
    }
    const { field, addressField } = presentationOf(prefix) ?? {};
    assert.deepEqual(below(text, "allowed_headers"), [field]);
    assert.deepEqual(below(text, "headers_to_add"), [addressField]);
    assert.deepEqual(below(text, "allowed_upstream_headers"), TOLD);
    for (const line of [
      "failure_mode_allow: false",
      "forward_client_cert_details: SANITIZE_SET",
      "set_current_client_cert_details: { cert: true }",
    ]) {
      assert.ok(text.includes(` ${line}\n`), line);
    }
  });

  it("have Traefik ask as the authorizer reads it, with no field of the client's", () => {
    const text = example("traefik-app.yml");
    const [, path = ""] = /address: http:\/\/127\.0\.0\.1:\d+(\S+)/.exec(text) ?? [];
    const { field } = presentationOf(path) ?? {};
    assert.deepEqual(below(text, "authRequestHeaders"), [field, "handclasp-secret"]);
    assert.deepEqual(below(text, "authResponseHeaders"), TOLD);
    const [, order = ""] = /middlewares: \[(.*)\]/.exec(text) ?? [];
    assert.deepEqual(order.split(", "), ["forget-claims", "show-certificate", "handclasp", "forget-secret"]);
    const [forgotten = ""] = /forget-claims:\n[^]*?\n\n/.exec(text) ?? [];
    for (const name of [field ?? "", ...TOLD, ...TOLD.map((told) => told.replace("-", "_"))]) {
      assert.match(forgotten, new RegExp(`^ +${name}: ""$`, "im"));
    }
  });
});
