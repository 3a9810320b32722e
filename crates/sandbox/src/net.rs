//! Listening, and hanging up on a client without an answer.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long a shutdown waits for requests that are still being answered.
const DRAIN: Duration = Duration::from_secs(2);

/// A served sandbox. Dropping it stops accepting connections.
#[derive(Debug)]
pub struct Running {
    /// The address of the main port, with the real number.
    pub addr: SocketAddr,
    main: Port,
    instances: Vec<(&'static str, Port)>,
}

impl Running {
    /// From the main port and the ports of the instances and networks.
    pub(crate) fn new(main: Port, instances: Vec<(&'static str, Port)>) -> Self {
        Self { addr: main.addr, main, instances }
    }

    /// The base URL of the main port, without a trailing slash.
    pub fn url(&self) -> String {
        crate::base_url(self.addr)
    }

    /// The origin of an instance of the fediverse, or of a network with a port of its own (`threads`, `facebook`,
    /// `instagram`): what a client of it is given.
    pub fn instance(&self, name: &str) -> Option<String> {
        let (_, port) = self.instances.iter().find(|(known, _)| *known == name)?;
        Some(crate::base_url(port.addr))
    }

    /// The name and the origin of every instance of the fediverse.
    pub fn instances(&self) -> impl Iterator<Item = (&'static str, String)> {
        let fediverse =
            |(name, _): &&(&'static str, Port)| crate::Sandbox::instance_names().any(|known| known == *name);
        self.instances.iter().filter(fediverse).map(|(name, port)| (*name, crate::base_url(port.addr)))
    }

    /// Every address that is served, for a client that may reach no other.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        let others = self.instances.iter().map(|(_, port)| port.addr);
        [self.addr].into_iter().chain(others)
    }

    /// Stops listening and waits up to two seconds for open requests.
    pub async fn shutdown(self) {
        let ports = self.instances.into_iter().map(|(_, port)| port).chain([self.main]);
        futures::future::join_all(ports.map(Port::close)).await;
    }
}

/// One listening port.
#[derive(Debug)]
pub(crate) struct Port {
    /// Its address, with the real number.
    pub(crate) addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Port {
    async fn close(self) {
        drop(self.stop);
        let abort = self.task.abort_handle();
        if tokio::time::timeout(DRAIN, self.task).await.is_err() {
            abort.abort();
        }
    }
}

/// A bound address.
pub(crate) struct Bound {
    pub(crate) inner: TcpListener,
    /// Whether its number was asked for.
    pub(crate) fixed: bool,
}

impl Bound {
    /// The address, with the real number.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

/// Binds `addr`.
pub(crate) async fn listen(addr: impl ToSocketAddrs) -> io::Result<Bound> {
    let wanted: Vec<_> = tokio::net::lookup_host(addr).await?.collect();
    let fixed = wanted.iter().any(|addr| addr.port() != 0);
    Ok(Bound { inner: TcpListener::bind(wanted.as_slice()).await?, fixed })
}

/// The address `steps` ports behind another, if there is one.
pub(crate) fn after(addr: SocketAddr, steps: usize) -> Option<SocketAddr> {
    let port = addr.port().checked_add(u16::try_from(steps).ok()?)?;
    Some(SocketAddr::new(addr.ip(), port))
}

/// Binds the wanted address, or a free port beside `main` where that is taken.
pub(crate) async fn near(main: SocketAddr, wanted: Option<SocketAddr>) -> io::Result<TcpListener> {
    if let Some(wanted) = wanted
        && let Ok(listener) = TcpListener::bind(wanted).await
    {
        return Ok(listener);
    }
    TcpListener::bind(SocketAddr::new(main.ip(), 0)).await
}

/// Serves `router` in a task of its own.
#[expect(clippy::disallowed_methods, reason = "the task is held by `Running`, whose shutdown waits for it")]
pub(crate) fn serve(router: Router, listener: TcpListener) -> io::Result<Port> {
    let addr = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let service = router.into_make_service_with_connect_info::<Peer>();
    let task = tokio::spawn(async move {
        axum::serve(Door(listener), service)
            .with_graceful_shutdown(async move {
                // An error means the sender is gone, which is also a request to stop.
                let _ = stopped.await;
            })
            .await
    });
    Ok(Port { addr, stop, task })
}

/// The other end of a connection, with the switch that cuts it.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Its network address.
    pub(crate) addr: SocketAddr,
    cut: Arc<AtomicBool>,
}

impl Peer {
    /// From now on nothing is written to this connection: the next write closes it.
    pub(crate) fn hang_up(&self) {
        self.cut.store(true, Ordering::Release);
    }
}

/// A listener whose connections can be cut from inside a handler.
struct Door(TcpListener);

impl Listener for Door {
    type Io = Wire;
    type Addr = Peer;

    async fn accept(&mut self) -> (Wire, Peer) {
        let (stream, addr) = Listener::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "nodelay refused");
        }
        let cut = Arc::new(AtomicBool::new(false));
        let peer = Peer { addr, cut: Arc::clone(&cut) };
        (Wire { stream, cut }, peer)
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer { addr: self.0.local_addr()?, cut: Arc::new(AtomicBool::new(false)) })
    }
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A TCP stream that refuses to write once it was cut, so that not one byte of
/// an answer leaves and the client sees the connection close.
struct Wire {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
}

impl Wire {
    fn check(&self) -> io::Result<()> {
        if self.cut.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if let Err(error) = self.check() {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Err(error) = self.check() {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
