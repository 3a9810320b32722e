//! `tools/with-moto.sh` gives an S3 server of its own and leaves nothing behind.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn tools() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tools"))
}

/// Runs the script in a temporary folder of its own; `settings` are added to its environment.
fn with_moto(scratch: &Path, settings: &[(&str, &str)], command: &str) -> Output {
    let mut call = Command::new(tools().join("with-moto.sh"));
    call.args(["bash", "-c", command]).env("TMPDIR", scratch);
    call.env_remove("POSTRIDER_TEST_S3").env_remove("POSTRIDER_MOTO_SERVER").env_remove("CI");
    call.envs(settings.iter().copied()).output().unwrap()
}

/// Whether moto is here; without it, a printed skip, which `CI=1` makes a failure.
#[expect(clippy::disallowed_methods, reason = "a test may ask whether it runs in CI")]
fn moto_is_here() -> bool {
    let here = tools().join("../.tools/moto/bin/moto_server").exists();
    if !here {
        assert!(std::env::var("CI").as_deref() != Ok("1"), "CI=1 and no moto: run make setup");
        println!("skipped: no moto here");
    }
    here
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn the_command_finds_a_bucket_server_that_is_gone_afterwards() {
    if !moto_is_here() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let ask = r#"
        port=${POSTRIDER_TEST_S3##*:}
        [ "$POSTRIDER_TEST_S3" = "http://127.0.0.1:$port" ] || exit 1
        exec 3<>/dev/tcp/127.0.0.1/$port || exit 2
        printf 'PUT /bucket HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' >&3
        head -n 1 <&3
        echo $port
        exit 7
    "#;
    let output = with_moto(folder.path(), &[], ask);
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    let (answer, port) = said.trim().split_once('\n').unwrap();
    assert!(answer.contains(" 200 "), "{answer}");
    let port: u16 = port.parse().unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "it still listens");
    assert!(is_empty(folder.path()));
}

#[test]
fn a_bucket_server_that_is_given_is_used() {
    let folder = TempDir::new().unwrap();
    let output = with_moto(folder.path(), &[("POSTRIDER_TEST_S3", "given")], "echo $POSTRIDER_TEST_S3");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "given\n");
}

#[test]
fn without_moto_ci_fails_and_a_developer_is_told() {
    let folder = TempDir::new().unwrap();
    let output = with_moto(folder.path(), &[("POSTRIDER_MOTO_SERVER", ""), ("CI", "1")], "echo ran");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "with-moto: no moto found and CI=1: run `make setup`\n");
    let output = with_moto(folder.path(), &[("POSTRIDER_MOTO_SERVER", "")], "echo ran${POSTRIDER_TEST_S3-}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ran\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("tests that need S3 will be skipped"));
}
