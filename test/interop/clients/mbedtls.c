// cc mbedtls.c -o mbedtls -lmbedtls -lmbedx509 -lmbedcrypto; ./mbedtls URL…
// The second connection resumes the session of the first.
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/debug.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context random_source;
static mbedtls_x509_crt anna, server;
static mbedtls_pk_context key;
static mbedtls_ssl_config config;
static mbedtls_ssl_session session;
static int has_session;

static int must(const char *what, int result) {
  if (result >= 0 || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return result;
  char text[200];
  mbedtls_strerror(result, text, sizeof text);
  fprintf(stderr, "%s: -0x%04x %s\n", what, (unsigned)-result, text);
  exit(1);
}

static void show_alert(void *context, int level, const char *file, int line, const char *text) {
  (void)context, (void)level, (void)file, (void)line;
  if (strstr(text, "alert message") != NULL) fputs(text, stderr);
}

static void ask(const char *url) {
  char host[256], port[6];
  if (sscanf(url, "https://%255[^:]:%5[0-9]", host, port) != 2) exit(2);
  mbedtls_net_context net;
  mbedtls_ssl_context ssl;
  mbedtls_net_init(&net);
  mbedtls_ssl_init(&ssl);
  must("connect", mbedtls_net_connect(&net, host, port, MBEDTLS_NET_PROTO_TCP));
  must("setup", mbedtls_ssl_setup(&ssl, &config));
  must("hostname", mbedtls_ssl_set_hostname(&ssl, host));
  mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
  if (has_session) must("session", mbedtls_ssl_set_session(&ssl, &session));
  must("handshake", mbedtls_ssl_handshake(&ssl));

  const char *request = "GET / HTTP/1.0\r\n\r\n";
  must("write", mbedtls_ssl_write(&ssl, (const unsigned char *)request, strlen(request)));
  unsigned char answer[4096];
  int length;
  while ((length = must("read", mbedtls_ssl_read(&ssl, answer, sizeof answer))) > 0) {
    fwrite(answer, 1, (size_t)length, stdout);
  }
  must("session", mbedtls_ssl_get_session(&ssl, &session));
  has_session = 1;
  mbedtls_ssl_free(&ssl);
  mbedtls_net_free(&net);
}

int main(int count, char **urls) {
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random_source);
  must("seed", mbedtls_ctr_drbg_seed(&random_source, mbedtls_entropy_func, &entropy, NULL, 0));
  mbedtls_x509_crt_init(&anna);
  mbedtls_x509_crt_init(&server);
  mbedtls_pk_init(&key);
  must("anna.pem", mbedtls_x509_crt_parse_file(&anna, "anna.pem"));
  must("anna.key", mbedtls_pk_parse_keyfile(&key, "anna.key", NULL));
  must("server.pem", mbedtls_x509_crt_parse_file(&server, "server.pem"));

  mbedtls_ssl_session_init(&session);
  mbedtls_ssl_config_init(&config);
  must("config", mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                             MBEDTLS_SSL_PRESET_DEFAULT));
  mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random_source);
  mbedtls_ssl_conf_ca_chain(&config, &server, NULL);
  mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
  must("certificate", mbedtls_ssl_conf_own_cert(&config, &anna, &key));
  // The error says only that a fatal alert came; which one is in the debug output.
  mbedtls_ssl_conf_dbg(&config, show_alert, NULL);
  mbedtls_debug_set_threshold(2);
  for (int i = 1; i < count; i++) ask(urls[i]);
  return 0;
}
