import { CLIENT_AUTHENTICATION } from "./rfc8448-client-authentication.ts";
import { COMPATIBILITY_MODE } from "./rfc8448-compatibility-mode.ts";
import { HELLO_RETRY_REQUEST } from "./rfc8448-hello-retry-request.ts";
import { RESUMED_0RTT } from "./rfc8448-resumed-0rtt.ts";
import { SIMPLE_1RTT } from "./rfc8448-simple-1rtt.ts";
import type { Trace } from "./rfc8448-trace.ts";

/** RFC 8448 §3 to §7. */
export const RFC_8448: readonly Trace[] = [
  SIMPLE_1RTT,
  RESUMED_0RTT,
  HELLO_RETRY_REQUEST,
  CLIENT_AUTHENTICATION,
  COMPATIBILITY_MODE,
];
