//! GitLab's SSH, as far as its banner: gitlab-sshd greets and waits for the key exchange, which is not made here.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::clock;

const BANNER: &[u8] = b"SSH-2.0-GitLab-SSHD\r\n";
/// No client's greeting is longer (RFC 4253, 4.2).
const GREETING: usize = 255;

/// Greets every connection until the runtime ends.
///
/// # Errors
/// When the listener cannot be used.
pub(super) fn begin(listener: TcpListener) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(greet(stream))),
                Err(_) => clock::wait(Duration::from_millis(10)).await,
            }
        }
    });
    Ok(())
}

/// A connection that breaks is no error here.
async fn greet(mut stream: TcpStream) {
    let _sent = stream.write_all(BANNER).await;
    let mut greeting = Vec::with_capacity(GREETING);
    while greeting.len() < GREETING && !greeting.ends_with(b"\n") {
        match stream.read_u8().await {
            Ok(byte) => greeting.push(byte),
            Err(_) => return,
        }
    }
    let _closed = stream.shutdown().await;
}
