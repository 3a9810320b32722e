use serde_json::json;

use super::*;
use crate::store_test;
use crate::testkit::TestStore;

/// A table's id, the same wherever it is referred to.
fn id_of(table: &str) -> Uuid {
    let place = TABLES.iter().position(|known| known.name == table).expect("a table");
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + place as u128)
}

/// A value that tells columns apart, and keeps references whole.
fn value(table: &Table, column: &Column) -> Arg {
    let parent = column.name.strip_suffix("_id").map(|stem| match stem {
        "delivery" => "deliveries".to_owned(),
        "series" => "series".to_owned(),
        "media" => "media".to_owned(),
        other => format!("{other}s"),
    });
    let parent = parent.filter(|name| TABLES.iter().any(|known| known.name == *name));
    match column.kind {
        Kind::Uuid => Arg::Uuid(Some(id_of(parent.as_deref().unwrap_or(table.name)))),
        Kind::Int if column.table == "instance" && column.name == "id" => Arg::Int(Some(1)),
        Kind::Int => Arg::Int(Some(1_700_000_000_123_456 + column.name.len() as i64)),
        Kind::Text => Arg::Text(Some(format!("{} \"ü\" \\ \n of {}", column.name, table.name))),
        Kind::Json => Arg::Text(Some(format!("{{\"of\":\"{}\"}}", table.name))),
        Kind::Bytes => Arg::Bytes(Some(vec![0, 255, 16, column.name.len() as u8])),
        Kind::Bool => Arg::Bool(Some(true)),
    }
}

async fn insert(tx: &mut Tx, table: &'static Table, change: impl Fn(&Column, Arg) -> Arg) {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let args: Vec<Arg> = table.columns.iter().map(|column| change(column, value(table, column))).collect();
    let text = format!("INSERT INTO {} ({}) VALUES ({})", table.name, names.join(", "), placeholders(1, args.len()));
    tx.execute(Statement { text, args }).await.expect("inserts");
}

fn table(name: &str) -> &'static Table {
    TABLES.iter().find(|table| table.name == name).expect("a table")
}

/// A row in every table, one with nothing that may be absent, and more labels than fit a batch.
async fn fill(store: &Store) {
    let mut tx = store.write().await.expect("writes");
    for table in TABLES {
        insert(&mut tx, table, |_, arg| arg).await;
    }
    insert(&mut tx, table("audit_log"), |column, arg| match (column.name, column.nullable) {
        ("id", _) => Arg::Uuid(Some(Uuid::from_u128(1))),
        (_, true) if column.kind == Kind::Uuid => Arg::Uuid(None),
        _ => arg,
    })
    .await;
    for number in 0..1_203u128 {
        insert(&mut tx, table("labels"), |column, arg| match column.name {
            "id" => Arg::Uuid(Some(Uuid::from_u128(number + 1))),
            "name" => Arg::Text(Some(format!("label {number}"))),
            _ => arg,
        })
        .await;
    }
    tx.commit().await.expect("commits");
}

async fn exported(store: &Store) -> Vec<String> {
    let mut text = Vec::new();
    let rows = export(store, |lines| {
        text.extend_from_slice(lines);
        Ok(())
    })
    .await
    .expect("exports");
    let lines: Vec<String> = String::from_utf8(text).expect("text").lines().map(str::to_owned).collect();
    assert_eq!(rows as usize, lines.iter().filter(|line| line.starts_with('[')).count());
    lines
}

async fn imported(store: &Store, lines: &[String]) -> Result<u64, PortableError> {
    import(store, lines.iter().cloned().map(Ok)).await
}

async fn same_kind(store: &TestStore) -> TestStore {
    if store.is_shared() { TestStore::postgres().await.expect("it answered before") } else { TestStore::sqlite().await }
}

store_test!(a_ledger_comes_back_row_for_row, |store| {
    fill(store).await;
    let lines = exported(store).await;
    let other = same_kind(store).await;
    let rows = imported(&other, &lines).await.expect("imports");
    assert_eq!(rows as usize, TABLES.len() + 1 + 1_203);
    assert_eq!(exported(&other).await, lines);
    other.finish().await;
});

#[tokio::test]
async fn a_ledger_moves_from_one_database_to_the_other_and_back() {
    let Some(postgres) = TestStore::postgres().await else { return };
    let (first, last) = (TestStore::sqlite().await, TestStore::sqlite().await);
    fill(&first).await;
    let lines = exported(&first).await;
    imported(&postgres, &lines).await.expect("to PostgreSQL");
    let back = exported(&postgres).await;
    assert_eq!(back, lines);
    imported(&last, &back).await.expect("to SQLite");
    assert_eq!(exported(&last).await, lines);
    postgres.finish().await;
}

store_test!(an_export_sees_one_moment, |store| {
    fill(store).await;
    let mut tx = store.snapshot().await.expect("reads");
    let count = || sql("SELECT count(*) AS n FROM labels");
    let before = tx.one(count()).await.expect("a row").count("n").expect("a count");
    let mut writer = store.write().await.expect("writes");
    writer.execute(sql("DELETE FROM labels WHERE name LIKE 'label %'")).await.expect("deletes");
    writer.commit().await.expect("commits");
    assert_eq!(tx.one(count()).await.expect("a row").count("n").expect("a count"), before);
});

