//! One message over a WebSocket, and what comes back until somebody has said the last word.

use std::pin::{Pin, pin};

use futures::{SinkExt as _, StreamExt as _};
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use serde_json::Value;
use tokio::time::Sleep;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

use super::{chain, classify};
use crate::guard::{OpenHosts, check_url};
use crate::http::{Request, Response, TransportError};

/// Connects, says what the request says, and listens.
///
/// The answer's body is the JSON array of all messages. A connection that closes, or falls silent
/// past the time limit, which counts from the first packet on, before the last word is [`TransportError::NoAnswer`].
pub(super) async fn talk(
    client: &reqwest::Client,
    open: &OpenHosts,
    request: &Request,
) -> Result<Response, TransportError> {
    let silent = || TransportError::NoAnswer("the other side fell silent".to_owned());
    let unreachable = || TransportError::NotConnected("no connection in time".to_owned());
    // One limit for both: a slow handshake leaves less for the answer.
    let mut end = pin!(tokio::time::sleep(request.timeout));
    let mut socket = within(end.as_mut(), connect(client, open, request)).await.ok_or_else(unreachable)??;
    let answer = within(end, exchange(&mut socket, request)).await.ok_or_else(silent)?;
    // The answer is there; how the connection ends changes nothing.
    drop(socket);
    answer
}

/// What comes of it before the end.
async fn within<T>(end: Pin<&mut Sleep>, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = end => None,
    }
}

type Socket = WebSocketStream<reqwest::Upgraded>;

async fn connect(client: &reqwest::Client, open: &OpenHosts, request: &Request) -> Result<Socket, TransportError> {
    let url = over_http(&request.url)?;
    check_url(&url, open)?;
    let handshake = client
        .get(url)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, generate_key());
    let response = handshake.send().await.map_err(|error| classify(&error))?;
    if response.status() != reqwest::StatusCode::SWITCHING_PROTOCOLS {
        return Err(TransportError::NotConnected(format!("no WebSocket there: HTTP {}", response.status().as_u16())));
    }
    let upgraded = response.upgrade().await.map_err(|error| TransportError::NotConnected(chain(&error)))?;
    let config = WebSocketConfig::default().max_message_size(Some(request.max_answer));
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
}

/// The address of the handshake. The other side's proof of having understood the key is not checked:
/// it guards browsers against caches, and the messages are checked one by one.
fn over_http(url: &str) -> Result<reqwest::Url, TransportError> {
    let scheme = |text: &str| match text {
        "wss" => Some("https"),
        "ws" => Some("http"),
        _ => None,
    };
    let found = url.split_once("://").and_then(|(name, rest)| Some(format!("{}://{rest}", scheme(name)?)));
    let found = found.ok_or_else(|| TransportError::Invalid("the address is not ws or wss".to_owned()))?;
    reqwest::Url::parse(&found).map_err(|error| TransportError::Invalid(error.to_string()))
}

