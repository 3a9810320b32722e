use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::sql::sql;
use crate::store_test;
use crate::testkit::TestStore;

async fn differences(store: &TestStore) -> Vec<String> {
    check(store).await.expect("reads").iter().map(ToString::to_string).collect()
}

/// Changes the schema. On SQLite the text is adapted first.
async fn plant(store: &TestStore, text: &str) {
    let sqlite = text.replace("BIGINT", "INTEGER").replace("UUID", "BLOB");
    let text = if store.is_shared() { text } else { &sqlite };
    let mut tx = store.write().await.expect("writes");
    for statement in text.split(';') {
        tx.execute(sql(statement)).await.expect("plants");
    }
    tx.commit().await.expect("commits");
}

store_test!(every_column_is_classified_and_as_it_is_classified, |store| {
    assert_eq!(differences(store).await, Vec::<String>::new());
});

store_test!(an_unclassified_column_is_named, |store| {
    plant(store, "ALTER TABLE users ADD COLUMN shoe_size BIGINT").await;
    assert_eq!(differences(store).await, ["users.shoe_size is not classified in columns/data.rs"]);
});

store_test!(an_unclassified_table_is_named_column_by_column, |store| {
    plant(store, "CREATE TABLE followers (id BIGINT NOT NULL, name TEXT)").await;
    assert_eq!(
        differences(store).await,
        ["followers.id is not classified in columns/data.rs", "followers.name is not classified in columns/data.rs"]
    );
});

store_test!(a_column_that_is_gone_is_named, |store| {
    plant(store, "ALTER TABLE labels DROP COLUMN colour").await;
    assert_eq!(differences(store).await, ["labels.colour is classified but not in the database"]);
});

// Both databases are compared with one list, so a difference between the two
// shows on the one that strays.
store_test!(another_type_or_nullability_is_named, |store| {
    plant(
        store,
        "DROP TABLE counters; CREATE TABLE counters (workspace_id UUID NOT NULL, meter TEXT NOT NULL, \
         period BIGINT NOT NULL, used BIGINT)",
    )
    .await;
    let (text, number) = if store.is_shared() { ("text", "bigint") } else { ("text", "integer") };
    assert_eq!(
        differences(store).await,
        [
            format!("counters.period is {number} NOT NULL, not {text} NOT NULL"),
            format!("counters.used is {number} NULL, not {number} NOT NULL"),
        ]
    );
});

store_test!(tables_come_after_those_they_refer_to, |store| {
    let text = if store.is_shared() {
        "SELECT c.relname::text AS child, p.relname::text AS parent FROM pg_constraint k \
         JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid WHERE k.contype = 'f'"
    } else {
        "SELECT m.name AS child, f.\"table\" AS parent FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f \
         WHERE m.type = 'table'"
    };
    let mut tx = store.read().await.expect("reads");
    let rows = tx.map(sql(text), |row| Ok((row.get::<String>("child")?, row.get::<String>("parent")?)));
    let references = rows.await.expect("reads");
    assert!(references.len() > 30, "{} references", references.len());
    let place: BTreeMap<&str, usize> = TABLES.iter().enumerate().map(|(place, table)| (table.name, place)).collect();
    for (child, parent) in references {
        assert!(place[parent.as_str()] < place[child.as_str()], "{child} refers to {parent}");
    }
});

#[test]
fn nothing_secret_is_exported_and_nothing_sealed_is_forgotten() {
    for column in all() {
        assert!(!(column.secret && column.exported), "{}.{}", column.table, column.name);
        let telling = ["_sealed", "_hash", "wrapped", "canary"];
        let looks_secret = column.kind == Kind::Bytes && telling.iter().any(|end| column.name.ends_with(end));
        let harmless = column.name == "request_hash";
        assert!(column.secret || harmless || !looks_secret, "{}.{} looks secret", column.table, column.name);
    }
}

#[test]
fn what_is_personal_has_a_legal_basis_and_every_column_a_purpose() {
    for column in all() {
        assert_eq!(column.personal, column.basis != Basis::NotPersonal, "{}.{}", column.table, column.name);
        assert!(column.purpose.starts_with("to "), "{}.{}", column.table, column.name);
        assert!(column.personal || !column.exported, "{}.{}", column.table, column.name);
    }
}

#[test]
fn keys_are_columns_and_no_name_comes_twice() {
    for table in TABLES {
        let names: BTreeSet<&str> = table.columns.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), table.columns.len(), "{}", table.name);
        assert!(table.key.iter().all(|key| names.contains(key)), "{}", table.name);
    }
}

#[test]
fn erasure_covers_what_is_secret_or_personal() {
    let tables = tables_with_secrets();
    for name in ["data_keys", "grants", "channels", "users", "sessions", "variants", "attempts"] {
        assert!(tables.contains(&name), "{name}");
    }
    assert!(!tables.contains(&"nodes") && !tables.contains(&"tombstones"));
}
