//! An HTTP proxy that opens tunnels, as companies have it; a real one is in `tests/real/proxy.rs`.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

pub struct Proxy {
    /// `127.0.0.1:1234`.
    pub host: String,
    tunnels: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let tunnels = Arc::new(Mutex::new(Vec::new()));
        let opened = Arc::clone(&tunnels);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let opened = Arc::clone(&opened);
                thread::spawn(move || drop(serve(client, &opened)));
            }
        });
        Self { host, tunnels }
    }

    /// Where the tunnels led, each place once.
    pub fn tunnels(&self) -> Vec<String> {
        let mut tunnels = self.tunnels.lock().expect("the tunnels").clone();
        tunnels.sort();
        tunnels.dedup();
        tunnels
    }
}

/// Answers `CONNECT host:port` with a tunnel to there.
fn serve(mut client: TcpStream, opened: &Mutex<Vec<String>>) -> io::Result<()> {
    let head = head(&mut client)?;
    let Some(to) = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()) else {
        return client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n");
    };
    let server = TcpStream::connect(to)?;
    opened.lock().expect("the tunnels").push(to.to_owned());
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (from, back) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || copy(from, server));
    copy(back, client);
    Ok(())
}

fn head(client: &mut TcpStream) -> io::Result<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ended = io::copy(&mut from, &mut to);
    let _closed = to.shutdown(Shutdown::Write);
}
