// go run client.go URL…: the second connection resumes the session of the first.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"os"
)

func main() {
	anna, err := tls.LoadX509KeyPair("anna.pem", "anna.key")
	if err != nil {
		log.Fatal(err)
	}
	server, err := os.ReadFile("server.pem")
	if err != nil {
		log.Fatal(err)
	}
	servers := x509.NewCertPool()
	servers.AppendCertsFromPEM(server)

	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		Certificates:       []tls.Certificate{anna},
		RootCAs:            servers,
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
	}}}
	for _, url := range os.Args[1:] {
		response, err := client.Get(url)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := io.Copy(os.Stdout, response.Body); err != nil {
			log.Fatal(err)
		}
		response.Body.Close()
	}
}
