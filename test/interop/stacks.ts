import type { Stack } from "./stack.ts";
import { BOTAN } from "./stacks/botan.ts";
import { BUN } from "./stacks/bun.ts";
import { CHROMIUM } from "./stacks/chromium.ts";
import { CURL } from "./stacks/curl.ts";
import { DENO } from "./stacks/deno.ts";
import { ERLANG } from "./stacks/erlang.ts";
import { GNUTLS } from "./stacks/gnutls.ts";
import { GO } from "./stacks/go.ts";
import { JAVA } from "./stacks/java.ts";
import { MBEDTLS } from "./stacks/mbedtls.ts";
import { NODE } from "./stacks/node.ts";
import { NSS } from "./stacks/nss.ts";
import { OPENSSL } from "./stacks/openssl.ts";
import { HTTPX, PYTHON, REQUESTS } from "./stacks/python.ts";
import { RUST } from "./stacks/rust.ts";
import { WOLFSSL } from "./stacks/wolfssl.ts";

/** All that handclasp is tried with. */
export const STACKS: readonly Stack[] = [
  OPENSSL,
  CURL,
  PYTHON,
  REQUESTS,
  HTTPX,
  NODE,
  BUN,
  CHROMIUM,
  GNUTLS,
  NSS,
  GO,
  JAVA,
  ERLANG,
  DENO,
  RUST,
  MBEDTLS,
  WOLFSSL,
  BOTAN,
];
