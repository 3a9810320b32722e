//! A tiny proxy between a store and its S3 server that does to requests what networks do.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An answer of the proxy's own instead of the server's: status line and body.
    Answer(&'static str, &'static str),
    /// The connection is closed before anything is passed on.
    DropBefore,
    /// The request is passed on, its answer is not.
    DropAfter,
    /// Only so many bytes of the answer arrive.
    CutAnswer(usize),
    /// A part is answered for and never stored.
    LosePart,
}

#[derive(Debug, Clone)]
struct Rule {
    /// What the request line must contain.
    line: &'static str,
    /// Requests it still applies to.
    times: usize,
    fault: Fault,
}

/// A running proxy; it ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Proxy {
    rules: Arc<Mutex<Vec<Rule>>>,
    seen: Arc<Mutex<Vec<String>>>,
    pub(crate) endpoint: String,
}

impl Proxy {
    pub(crate) async fn start(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let upstream = upstream.strip_prefix("http://").unwrap().to_owned();
        let proxy = Self { rules: Arc::default(), seen: Arc::default(), endpoint };
        let serving = proxy.clone();
        #[expect(clippy::disallowed_methods, reason = "the proxy lives as long as the test's runtime")]
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (proxy, upstream) = (serving.clone(), upstream.clone());
                tokio::spawn(async move { proxy.serve(client, &upstream).await });
            }
        });
        proxy
    }

    /// From now on the next `times` requests whose line contains `line` meet `fault`.
    pub(crate) fn inject(&self, line: &'static str, times: usize, fault: Fault) {
        self.rules.lock().unwrap().push(Rule { line, times, fault });
    }

    /// Ends all faults.
    pub(crate) fn heal(&self) {
        self.rules.lock().unwrap().clear();
    }

    /// How many requests there were whose line contains `line`.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.seen.lock().unwrap().iter().filter(|seen| seen.contains(line)).count()
    }

    fn fault(&self, request_line: &str) -> Option<Fault> {
        self.seen.lock().unwrap().push(request_line.to_owned());
        let mut rules = self.rules.lock().unwrap();
        let rule = rules.iter_mut().find(|rule| rule.times > 0 && request_line.contains(rule.line))?;
        rule.times -= 1;
        Some(rule.fault.clone())
    }

    /// One request for each connection, so that a dropped one takes nothing else with it.
    async fn serve(&self, mut client: TcpStream, upstream: &str) -> io::Result<()> {
        let request = read_request(&mut client).await?;
        let line =
            String::from_utf8_lossy(request.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
        let answer = match self.fault(&line) {
            Some(Fault::DropBefore) => return Ok(()),
            Some(Fault::Answer(status, body)) => own_answer(status, "", body),
            Some(Fault::LosePart) => own_answer("200 OK", "ETag: \"00000000000000000000000000000000\"\r\n", ""),
            Some(Fault::DropAfter) => return ask(upstream, &request).await.map(|_| ()),
            Some(Fault::CutAnswer(bytes)) => {
                let answer = ask(upstream, &request).await?;
                answer[..bytes.min(answer.len())].to_vec()
            }
            None => ask(upstream, &request).await?,
        };
        client.write_all(&answer).await?;
        client.shutdown().await
    }
}

fn own_answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}").into_bytes()
}

/// A whole request, told to close its connection.
async fn read_request(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    let head = loop {
        if client.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(at) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let whole = head + length.unwrap_or(0);
    while request.len() < whole {
        if client.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    request.splice(head - 2..head - 2, *b"connection: close\r\n");
    Ok(request)
}

async fn ask(upstream: &str, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(upstream).await?;
    server.write_all(request).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    Ok(answer)
}
