//! The binary: hands arguments and environment to the library.

use std::collections::BTreeMap;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    Box::pin(postrider_server::run(std::env::args_os(), environment())).await
}

/// The environment, read once. What is not text cannot be meant for us.
#[expect(clippy::disallowed_methods, reason = "the server is where the environment is read, and only here")]
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
