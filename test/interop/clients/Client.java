// java Client.java URL…: the second connection resumes the session of the first.
import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class Client {
    public static void main(String[] urls) throws Exception {
        var password = "secret".toCharArray();
        var anna = KeyStore.getInstance("PKCS12");
        try (var file = new FileInputStream("anna.p12")) {
            anna.load(file, password);
        }
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(anna, password);

        var servers = KeyStore.getInstance("PKCS12");
        servers.load(null, null);
        try (var file = new FileInputStream("server.pem")) {
            var server = CertificateFactory.getInstance("X.509").generateCertificate(file);
            servers.setCertificateEntry("server", server);
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(servers);

        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        var client = HttpClient.newBuilder().sslContext(context).build();
        for (var url : urls) {
            System.out.print(client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString()).body());
        }
    }
}
