import java.io.*;
import java.net.*;
import java.security.KeyStore;
import java.security.cert.*;
import java.util.*;
import javax.net.ssl.*;

/** A TLS server with what every JDK has: port, key store (PKCS #12), CA or "-", oldest version, suite or "-", ALPN or "-", SNI or "-". */
public class JdkServer {
  public static void main(String[] args) throws Exception {
    char[] password = "changeit".toCharArray();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = new FileInputStream(args[1])) { keys.load(in, password); }
    KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
    keyManagers.init(keys, password);
    TrustManager[] trust = null;
    if (!args[2].equals("-")) {
      KeyStore cas = KeyStore.getInstance("PKCS12");
      cas.load(null, null);
      try (InputStream in = new FileInputStream(args[2])) {
        cas.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
      }
      TrustManagerFactory trusts = TrustManagerFactory.getInstance("PKIX");
      trusts.init(cas);
      trust = trusts.getTrustManagers();
    }
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trust, null);
    SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory()
        .createServerSocket(Integer.parseInt(args[0]), 50, InetAddress.getByName("127.0.0.1"));
    SSLParameters parameters = server.getSSLParameters();
    parameters.setProtocols(args[3].equals("1.3") ? new String[] {"TLSv1.3"} : new String[] {"TLSv1.3", "TLSv1.2"});
    if (trust != null) parameters.setNeedClientAuth(true);
    if (!args[4].equals("-")) parameters.setCipherSuites(new String[] {args[4]});
    if (!args[5].equals("-")) parameters.setApplicationProtocols(new String[] {args[5]});
    if (!args[6].equals("-")) parameters.setSNIMatchers(List.of(SNIHostName.createSNIMatcher(args[6])));
    server.setSSLParameters(parameters);
    while (true) {
      Socket socket = server.accept();
      new Thread(() -> answer(socket)).start();
    }
  }

  private static void answer(Socket socket) {
    try (socket) {
      socket.setSoTimeout(3000);
      socket.getInputStream().read(new byte[1024]);
      socket.getOutputStream().write("HTTP/1.0 200 OK\r\n\r\nhello".getBytes());
    } catch (IOException e) {
      System.err.println(e);
    }
  }
}
