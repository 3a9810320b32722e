//! `tools/real-nostr/run.sh` against stand-ins for the servers that it installs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A relay that is ready at once, and ends by the signal that it is sent, as the real one does.
const RELAY: &str = r#"echo "INFO: Uvicorn running on http://$(sed -n 's/^  bind: //p' "$2")"; exec sleep 600"#;
const BLOSSOM: &str = "echo http://127.0.0.1:1; exec sleep 600";

/// A copy of the script in a tree where everything counts as installed.
struct Stage(TempDir);

impl Stage {
    fn new(relay: &str) -> Self {
        let stage = Self(TempDir::new().unwrap());
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let ours = "tools/real-nostr";
        for (file, installed_as) in [
            ("run.sh", None),
            ("requirements.txt", Some(".tools/real-nostr/venv/.installed-lock")),
            ("package-lock.json", Some("tools/real-nostr/node_modules/.installed-lock")),
            ("blossom/src/main.rs", None),
            ("blossom/Cargo.lock", Some(".tools/real-nostr/blossom.installed-lock")),
        ] {
            let from = repository.join(ours).join(file);
            for to in [Some(format!("{ours}/{file}")), installed_as.map(str::to_owned)].into_iter().flatten() {
                let to = stage.path(&to);
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::copy(&from, to).unwrap();
            }
        }
        stage.program(".tools/real-nostr/venv/bin/nostr-relay", relay);
        stage.program(".tools/real-nostr/bin/postrider-real-blossom", BLOSSOM);
        for tool in ["node", "npm", "cargo", "pkg-config"] {
            stage.program(&format!("bin/{tool}"), "exit 1");
        }
        fs::create_dir(stage.path("scratch")).unwrap();
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Notes its pid beside itself, then does as told.
    fn program(&self, name: &str, body: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/bash\necho $$ >\"$0.pid\"\n{body}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "the stand-ins go before what is installed here")]
    fn run(&self, command: &str) -> Output {
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap_or_default());
        let mut run = Command::new(self.path("tools/real-nostr/run.sh"));
        run.args(["bash", "-c", command]).env("PATH", path).env("TMPDIR", self.path("scratch")).output().unwrap()
    }

    /// Whether a server that was started has ended.
    fn is_gone(&self, program: &str) -> bool {
        let pid = fs::read_to_string(self.path(&format!(".tools/real-nostr/{program}.pid"))).unwrap();
        !Path::new("/proc").join(pid.trim()).exists()
    }

    fn left_over(&self) -> usize {
        fs::read_dir(self.path("scratch")).unwrap().count()
    }
}

#[test]
fn the_command_sees_both_servers_its_status_counts_and_both_are_stopped() {
    let stage = Stage::new(RELAY);
    for status in [0, 7] {
        let output = stage.run(&format!("echo $NOSTR_RELAY $BLOSSOM_URL; exit {status}"));
        let (said, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(status), "{complaint}");
        assert!(said.starts_with("ws://127.0.0.1:") && said.ends_with(" http://127.0.0.1:1\n"), "{said}");
        assert!(!complaint.contains("installing") && !complaint.contains("building"), "{complaint}");
        assert!(stage.is_gone("venv/bin/nostr-relay") && stage.is_gone("bin/postrider-real-blossom"));
        assert_eq!(stage.left_over(), 0);
    }
}

#[test]
fn a_server_that_does_not_start_is_an_error_with_its_words() {
    let stage = Stage::new("echo 'no such storage'; exit 3");
    let output = stage.run("echo ran");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "real-nostr: the relay stopped while starting:\nno such storage\n");
    assert_eq!(stage.left_over(), 0);

    let stage = Stage::new(RELAY);
    stage.program(".tools/real-nostr/bin/postrider-real-blossom", "exit 3");
    assert_eq!((stage.run("echo ran").status.code(), stage.left_over()), (Some(1), 0));
    assert!(stage.is_gone("venv/bin/nostr-relay"), "the one that did start is stopped");
}
