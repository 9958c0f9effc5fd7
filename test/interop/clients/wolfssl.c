// cc wolfssl.c -o wolfssl -lwolfssl; ./wolfssl URL…
// The second connection resumes the session of the first.
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

static WOLFSSL_SESSION *session;

static void fail(const char *what, WOLFSSL *ssl, int result) {
  char text[WOLFSSL_MAX_ERROR_SZ];
  WOLFSSL_ALERT_HISTORY alerts;
  int error = wolfSSL_get_error(ssl, result);
  fprintf(stderr, "%s: %d %s\n", what, error, wolfSSL_ERR_error_string((unsigned long)error, text));
  // The error says only that a fatal alert came; which one is in the history.
  if (wolfSSL_get_alert_history(ssl, &alerts) == WOLFSSL_SUCCESS && alerts.last_rx.code != -1) {
    fprintf(stderr, "alert: %s\n", wolfSSL_alert_desc_string_long(alerts.last_rx.code));
  }
  exit(1);
}

static int dial(const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  if (getaddrinfo(host, port, &hints, &found) != 0) exit(2);
  for (struct addrinfo *each = found; each != NULL; each = each->ai_next) {
    int socket_ = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
    if (connect(socket_, each->ai_addr, each->ai_addrlen) == 0) return freeaddrinfo(found), socket_;
    close(socket_);
  }
  perror("connect");
  exit(2);
}

static void ask(WOLFSSL_CTX *context, const char *url) {
  char host[256], port[6];
  if (sscanf(url, "https://%255[^:]:%5[0-9]", host, port) != 2) exit(2);
  int net = dial(host, port);
  WOLFSSL *ssl = wolfSSL_new(context);
  wolfSSL_set_fd(ssl, net);
  wolfSSL_check_domain_name(ssl, host);
  wolfSSL_UseSessionTicket(ssl);
  if (session != NULL) wolfSSL_set_session(ssl, session);
  int result = wolfSSL_connect(ssl);
  if (result != WOLFSSL_SUCCESS) fail("connect", ssl, result);

  const char *request = "GET / HTTP/1.0\r\n\r\n";
  result = wolfSSL_write(ssl, request, (int)strlen(request));
  if (result <= 0) fail("write", ssl, result);
  char answer[4096];
  while ((result = wolfSSL_read(ssl, answer, sizeof answer)) > 0) fwrite(answer, 1, (size_t)result, stdout);
  if (wolfSSL_get_error(ssl, result) != WOLFSSL_ERROR_ZERO_RETURN) fail("read", ssl, result);
  session = wolfSSL_get1_session(ssl);
  wolfSSL_free(ssl);
  close(net);
}

int main(int count, char **urls) {
  wolfSSL_Init();
  WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfTLS_client_method());
  if (wolfSSL_CTX_use_certificate_chain_file(context, "anna.pem") != WOLFSSL_SUCCESS) exit(3);
  if (wolfSSL_CTX_use_PrivateKey_file(context, "anna.key", WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS) exit(3);
  if (wolfSSL_CTX_load_verify_locations(context, "server.pem", NULL) != WOLFSSL_SUCCESS) {
    fputs("server.pem\n", stderr);
    exit(3);
  }
  for (int i = 1; i < count; i++) ask(context, urls[i]);
  return 0;
}
