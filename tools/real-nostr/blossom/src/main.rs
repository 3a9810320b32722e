//! Serves blobs from memory on a free port of loopback, with the server of the `blossom-rs` library (BUD-01, BUD-02).
//!
//! Uploads need a permission: a signed event of kind 24242 that has not expired. The first line on stdout, and the
//! only one, is the address.

use blossom_rs::{BlobServer, MemoryBackend};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = BlobServer::builder(MemoryBackend::new(), &url).require_auth().build();
    println!("{url}");
    axum::serve(listener, server.router()).await
}
