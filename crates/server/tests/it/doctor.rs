//! `doctor` on healthy and unhealthy installations.

use crate::support::Home;

#[test]
fn a_served_instance_is_healthy_and_a_wrong_key_is_not() {
    let home = Home::new();
    let server = home.serve();
    let data = home.data();
    let found = home.json(&["doctor", "--json", "--data", &data]);
    let level = |check: &str| {
        let all = found.as_array().expect("a list");
        all.iter().find(|one| one["check"] == check).map(|one| one["level"].clone())
    };
    for check in ["config", "key", "database", "migrations", "canary", "clock", "publishing"] {
        assert_eq!(level(check), Some("ok".into()), "{check}: {found}");
    }
    let reached = home.run_with(&["doctor", "--data", &data], &[("POSTRIDER_PUBLIC_URL", &server.url)], "");
    assert!(reached.out.contains(&format!("{} answers", server.url)), "{reached:?}");
    let wrong = "cd".repeat(32);
    let ended = home.run_with(&["doctor", "--data", &data], &[("POSTRIDER_INSTANCE_KEY", &wrong)], "");
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.out.contains("FAIL  canary") && ended.out.contains("->"), "{ended:?}");
    assert!(!ended.out.contains(&wrong));
}

#[test]
fn a_bad_configuration_is_a_finding_and_fails() {
    let home = Home::new();
    let ended = home.run_with(&["doctor", "--data", &home.data()], &[("POSTRIDER_LISTEN", "x")], "");
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("FAIL  config") && ended.out.contains("POSTRIDER_LISTEN"), "{ended:?}");
    assert!(!home.path("data").exists(), "it changes nothing");
}
