//! `tools/setup.sh`, `.ci/run` and the tool itself, run against stand-ins for what they call.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A copy of our scripts in a tree of their own, and a PATH that holds only what the test puts there.
struct Stage {
    folder: TempDir,
}

impl Stage {
    fn new() -> Self {
        let stage = Self { folder: TempDir::new().unwrap() };
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let scripts = ["tools/setup.sh", "tools/stage.sh", "tools/with-moto.sh", ".ci/run"];
        for file in scripts.into_iter().chain(["tools/moto/requirements.txt", "tools/schemathesis/requirements.txt"]) {
            let copy = stage.path(file);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(repository.join(file), copy).unwrap();
        }
        fs::create_dir(stage.path("bin")).unwrap();
        for tool in
            ["awk", "bash", "cmp", "cp", "dirname", "env", "find", "grep", "head", "make", "mktemp", "rm", "sort"]
        {
            let real = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(tool));
            symlink(real.iter().find(|path| path.exists()).unwrap(), stage.path("bin").join(tool)).unwrap();
        }
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a program on PATH that notes how it was called and then runs `body`.
    fn program(&self, name: &str, body: &str) -> &Self {
        let path = self.path("bin").join(name);
        let log = self.path("calls");
        fs::write(&path, format!("#!/bin/bash\necho \"{name} $*\" >>{}\n{body}\n", log.display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// Programs of a Debian where everything is installed and the user is not root.
    fn debian(&self) -> &Self {
        self.program("dpkg-query", "printf installed").program("apt-get", "").program("id", "echo 1000");
        self.program("sudo", "exec \"$@\"").program("cargo", "").program("npm", "mkdir -p node_modules 2>/dev/null");
        symlink("/bin/mkdir", self.path("bin/mkdir")).unwrap();
        for tool in ["moto", "schemathesis"] {
            let (list, folder) = (format!("tools/{tool}/requirements.txt"), format!(".tools/{tool}"));
            fs::create_dir_all(self.path(&folder)).unwrap();
            fs::copy(self.path(&list), self.path(&folder).join(".installed-lock")).unwrap();
        }
        self.program("cargo-nextest", "echo cargo-nextest 99.0.0").program("cargo-deny", "echo cargo-deny 99.0.0")
    }

    fn run(&self, script: &str) -> Output {
        let mut command = Command::new(self.path(script));
        command.env("PATH", self.path("bin")).env_remove("MAKEFLAGS").output().unwrap()
    }

    fn set_up(&self) -> String {
        let output = self.run("tools/setup.sh");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The calls of `program` since the test began.
    fn calls(&self, program: &str) -> Vec<String> {
        let log = fs::read_to_string(self.path("calls")).unwrap_or_default();
        let ours = log.lines().filter_map(|line| line.strip_prefix(program)?.strip_prefix(' '));
        ours.map(str::to_owned).collect()
    }
}

#[test]
fn set_up_does_nothing_when_nothing_is_missing() {
    let stage = Stage::new();
    assert_eq!(stage.debian().set_up(), "setup: everything is there\n");
    for program in ["apt-get", "cargo", "npm"] {
        assert_eq!(stage.calls(program), [""; 0], "{program}");
    }
}

#[test]
fn set_up_installs_only_missing_packages() {
    let stage = Stage::new();
    stage.debian().program("dpkg-query", "case \"$*\" in *ffmpeg*) exit 1;; *) printf installed;; esac");
    assert_eq!(stage.set_up(), "setup: installing ffmpeg\nsetup: everything is there\n");
    assert_eq!(stage.calls("apt-get"), ["update -qq", "install -y -qq --no-install-recommends ffmpeg"]);
    assert_eq!(stage.calls("sudo").len(), 2);
}

#[test]
fn set_up_builds_a_tool_that_is_missing_or_too_old() {
    let stage = Stage::new();
    stage.debian().program("cargo-deny", "echo cargo-deny 0.9.0");
    assert!(stage.set_up().starts_with("setup: building cargo-deny 0."));
    let calls = stage.calls("cargo");
    assert_eq!(calls.len(), 1);
    assert!(calls[0].contains("--locked") && calls[0].contains("--root .tools cargo-deny"), "{calls:?}");
}

#[test]
fn set_up_runs_npm_again_only_when_the_lock_changed() {
    let stage = Stage::new();
    stage.debian();
    for folder in ["web", "tools/real-pds", "tools/real-nostr"] {
        fs::create_dir_all(stage.path(folder)).unwrap();
        fs::write(stage.path(folder).join("package-lock.json"), "1").unwrap();
    }
    assert!(stage.set_up().contains("npm ci in ./web\n"));
    stage.set_up();
    assert_eq!(stage.calls("npm"), ["ci --no-audit --no-fund"]);
    fs::write(stage.path("web/package-lock.json"), "2").unwrap();
    stage.set_up();
    assert_eq!(stage.calls("npm").len(), 2);
}

#[test]
fn set_up_makes_the_moto_environment_again_only_when_its_list_changed() {
    an_environment_is_made_again_only_when_its_list_changed("moto");
}

#[test]
fn set_up_makes_the_schemathesis_environment_again_only_when_its_list_changed() {
    an_environment_is_made_again_only_when_its_list_changed("schemathesis");
}

fn an_environment_is_made_again_only_when_its_list_changed(tool: &str) {
    let stage = Stage::new();
    stage.debian().program("python3", "mkdir -p $3/bin && cp pip-stand-in $3/bin/pip").program("pip", "");
    fs::copy(stage.path("bin/pip"), stage.path("pip-stand-in")).unwrap();
    let list = format!("tools/{tool}/requirements.txt");
    fs::write(stage.path(&list), format!("{tool}==0\n")).unwrap();
    assert_eq!(stage.set_up(), format!("setup: installing {tool}\nsetup: everything is there\n"));
    assert_eq!(stage.set_up(), "setup: everything is there\n");
    assert_eq!(stage.calls("python3"), [format!("-m venv .tools/{tool}")]);
    let pip = stage.calls("pip");
    assert_eq!(pip.len(), 1);
    assert!(pip[0].starts_with("install ") && pip[0].ends_with(&format!(" --requirement {list}")), "{pip:?}");
}

#[test]
fn set_up_says_what_to_install_where_it_cannot() {
    let stage = Stage::new();
    stage.debian();
    fs::remove_file(stage.path("bin/apt-get")).unwrap();
    let said = stage.set_up();
    assert!(
        said.starts_with("setup: this is not Debian: please install by your system's means: postgresql "),
        "{said}"
    );

    let stage = Stage::new();
    stage.debian().program("dpkg-query", "exit 1");
    fs::remove_file(stage.path("bin/sudo")).unwrap();
    let output = stage.run("tools/setup.sh");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("setup: please install as root: postgresql "));
}

/// `.ci/run` in a tree whose `make test` has the stages fmt and clippy, the second one being `command`.
fn ci(command: &str) -> (Option<i32>, String) {
    let stage = Stage::new();
    let makefile = format!(
        "SHELL := bash\nsetup:\n\t@echo CI is $$CI\ntest:\n\t@tools/stage.sh fmt echo one\n\t@tools/stage.sh clippy {command}\n"
    );
    fs::write(stage.path("Makefile"), makefile).unwrap();
    stage.program("true", "exit 0").program("false", "exit 1");
    let output = stage.run(".ci/run");
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn ci_ends_with_the_minutes_of_each_stage() {
    let (status, said) = ci("true");
    assert_eq!(status, Some(0));
    assert!(said.contains("CI is 1\n"), "{said}");
    let table = said.split("\n\n").last().unwrap_or_default();
    let columns: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    let names: Vec<&str> = columns.iter().map(|line| line[0]).collect();
    assert_eq!(names, ["stage", "setup", "fmt", "clippy", "total"], "{said}");
    assert!(columns[1..4].iter().all(|line| line[1].parse::<f64>().is_ok() && line[2] == "passed"), "{said}");
}

#[test]
fn ci_fails_when_a_stage_fails_and_says_which() {
    let (status, said) = ci("false");
    assert_eq!(status, Some(2));
    let failed: Vec<&str> = said.lines().filter(|line| line.ends_with("FAILED")).collect();
    assert_eq!(failed.len(), 1, "{said}");
    assert!(failed[0].starts_with("clippy "), "{said}");
}

#[test]
fn the_tool_prints_the_table_and_refuses_unknown_words() {
    let tool = |word: &str| Command::new(env!("CARGO_BIN_EXE_xtask")).arg(word).output().unwrap();
    let table = tool("stats");
    assert!(table.status.success());
    assert!(String::from_utf8_lossy(&table.stdout).contains("\n| xtask | "));
    assert!(String::from_utf8_lossy(&tool("help").stdout).contains("tidy"));
    let unknown = tool("tidyy");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(unknown.stdout.is_empty());
}
