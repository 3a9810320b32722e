//! PostgreSQL goes away and comes back, behind a proxy that the test controls.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use postrider_store::Place;
use postrider_store::testkit::TestStore;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::support::{Home, until};

/// Passes connections on while it is open; closing it cuts those that are there.
struct Proxy {
    addr: SocketAddr,
    open: Arc<AtomicBool>,
    cut: watch::Sender<u64>,
}

impl Proxy {
    async fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let addr = listener.local_addr().expect("an address");
        let (open, cut) = (Arc::new(AtomicBool::new(true)), watch::Sender::new(0));
        let (is_open, cuts) = (Arc::clone(&open), cut.clone());
        #[expect(clippy::disallowed_methods, reason = "ends with the test")]
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                if !is_open.load(Ordering::SeqCst) {
                    continue;
                }
                let (target, mut cut) = (target.clone(), cuts.subscribe());
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(target).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        Self { addr, open, cut }
    }

    fn close(&self) {
        self.open.store(false, Ordering::SeqCst);
        self.cut.send_modify(|count| *count += 1);
    }

    fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_lives_while_its_database_is_gone_and_recovers() {
    let Some(store) = TestStore::postgres().await else { return };
    let Place::Postgres(address) = store.place().clone() else { panic!("a PostgreSQL address") };
    let mut url = url::Url::parse(&address).expect("an address");
    let target = format!("{}:{}", url.host_str().expect("a host"), url.port().unwrap_or(5432));
    let proxy = Proxy::to(target).await;
    url.set_host(Some("127.0.0.1")).expect("a host");
    url.set_port(Some(proxy.addr.port())).expect("a port");

    let home = Home::new();
    let key = "07".repeat(32);
    let environment = [("POSTRIDER_DATABASE_URL", url.as_str()), ("POSTRIDER_INSTANCE_KEY", key.as_str())];
    let server = home.serve_with(&[], &environment);
    assert_eq!(server.get("/readyz").await.0, 200);
    proxy.close();
    until("the database to be missed", async || (server.get("/readyz").await.0 == 503).then_some(())).await;
    assert_eq!(server.get("/healthz").await.0, 200, "the process lives");
    proxy.open();
    until("the database to be back", async || (server.get("/readyz").await.0 == 200).then_some(())).await;
    let words = ["user", "create", "--email", "a@example.org", "--name", "A", "--data", &home.data()];
    let made = home.run_with(&words, &environment, "");
    assert_eq!(made.code, 0, "{made:?}");
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    store.finish().await;
}

#[test]
fn a_database_that_does_not_answer_stops_the_start_with_one_line() {
    let home = Home::new();
    let words = ["serve", "--listen", "127.0.0.1:0", "--data", &home.data()];
    let address = "postgres://ann:hunter2@127.0.0.1:1/postrider";
    let ended = home.run_with(&words, &[("POSTRIDER_DATABASE_URL", address)], "");
    ended.refused(1, &["cannot open the database postgres://127.0.0.1/postrider"]);
    assert!(!ended.err.contains("hunter2"), "{ended:?}");
}
