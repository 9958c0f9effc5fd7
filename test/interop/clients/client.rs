// cargo run -- URL…: the second connection resumes the session of the first.
use rustls::{Certificate, ClientConfig, ClientConnection, PrivateKey, RootCertStore, ServerName, StreamOwned};
use std::error::Error;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

fn certificates(file: &str) -> Result<Vec<Certificate>, Box<dyn Error>> {
    let der = rustls_pemfile::certs(&mut BufReader::new(File::open(file)?))?;
    Ok(der.into_iter().map(Certificate).collect())
}

fn key(file: &str) -> Result<PrivateKey, Box<dyn Error>> {
    let mut der = rustls_pemfile::pkcs8_private_keys(&mut BufReader::new(File::open(file)?))?;
    Ok(PrivateKey(der.remove(0)))
}

fn ask(config: &Arc<ClientConfig>, url: &str) -> Result<(), Box<dyn Error>> {
    let address = url.trim_start_matches("https://").trim_end_matches('/');
    let host = address.split(':').next().unwrap_or(address);
    let client = ClientConnection::new(config.clone(), ServerName::try_from(host)?)?;
    let mut connection = StreamOwned::new(client, TcpStream::connect(address)?);
    connection.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    io::stdout().write_all(&answer)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut servers = RootCertStore::empty();
    for server in certificates("server.pem")? {
        servers.add(&server)?;
    }
    let config = ClientConfig::builder()
        .with_safe_defaults()
        .with_root_certificates(servers)
        .with_single_cert(certificates("anna.pem")?, key("anna.key")?)?;
    let config = Arc::new(config);
    for url in std::env::args().skip(1) {
        ask(&config, &url)?;
    }
    Ok(())
}
