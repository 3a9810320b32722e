//! Starting, stopping, and refusing to start.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;

use rustix::process::Signal;

use crate::support::{Home, get, read};

#[tokio::test]
async fn serve_needs_nothing_but_a_port_and_a_folder() {
    let home = Home::new();
    let server = home.serve();
    assert!(server.url.starts_with("http://127.0.0.1:") && !server.url.ends_with(":0"), "{}", server.url);
    for path in ["/", "/healthz", "/readyz", "/api/v1/openapi.json"] {
        assert_eq!(server.get(path).await.0, 200, "{path}");
    }
    let mode = |name: &str| std::fs::metadata(home.path(name)).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/instance.key"), mode("data/node.id")), (0o700, 0o600, 0o600));
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
}

#[tokio::test]
async fn the_set_up_address_is_printed_until_there_is_somebody() {
    let home = Home::new();
    let server = home.serve();
    let line = server.before.iter().find(|line| line.contains("/setup#")).expect("a set-up address");
    let url = line.split_whitespace().find(|word| word.starts_with("http")).expect("an address");
    assert_eq!(get(url).await.0, 200);
    home.set_up(&server);
    drop(server);
    let server = home.serve();
    assert!(!server.before.iter().any(|line| line.contains("setup")), "{:?}", server.before);
}

#[tokio::test]
async fn a_second_serve_on_one_folder_names_the_first_and_exits_with_2() {
    let home = Home::new();
    let server = home.serve();
    let data = home.data();
    let second = home.run(&["serve", "--listen", "127.0.0.1:0", "--data", &data]);
    second.refused(2, &["in use by process", &server.pid().to_string(), &data]);
    assert_eq!(server.get("/healthz").await.0, 200, "the first goes on");
    server.signal(Signal::KILL);
    server.wait();
    home.serve();
}

#[test]
fn a_wrong_instance_key_stops_the_start_with_one_line() {
    let home = Home::new();
    let (status, _) = home.serve().stop();
    assert!(status.success());
    let wrong = "ab".repeat(32);
    let words = ["serve", "--listen", "127.0.0.1:0", "--data", &home.data()];
    let ended = home.run_with(&words, &[("POSTRIDER_INSTANCE_KEY", &wrong)], "");
    ended.refused(2, &["wrong instance key", "POSTRIDER_INSTANCE_KEY", "postrider.db"]);
    assert!(!ended.err.contains(&wrong));
    std::fs::remove_file(home.path("data/instance.key")).expect("removed");
    home.run(&words).refused(2, &["was made with an instance key that is not here", "instance.key"]);
    assert!(!home.path("data/instance.key").exists(), "no other key is made for it");
}

#[test]
fn the_key_may_come_from_a_command() {
    let home = Home::new();
    let (status, _) = home.serve().stop();
    assert!(status.success());
    let kept = home.path("kept.key");
    std::fs::rename(home.path("data/instance.key"), &kept).expect("moved");
    let command = format!("cat {}", kept.display());
    let server = home.serve_with(&[], &[("POSTRIDER_KEY_COMMAND", &command)]);
    assert!(server.stop().0.success());
    assert!(!home.path("data/instance.key").exists());
}

#[test]
fn an_unknown_config_key_stops_the_start_with_one_line_that_names_it() {
    let home = Home::new();
    std::fs::create_dir(home.path("data")).expect("made");
    std::fs::write(home.path("data/postrider.toml"), "[engine]\nslotz = 3\n").expect("written");
    let words = ["serve", "--listen", "127.0.0.1:0", "--data", &home.data()];
    home.run(&words).refused(2, &["`engine.slotz`", "postrider.toml line 2", "did you mean `engine.slots`?"]);
    std::fs::write(home.path("data/postrider.toml"), "[engine]\nslots = 0\n").expect("written");
    home.run(&words).refused(2, &["`engine.slots`", "line 2"]);
    let variable = [("POSTRIDER_LISTNE", "x")];
    std::fs::remove_file(home.path("data/postrider.toml")).expect("removed");
    home.run_with(&words, &variable, "").refused(2, &["`POSTRIDER_LISTNE`", "POSTRIDER_LISTEN"]);
    assert!(!home.path("data/postrider.db").exists(), "nothing was started");
}

#[test]
fn a_port_in_use_and_a_wrong_flag_are_named() {
    let home = Home::new();
    let server = home.serve();
    let taken = server.url.trim_start_matches("http://");
    let other = home.path("other").display().to_string();
    home.run(&["serve", "--listen", taken, "--data", &other]).refused(1, &["cannot listen on", taken]);
    assert!(!home.path("other").exists(), "nothing was made");
    home.run(&["serve", "--listen", taken, "--data", &home.data()]).refused(2, &["in use by process"]);
    home.run(&["serve", "--listen", "nowhere", "--data", &other]).refused(2, &["`listen`", "--listen"]);
    let usage = home.run(&["serve", "--lissten", "x"]);
    assert_eq!(usage.code, 2);
    assert!(usage.err.contains("--lissten"), "{usage:?}");
}

#[test]
fn the_default_configuration_is_a_valid_file() {
    let home = Home::new();
    let printed = home.run(&["config", "default"]);
    assert_eq!(printed.code, 0);
    std::fs::write(home.path("my.toml"), &printed.out).expect("written");
    let checked = home.run(&["config", "check", "--config", "my.toml"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    assert!(checked.out.contains("valid"));
}

#[tokio::test]
async fn a_database_of_another_instance_starts_paused_and_resume_takes_it_over() {
    let home = Home::new();
    home.serve().stop();
    let known = read(&home.path("data/instance.id"));
    std::fs::write(home.path("data/instance.id"), "inst_01h455vb4pex5vsknk084sn02q\n").expect("written");
    let (_, log) = home.serve().stop();
    assert!(log.contains("paused") && log.contains("postrider resume"), "{log}");
    let resumed = home.run(&["resume", "--data", &home.data()]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert_eq!(read(&home.path("data/instance.id")), known);
    let (_, log) = home.serve().stop();
    assert!(!log.contains("paused"), "{log}");
}

#[test]
fn migrate_prepares_a_folder_and_is_refused_while_it_is_served() {
    let home = Home::new();
    let data = home.data();
    let done = home.run(&["migrate", "--data", &data]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("up to date"));
    let _server = home.serve();
    home.run(&["migrate", "--data", &data]).refused(2, &["in use by process"]);
}

#[cfg(debug_assertions)]
#[test]
fn a_failpoint_that_does_not_exist_stops_the_start() {
    let home = Home::new();
    let words = ["serve", "--listen", "127.0.0.1:0", "--data", &home.data()];
    let ended = home.run_with(&words, &[("POSTRIDER_FAILPOINTS", "nowhere=kill")], "");
    ended.refused(2, &["POSTRIDER_FAILPOINTS", "nowhere=kill"]);
}

#[test]
fn the_keyboard_stops_it_in_order_too() {
    let home = Home::new();
    let server = home.serve();
    server.signal(Signal::INT);
    let (status, log) = server.wait();
    assert_eq!((status.code(), status.signal()), (Some(0), None), "{log}");
    assert!(log.contains("stopped in order"), "{log}");
}
