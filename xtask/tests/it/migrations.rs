use super::plant::messages;
use xtask::tidy::migrations::pairs;

const BASE: &str = "crates/store/migrations";

fn planted(names: &[&str]) -> Vec<String> {
    let paths: Vec<String> = names.iter().map(|name| format!("{BASE}/{name}")).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "")).collect();
    messages(pairs, &files)
}

#[test]
fn pairs_without_gaps_pass() {
    let names = ["sqlite/0001_base.sql", "sqlite/0002_jobs.sql", "postgres/0001_base.sql", "postgres/0002_jobs.sql"];
    assert_eq!(planted(&names), [""; 0]);
}

#[test]
fn a_migration_without_its_twin_is_found_on_either_side() {
    assert_eq!(
        planted(&["sqlite/0001_base.sql", "sqlite/0002_jobs.sql", "postgres/0001_base.sql"]),
        ["crates/store/migrations/sqlite/0002_jobs.sql: has no twin in postgres/"]
    );
    assert_eq!(
        planted(&["sqlite/0001_base.sql", "postgres/0001_start.sql"]),
        [
            "crates/store/migrations/postgres/0001_start.sql: has no twin in sqlite/",
            "crates/store/migrations/sqlite/0001_base.sql: has no twin in postgres/",
        ]
    );
}

#[test]
fn a_gap_a_repeat_and_a_bad_name_are_found() {
    let both = |name: &str| [format!("postgres/{name}"), format!("sqlite/{name}")];
    let gap: Vec<String> = ["0001_a.sql", "0003_b.sql"].iter().flat_map(|name| both(name)).collect();
    let gap: Vec<&str> = gap.iter().map(String::as_str).collect();
    assert_eq!(
        planted(&gap),
        [
            "crates/store/migrations/postgres/0003_b.sql: number 0003 where 0002 was expected",
            "crates/store/migrations/sqlite/0003_b.sql: number 0003 where 0002 was expected",
        ]
    );
    let repeat = ["postgres/0001_a.sql", "postgres/0001_b.sql", "sqlite/0001_a.sql", "sqlite/0001_b.sql"];
    assert_eq!(planted(&repeat)[0], "crates/store/migrations/postgres/0001_b.sql: number 0001 where 0002 was expected");
    assert_eq!(
        planted(&["postgres/V1__a.sql", "sqlite/V1__a.sql"])[0],
        "crates/store/migrations/postgres/V1__a.sql: is not named NNNN_name.sql"
    );
}

#[test]
fn no_migrations_at_all_is_no_silent_pass() {
    assert_eq!(planted(&[]), ["crates/store/migrations: no migrations found"]);
}
