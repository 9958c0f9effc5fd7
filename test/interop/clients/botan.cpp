// c++ $(pkg-config --cflags botan-2) botan.cpp -o botan -lbotan-2; ./botan URL…
// The second connection resumes the session of the first.
#include <botan/auto_rng.h>
#include <botan/pkcs8.h>
#include <botan/tls_client.h>
#include <botan/tls_exceptn.h>
#include <iostream>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace Botan;

class Credentials final : public Credentials_Manager {
 public:
  explicit Credentials(RandomNumberGenerator& random)
      : anna("anna.pem"), key(PKCS8::load_key("anna.key", random)) {}

  std::vector<X509_Certificate> cert_chain(const std::vector<std::string>& types, const std::string&,
                                           const std::string&) override {
    for (const auto& type : types) {
      if (type == key->algo_name()) return {anna};
    }
    return {};
  }

  Private_Key* private_key_for(const X509_Certificate&, const std::string&, const std::string&) override {
    return key.get();
  }

 private:
  X509_Certificate anna;
  std::unique_ptr<Private_Key> key;
};

class Connection final : public TLS::Callbacks {
 public:
  explicit Connection(int socket) : socket(socket) {}

  void tls_emit_data(const uint8_t data[], size_t size) override {
    while (size > 0) {
      const ssize_t sent = send(socket, data, size, MSG_NOSIGNAL);
      if (sent <= 0) return;
      data += sent, size -= static_cast<size_t>(sent);
    }
  }
  void tls_record_received(uint64_t, const uint8_t data[], size_t size) override {
    std::cout.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  }
  void tls_alert(TLS::Alert alert) override {
    if (alert.is_fatal()) std::cerr << "alert: " << alert.type_string() << "\n";
  }
  // The server's certificate is no CA, so Botan wants to be told that it will do.
  void tls_verify_cert_chain(const std::vector<X509_Certificate>& chain,
                             const std::vector<std::shared_ptr<const OCSP::Response>>&,
                             const std::vector<Certificate_Store*>&, Usage_Type, const std::string&,
                             const TLS::Policy&) override {
    if (chain.empty() || chain.front() != X509_Certificate("server.pem")) {
      throw TLS::TLS_Exception(TLS::Alert::BAD_CERTIFICATE, "this is another server");
    }
  }
  bool tls_session_established(const TLS::Session&) override { return true; }

 private:
  int socket;
};

static int dial(const std::string& host, const std::string& port) {
  addrinfo hints{}, *found;
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) throw std::runtime_error("no such host");
  for (addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int made = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
    if (connect(made, each->ai_addr, each->ai_addrlen) == 0) return freeaddrinfo(found), made;
    close(made);
  }
  throw std::runtime_error("cannot connect");
}

int main(int count, char** urls) {
  AutoSeeded_RNG random;
  TLS::Session_Manager_In_Memory sessions(random);
  TLS::Policy policy;
  Credentials credentials(random);
  for (int i = 1; i < count; i++) {
    const std::string address = std::string(urls[i]).substr(8);
    const std::string host = address.substr(0, address.find(':'));
    const std::string port = std::to_string(std::stoi(address.substr(host.size() + 1)));
    const int socket = dial(host, port);
    Connection connection(socket);
    TLS::Client client(connection, sessions, credentials, policy, random,
                       TLS::Server_Information(host, static_cast<uint16_t>(std::stoi(port))));
    bool asked = false;
    uint8_t part[4096];
    ssize_t length;
    while (!client.is_closed() && (length = read(socket, part, sizeof part)) > 0) {
      client.received_data(part, static_cast<size_t>(length));
      if (client.is_active() && !asked) client.send("GET / HTTP/1.0\r\n\r\n"), asked = true;
    }
    close(socket);
  }
}
