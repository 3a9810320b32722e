//! Builds the web app and makes it part of the binary.
//!
//! `POSTRIDER_WEB_DIST=FOLDER` embeds an app that was built elsewhere, `POSTRIDER_WEB=skip`
//! a notice in its place. Otherwise npm builds it. Without npm the notice is embedded too,
//! except with `CI` set, where a binary without its screens must not pass for a whole one.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

#[path = "build/table.rs"]
mod table;

/// What the app is made of, in its folder. Everything else there is made from it, or checks it.
const SOURCES: &[&str] = &[
    "src",
    "messages",
    "static",
    "scripts",
    "package.json",
    "package-lock.json",
    ".npmrc",
    "svelte.config.js",
    "vite.config.ts",
    "tsconfig.json",
];

/// What to do about a build that does not come about.
const WAYS_OUT: &str = "install Node 20.19 or newer, or set POSTRIDER_WEB_DIST to the folder of an app that is built \
                        already, or POSTRIDER_WEB=skip to go without";

fn main() -> ExitCode {
    match embed() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // cargo shows it, with the lines of npm as lines.
            println!("cargo::error={}", error.to_string().trim_end().replace('\n', "\ncargo::error="));
            ExitCode::FAILURE
        }
    }
}

fn embed() -> io::Result<()> {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(variable("OUT_DIR").unwrap_or_default());
    for name in ["POSTRIDER_WEB", "POSTRIDER_WEB_DIST", "CI"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let notice = here.join("src/web/notice");
    for path in [&notice, &here.join("build"), &here.join("build.rs")] {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let folder = match (variable("POSTRIDER_WEB").as_deref(), variable("POSTRIDER_WEB_DIST")) {
        (Some("skip"), _) => notice,
        (Some(other), _) => {
            return Err(io::Error::other(format!("POSTRIDER_WEB is `{other}`: the only word it knows is `skip`")));
        }
        (None, Some(built)) => prebuilt(&built)?,
        (None, None) => made(&here.join("../../web"), &out)?.unwrap_or(notice),
    };
    fs::write(out.join("web_files.rs"), table::table(&folder)?)
}

#[expect(clippy::disallowed_methods, reason = "a build is told by the environment what to build")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn prebuilt(folder: &str) -> io::Result<PathBuf> {
    println!("cargo::rerun-if-changed={folder}");
    let absolute = fs::canonicalize(folder);
    absolute.map_err(|error| io::Error::other(format!("POSTRIDER_WEB_DIST={folder}: {error}")))
}

/// The app as npm builds it, or nothing where npm or the app's source is not there.
fn made(web: &Path, out: &Path) -> io::Result<Option<PathBuf>> {
    // A path that does not exist would make cargo ask on every build.
    for path in SOURCES.iter().map(|name| web.join(name)).filter(|path| path.exists()) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let missing = match Command::new("npm").arg("--version").output() {
        Ok(_) if web.join("package-lock.json").exists() => None,
        Ok(_) => Some(format!("there is no web app in {}", web.display())),
        Err(_) => Some("npm is not there".to_owned()),
    };
    let Some(why) = missing else { return build(web, out).map(Some) };
    if variable("CI").is_some() {
        return Err(io::Error::other(format!("{why}: {WAYS_OUT}")));
    }
    look_out_for_npm();
    println!("cargo::warning={why}, so the binary has a notice in place of its screens: {WAYS_OUT}");
    Ok(None)
}

/// Asks again once something is installed.
fn look_out_for_npm() {
    let path = variable("PATH").unwrap_or_default();
    for folder in env::split_paths(&path).filter(|folder| folder.is_dir()) {
        println!("cargo::rerun-if-changed={}", folder.display());
    }
}

fn build(web: &Path, out: &Path) -> io::Result<PathBuf> {
    install(web)?;
    let built = out.join("web");
    if built.exists() {
        fs::remove_dir_all(&built)?;
    }
    npm(Command::new("npm").args(["run", "build"]).current_dir(web).env("POSTRIDER_WEB_OUT", &built))?;
    Ok(built)
}

/// `npm ci` starts from nothing each time, so it runs only when the lock has changed. The
/// note of what was installed is the one of `tools/setup.sh`.
fn install(web: &Path) -> io::Result<()> {
    let (lock, stamp) = (web.join("package-lock.json"), web.join("node_modules/.installed-lock"));
    if fs::read(&stamp).is_ok_and(|installed| fs::read(&lock).is_ok_and(|wanted| wanted == installed)) {
        return Ok(());
    }
    npm(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(web))?;
    fs::copy(lock, stamp).map(drop)
}

fn npm(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    Err(io::Error::other(format!("{command:?} failed:\n{}\n{WAYS_OUT}", said.join("\n"))))
}
