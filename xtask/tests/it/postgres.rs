//! `tools/with-postgres.sh` gives a server of its own and leaves nothing behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Runs the script in a temporary folder of its own; `settings` are added to its environment.
fn with_postgres(scratch: &Path, settings: &[(&str, &str)], command: &str) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/with-postgres.sh");
    let mut call = Command::new(script);
    call.args(["bash", "-c", command]).env("TMPDIR", scratch);
    call.env_remove("POSTRIDER_TEST_PG").env_remove("POSTRIDER_PG_BIN").env_remove("CI");
    call.envs(settings.iter().copied()).output().unwrap()
}

/// A folder that the user PostgreSQL runs as may enter.
fn scratch() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let open = fs::Permissions::from_mode(0o755);
    tempfile::Builder::new().permissions(open).tempdir().unwrap()
}

/// Whether PostgreSQL is here; without it, a printed skip, which `CI=1` makes a failure.
#[expect(clippy::disallowed_methods, reason = "a test may ask whether it runs in CI")]
fn postgres_is_here() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin/initdb")).any(|path: PathBuf| path.exists());
    let here = debian || Command::new("initdb").arg("--version").output().is_ok();
    if !here {
        assert!(std::env::var("CI").as_deref() != Ok("1"), "CI=1 and no PostgreSQL: run make setup");
        println!("skipped: no PostgreSQL here");
    }
    here
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

/// The process id in a `postmaster.pid` that the command printed, and whether it still runs.
fn server_runs(printed: &str) -> bool {
    let pid: u32 = printed.trim().parse().unwrap();
    Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn the_command_finds_a_server_that_is_gone_afterwards() {
    if !postgres_is_here() {
        return;
    }
    let folder = scratch();
    let ask = r#"
        port=${POSTRIDER_TEST_PG##*:}; port=${port%/postgres}
        [ "$POSTRIDER_TEST_PG" = "postgres://postgres@127.0.0.1:$port/postgres" ] || exit 1
        exec 3<>/dev/tcp/127.0.0.1/$port || exit 2
        head -n 1 "$TMPDIR"/postrider-pg.*/data/postmaster.pid
    "#;
    let output = with_postgres(folder.path(), &[], ask);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!server_runs(&String::from_utf8_lossy(&output.stdout)));
    assert!(is_empty(folder.path()));
}

#[test]
fn the_status_of_the_command_comes_through_and_a_failure_cleans_up() {
    if !postgres_is_here() {
        return;
    }
    let folder = scratch();
    assert_eq!(with_postgres(folder.path(), &[], "exit 7").status.code(), Some(7));
    assert!(is_empty(folder.path()));
}

#[test]
fn an_interrupt_cleans_up() {
    if !postgres_is_here() {
        return;
    }
    let folder = scratch();
    let interrupt = r#"head -n 1 "$TMPDIR"/postrider-pg.*/data/postmaster.pid; kill -INT $PPID; kill -INT $$"#;
    let output = with_postgres(folder.path(), &[], interrupt);
    assert_eq!(output.status.code(), Some(130));
    assert!(!server_runs(&String::from_utf8_lossy(&output.stdout)));
    assert!(is_empty(folder.path()));
}

#[test]
fn a_server_that_is_given_is_used() {
    let folder = scratch();
    let output = with_postgres(folder.path(), &[("POSTRIDER_TEST_PG", "given")], "echo $POSTRIDER_TEST_PG");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "given\n");
}

#[test]
fn without_postgres_ci_fails_and_a_developer_is_told() {
    let folder = scratch();
    let output = with_postgres(folder.path(), &[("POSTRIDER_PG_BIN", ""), ("CI", "1")], "echo ran");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "with-postgres: no PostgreSQL found and CI=1: run `make setup`\n"
    );
    let output = with_postgres(folder.path(), &[("POSTRIDER_PG_BIN", "")], "echo ran${POSTRIDER_TEST_PG-}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ran\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("tests that need it will be skipped"));
}
