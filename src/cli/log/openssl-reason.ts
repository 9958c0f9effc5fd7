/** OpenSSL's reason without the place in its sources: `unsupported protocol`. */
export function opensslReason(error: Error): string {
  return "reason" in error && typeof error.reason === "string" ? error.reason : error.message.trim();
}