async fn exchange(socket: &mut Socket, request: &Request) -> Result<Response, TransportError> {
    let lost = |error: &dyn std::fmt::Display| TransportError::NoAnswer(error.to_string());
    let message = String::from_utf8_lossy(&request.body).into_owned();
    socket.send(Message::text(message)).await.map_err(|error| lost(&error))?;
    let (mut messages, mut size) = (Vec::new(), 0);
    while let Some(received) = socket.next().await {
        let Message::Text(text) = received.map_err(|error| lost(&error))? else { continue };
        size += text.len();
        if size > request.max_answer {
            return Err(TransportError::TooLarge { limit: request.max_answer });
        }
        let message = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text.as_str()));
        let last = message[0].as_str().is_some_and(|word| request.until.contains(&word));
        messages.push(message);
        if last {
            return Ok(Response {
                status: 200,
                headers: Default::default(),
                body: Value::from(messages).to_string().into(),
            });
        }
    }
    Err(TransportError::NoAnswer("the connection was closed before an answer".to_owned()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::net::TcpListener;

    use super::*;
    use crate::client::Client;
    use crate::http::Transport as _;

    /// A server that answers each message with these, and then closes or keeps quiet.
    async fn server(answers: Vec<&'static str>, closes: bool) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            let mut socket = tokio_tungstenite::accept_async(stream).await.expect("a handshake");
            let heard = socket.next().await.expect("a message").expect("readable");
            socket.send(heard).await.expect("echoed");
            for answer in answers {
                socket.send(Message::text(answer)).await.expect("sent");
            }
            if closes {
                socket.close(None).await.expect("closed");
            }
            let _ = socket.next().await;
        });
        format!("ws://{addr}/")
    }

    fn client(url: &str) -> Client {
        let host = url.trim_start_matches("ws://").trim_end_matches('/').to_owned();
        Client::new(OpenHosts::new([host]), "Postrider/test").expect("a client")
    }

    fn ask(url: &str) -> Request {
        let mut request = Request::socket(url, true, r#"["REQ","q",{}]"#.to_owned(), &["EOSE", "CLOSED"]);
        request.timeout = Duration::from_millis(500);
        request
    }

    #[tokio::test]
    async fn everything_up_to_the_last_word_is_the_answer() {
        let url =
            server(vec![r#"["EVENT","q",{"id":1}]"#, "not json", r#"["EOSE","q"]"#, r#"["EVENT","late"]"#], false)
                .await;
        let response = client(&url).exchange(&ask(&url), None).await.expect("an answer");
        let messages: Vec<Value> = response.json().expect("a list");
        let words: Vec<_> = messages.iter().map(|message| message[0].as_str().unwrap_or("?")).collect();
        assert_eq!(words, ["REQ", "EVENT", "?", "EOSE"]);
    }

    #[tokio::test]
    async fn without_a_last_word_there_is_no_answer() {
        for closes in [true, false] {
            let url = server(vec![r#"["NOTICE","busy"]"#], closes).await;
            let error = client(&url).exchange(&ask(&url), None).await.expect_err("no last word");
            assert!(matches!(error, TransportError::NoAnswer(_)), "{error:?}");
        }
    }

    #[tokio::test]
    async fn one_who_takes_the_call_and_is_silent_is_left() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("ws://{}/", listener.local_addr().expect("an address"));
        let request = Request { timeout: Duration::from_millis(50), ..ask(&url) };
        let error = client(&url).exchange(&request, None).await.expect_err("nothing came");
        assert!(error.nothing_was_sent(), "{error:?}");
    }

    #[tokio::test]
    async fn a_slow_handshake_leaves_less_for_the_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("ws://{}/", listener.local_addr().expect("an address"));
        #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::time::sleep(Duration::from_millis(400)).await;
            let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
            let _ = socket.next().await;
            tokio::time::sleep(Duration::from_millis(400)).await;
            let _ = socket.send(Message::text(r#"["EOSE","q"]"#)).await;
            let _ = socket.next().await;
        });
        let request = Request { timeout: Duration::from_millis(700), ..ask(&url) };
        client(&url).exchange(&request, None).await.expect_err("later than it may");
    }

    #[tokio::test]
    async fn too_many_words_are_cut_off() {
        let url = server(vec![r#"["EVENT","q",{"content":"0123456789012345678901234567890123456789"}]"#], false).await;
        let request = Request { max_answer: 40, ..ask(&url) };
        let error = client(&url).exchange(&request, None).await.expect_err("too large");
        assert!(matches!(error, TransportError::TooLarge { limit: 40 } | TransportError::NoAnswer(_)), "{error:?}");
    }

    #[tokio::test]
    async fn private_addresses_and_other_schemes_are_refused() {
        let closed = Client::new(OpenHosts::default(), "Postrider/test").expect("a client");
        let error = closed.exchange(&ask("ws://127.0.0.1:1/"), None).await.expect_err("private");
        assert!(matches!(error, TransportError::PrivateAddress { .. }), "{error:?}");
        let error = closed.exchange(&ask("https://relay.example/"), None).await.expect_err("no socket");
        assert!(matches!(error, TransportError::Invalid(_)), "{error:?}");
    }

    #[tokio::test]
    async fn a_page_that_is_no_socket_says_so_before_anything_is_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("ws://{}/", listener.local_addr().expect("an address"));
        #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
        tokio::spawn(async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut heard = [0; 1024];
            let _ = stream.read(&mut heard).await;
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
        });
        let error = client(&url).exchange(&ask(&url), None).await.expect_err("no socket");
        assert!(error.nothing_was_sent() && error.to_string().contains("404"), "{error:?}");
    }
}