store_test!(an_import_is_whole_or_nothing, |store| {
    fill(store).await;
    let lines = exported(store).await;
    let other = same_kind(store).await;
    let cut = imported(&other, &lines[..lines.len() - 1]).await;
    assert!(matches!(cut, Err(PortableError::CutOff)), "{cut:?}");
    let short: Vec<String> = lines.iter().filter(|line| !line.contains("label 77\"")).cloned().collect();
    let short = imported(&other, &short).await.expect_err("a row is missing");
    assert!(short.to_string().contains("there should be"), "{short}");
    let mut broken = lines.clone();
    let at = broken.iter().position(|line| line.contains("label 600\"")).expect("a label");
    broken[at] = broken[at].replacen('"', "\"zz", 1);
    let refused = imported(&other, &broken).await.expect_err("not a UUID");
    assert!(matches!(refused, PortableError::Line { line, .. } if line == at as u64 + 1), "{refused}");
    assert!(refused.to_string().contains("labels.id cannot be"), "{refused}");
    imported(&other, &lines).await.expect("nothing was left behind");
    let twice = imported(&other, &lines).await.expect_err("it is full now");
    assert!(matches!(twice, PortableError::NotEmpty("instance")), "{twice}");
    other.finish().await;
});

store_test!(what_is_not_an_export_of_these_tables_is_refused, |store| {
    let refused = |lines: &[&str]| {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        async move { imported(store, &lines).await.expect_err("refused").to_string() }
    };
    let present: Vec<usize> = (1..=*crate::MIGRATIONS).collect();
    let header = json!({ "format": "postrider-ledger", "version": 1, "migrations": present }).to_string();
    let header = header.as_str();
    let foreign = json!({ "format": "postrider-ledger", "version": 1, "migrations": [1, 9_999] }).to_string();
    assert!(refused(&[]).await.contains("cut off"));
    assert!(refused(&["hello"]).await.contains("line 1: not a header"));
    let older = json!({ "format": "postrider-ledger", "version": 1, "migrations": [1] }).to_string();
    assert!(refused(&[&foreign]).await.contains("[1, 9999]"), "a newer version's");
    assert!(refused(&[&older]).await.contains("[1]"), "older than the tables that are there");
    assert!(refused(&[&header.replace("\"version\":1", "\"version\":9")]).await.contains("version 9"));
    assert!(refused(&[header, "[1]"]).await.contains("line 2: a row before its table"));
    assert!(refused(&[header, r#"{"table":"nope","columns":[]}"#]).await.contains("no table nope"));
    assert!(refused(&[header, r#"{"table":"users","columns":["x"]}"#]).await.contains("users has no column x"));
    let wide = refused(&[header, r#"{"table":"users","columns":["id"]}"#, "[1,2]"]).await;
    assert!(wide.contains("line 3: 2 values for 1 columns"), "{wide}");
    let empty = refused(&[header, r#"{"table":"users","columns":["id"]}"#, "[null]"]).await;
    assert!(empty.contains("users.id cannot be null"), "{empty}");
});

/// What the first version of the tables exported, a row in each.
const LEVEL_1: &str = include_str!("fixtures/level_0001.jsonl");

async fn without_tables(store: &TestStore) -> TestStore {
    if store.is_shared() {
        TestStore::postgres_without_tables().await.expect("it answered before")
    } else {
        TestStore::sqlite_without_tables().await
    }
}

/// Rows by table, each value under the name of its column.
fn rows_of(lines: &[String]) -> Vec<(String, serde_json::Map<String, Value>)> {
    let (mut rows, mut into) = (Vec::new(), (String::new(), Vec::new()));
    for line in lines {
        if let Ok(Mark::Table { table, columns }) = serde_json::from_str(line) {
            into = (table, columns);
        } else if let Ok(values) = serde_json::from_str::<Vec<Value>>(line) {
            rows.push((into.0.clone(), into.1.iter().cloned().zip(values).collect()));
        }
    }
    rows
}

store_test!(what_an_older_version_wrote_is_read_and_brought_up_to_date, |store| {
    let old: Vec<String> = LEVEL_1.lines().map(str::to_owned).collect();
    let other = without_tables(store).await;
    let rows = imported(&other, &old).await.expect("imports");
    assert_eq!(other.applied_migrations().await.expect("reads"), [1], "the tables are those that it had");
    other.migrate().await.expect("migrates");
    assert_eq!(other.applied_migrations().await.expect("reads"), versions());
    let (mut before, after) = (rows_of(&old), rows_of(&exported(&other).await));
    assert_eq!(before.len(), rows as usize);
    // Consents under way live for minutes: their table was made anew.
    before.retain(|(table, _)| table != "oauth_states");
    assert_eq!(before.len(), after.len());
    for ((table, row), (now_in, now)) in before.iter().zip(&after) {
        assert_eq!(table, now_in);
        for (column, value) in row {
            assert_eq!(&now[column], value, "{table}.{column}");
        }
    }
    let post = after.iter().find(|(table, _)| table == "posts").map(|(_, row)| row).expect("a post");
    assert_eq!((&post["series_id"], &post["detached"]), (&Value::Null, &Value::Bool(false)));
    other.finish().await;
});

#[tokio::test]
async fn a_full_pipe_stops_the_export() {
    let store = TestStore::sqlite().await;
    let stopped = export(&store, |_| Err(io::Error::other("no room"))).await;
    assert!(matches!(stopped, Err(PortableError::Io(_))), "{stopped:?}");
}

#[test]
fn hexadecimal_digits_come_back() {
    assert_eq!(hex(&[0, 171, 255]), "00abff");
    assert_eq!(unhex("00abff"), Some(vec![0, 171, 255]));
    assert_eq!(unhex("0"), None);
    assert_eq!(unhex("0g"), None);
}
