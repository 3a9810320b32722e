//! Answering connections. A client that sends its request drop by drop must not hold a
//! connection for as long as it likes; how long a body may take is the API's to say.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

/// How long the head of a request may take to arrive, and how long a connection may wait
/// for the next one. Proxies keep a connection for 60 s as a rule, and must be the ones to
/// close it: a request that crosses our closing would be lost.
pub(super) const HEAD_TIME: Duration = Duration::from_secs(65);

/// How long to wait when no connection can be taken, such as without file descriptors.
const PAUSE: Duration = Duration::from_secs(1);

/// Answers until asked to stop, then until the open requests are answered.
pub(super) async fn listen(
    listener: TcpListener,
    router: Router,
    head_time: Duration,
    stop: CancellationToken,
) -> io::Result<()> {
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head_time);
    let (graceful, connections) = (GracefulShutdown::new(), TaskTracker::new());
    loop {
        let (socket, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener) => accepted,
        };
        let router = router.clone();
        let service = service_fn(move |request| answer(router.clone(), peer, request));
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(socket), service));
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
    drop(listener);
    graceful.shutdown().await;
    Ok(())
}

/// Without the client's address log-ins could not be throttled by it.
async fn answer(
    mut router: Router,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    router.call(request).await
}

/// The next connection. One that broke while it waited is nobody's trouble.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be taken at the moment");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn served(head_time: Duration) -> (SocketAddr, CancellationToken, TaskTracker) {
        async fn address(ConnectInfo(peer): ConnectInfo<SocketAddr>) -> String {
            peer.ip().to_string()
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (addr, stop) = (listener.local_addr().expect("an address"), CancellationToken::new());
        let router = Router::new().route("/", get(address));
        let tracker = TaskTracker::new();
        tracker.spawn(listen(listener, router, head_time, stop.clone()));
        (addr, stop, tracker)
    }

    async fn rest(socket: &mut TcpStream) -> String {
        let mut text = String::new();
        let read = tokio::time::timeout(Duration::from_secs(10), socket.read_to_string(&mut text));
        read.await.expect("the connection ends").expect("reads");
        text
    }

    #[tokio::test]
    async fn a_head_that_comes_drop_by_drop_ends_the_connection() {
        let (addr, ..) = served(Duration::from_millis(300)).await;
        let mut slow = TcpStream::connect(addr).await.expect("connects");
        slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.expect("writes");
        assert!(!rest(&mut slow).await.contains("200"), "it is not answered");
        let mut silent = TcpStream::connect(addr).await.expect("connects");
        assert_eq!(rest(&mut silent).await, "", "nor is one that says nothing");
    }

    #[tokio::test]
    async fn requests_know_their_client_and_open_ones_are_answered_before_it_stops() {
        let (addr, stop, tracker) = served(HEAD_TIME).await;
        let mut client = TcpStream::connect(addr).await.expect("connects");
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.expect("writes");
        let text = rest(&mut client).await;
        assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("127.0.0.1"), "{text}");
        stop.cancel();
        tracker.close();
        tokio::time::timeout(Duration::from_secs(10), tracker.wait()).await.expect("stops");
    }
}
