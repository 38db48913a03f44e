//! Answers that GitLab never gives.

use std::io::{Result, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::raw_server::Asked;

const JSON: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

/// A body that never ends, as fast as it is read.
pub fn endless(stream: &mut TcpStream, _: &Asked) -> Result<()> {
    write!(stream, "{JSON}Transfer-Encoding: chunked\r\n\r\n")?;
    let chunk = format!("8000\r\n[{}\r\n", "[1,\"x\"],".repeat(0x8000 / 8)).replacen("[[", "[", 1);
    loop {
        stream.write_all(chunk.as_bytes())?;
    }
}

/// One byte of the head a second, forever.
pub fn slow_head(stream: &mut TcpStream, _: &Asked) -> Result<()> {
    drip(stream, JSON)
}

/// A head at once, and one byte of the body a second.
pub fn slow_body(stream: &mut TcpStream, _: &Asked) -> Result<()> {
    write!(stream, "{JSON}Content-Length: 1000000\r\n\r\n")?;
    drip(stream, "[")
}

fn drip(stream: &mut TcpStream, text: &str) -> Result<()> {
    for byte in text.bytes().chain(std::iter::repeat(b' ')) {
        stream.write_all(&[byte])?;
        std::thread::park_timeout(Duration::from_secs(1));
    }
    Ok(())
}

/// Ten megabytes of one header.
pub fn large_header(stream: &mut TcpStream, _: &Asked) -> Result<()> {
    write!(stream, "{JSON}X-Large: ")?;
    stream.write_all(&vec![b'x'; 10_000_000])?;
    write!(stream, "\r\nContent-Length: 2\r\n\r\n[]")
}

fn whole(stream: &mut TcpStream, more: &str, body: &[u8]) -> Result<()> {
    write!(stream, "{JSON}{more}Connection: close\r\nContent-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(body)
}

/// A million nested arrays.
pub fn deep(stream: &mut TcpStream, _: &Asked) -> Result<()> {
    whole(stream, "", "[".repeat(1_000_000).as_bytes())
}

/// A million nested objects, in a field that is read.
pub fn deep_objects(stream: &mut TcpStream, _: &Asked) -> Result<()> {
    whole(stream, "", format!("[{{\"id\":{}", "{\"id\":".repeat(1_000_000)).as_bytes())
}

/// As many small items as fit.
pub fn many_parts(stream: &mut TcpStream, _: &Asked) -> Result<()> {
    let one = format!("{},", hook(1));
    let mut body = format!("[{}", one.repeat(4_000_000 / one.len()));
    body.replace_range(body.len() - 1.., "]");
    whole(stream, "", body.as_bytes())
}

/// A body that is cut off.
pub fn cut(stream: &mut TcpStream, _: &Asked) -> Result<()> {
    write!(stream, "{JSON}Content-Length: 100\r\n\r\n[{{\"id\":")
}

/// A redirect to the same address.
pub fn redirect_loop(stream: &mut TcpStream, asked: &Asked) -> Result<()> {
    let Asked { origin, target } = asked;
    write!(stream, "HTTP/1.1 302 Found\r\nLocation: {origin}{target}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
}

/// A compression bomb: a megabyte that would become a gigabyte.
pub fn packed(stream: &mut TcpStream, _: &Asked) -> Result<()> {
    whole(stream, "Content-Encoding: gzip\r\n", &[&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0; 1_000_000]].concat())
}

/// A page that names itself as the next one.
pub fn link_to_itself(stream: &mut TcpStream, asked: &Asked) -> Result<()> {
    let Asked { origin, target } = asked;
    whole(stream, &format!("Link: <{origin}{target}>; rel=\"next\"\r\n"), page(1).as_bytes())
}

/// Two pages that name each other.
pub fn links_in_a_circle(stream: &mut TcpStream, asked: &Asked) -> Result<()> {
    let next = asked.page() % 2 + 1;
    let link = format!("Link: <{}?page={next}>; rel=\"next\"\r\n", asked.path());
    whole(stream, &link, page(asked.page() * 100).as_bytes())
}

/// The same page forever, at another address each time.
pub fn a_page_that_repeats(stream: &mut TcpStream, asked: &Asked) -> Result<()> {
    whole(stream, &next(asked), page(1).as_bytes())
}

/// A hundred more items, forever.
pub fn a_million(stream: &mut TcpStream, asked: &Asked) -> Result<()> {
    whole(stream, &next(asked), page(asked.page() * 100).as_bytes())
}

fn next(asked: &Asked) -> String {
    format!("Link: <{}{}?page={}>; rel=\"next\"\r\n", asked.origin, asked.path(), asked.page() + 1)
}

/// A hundred items from this number on, each with the fields of a hook, a project, a group and an application.
fn page(first: u64) -> String {
    format!("[{}]", (first..first + 100).map(hook).collect::<Vec<_>>().join(","))
}

fn hook(id: u64) -> String {
    format!(
        "{{\"id\":{id},\"url\":\"https://hooks.example/{id}\",\"name\":\"n{id}\",\"path\":\"p{id}\",\"full_path\":\"p{id}\",\
         \"path_with_namespace\":\"g/p{id}\",\"application_name\":\"a\",\"application_id\":\"a{id}\",\
         \"callback_url\":\"https://a.example\",\"confidential\":true,\"enable_ssl_verification\":true,\"namespace\":{{\"kind\":\"group\"}},\"web_url\":\"https://g.example/p{id}\"}}"
    )
}

/// A redirect to an address, or an empty list with a link to it.
pub fn lead(stream: &mut TcpStream, header: &str, to: &str) -> Result<()> {
    if header == "Link" {
        return whole(stream, &format!("Link: <{to}>; rel=\"next\"\r\n"), b"[]");
    }
    write!(stream, "HTTP/1.1 302 Found\r\n{header}: {to}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
}
