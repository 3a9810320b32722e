use std::path::PathBuf;

use futures::future::join_all;

use super::*;
use crate::backend::no_rows;
use crate::sql::sql;

struct File {
    db: Sqlite,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

async fn file() -> File {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.db");
    let db = Sqlite::open(&path).await.expect("opens");
    let mut turn = db.write().await.expect("a turn");
    run(&mut turn, "CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)").await.expect("a table");
    turn.commit().await.expect("commits");
    File { db, path, _folder: folder }
}

async fn run(turn: &mut Turn, text: &str) -> Result<(), StoreError> {
    turn.run(&sql(text), &mut no_rows).await.map(|_| ())
}

async fn write(db: &Sqlite, id: u32) -> Result<(), StoreError> {
    let mut turn = db.write().await?;
    run(&mut turn, &format!("INSERT INTO t (id) VALUES ({id})")).await?;
    turn.commit().await
}

/// The ids that a connection of another process sees.
async fn durable(path: &Path) -> Vec<i64> {
    let mut other = options(path).connect().await.expect("connects");
    sqlx::query_scalar("SELECT id FROM t ORDER BY id").fetch_all(&mut other).await.expect("reads")
}

fn log_bytes(path: &Path) -> u64 {
    let log = PathBuf::from(format!("{}-wal", path.display()));
    std::fs::metadata(log).map_or(0, |data| data.len())
}

#[tokio::test]
async fn writers_at_once_share_commits_and_all_are_durable() {
    let file = file().await;
    let before = file.db.commits();
    let written = join_all((0..100).map(|id| write(&file.db, id))).await;
    assert!(written.iter().all(Result::is_ok), "{written:?}");
    // The store is still open and nothing was checkpointed for us.
    assert_eq!(durable(&file.path).await, (0..100).collect::<Vec<i64>>());
    let commits = file.db.commits() - before;
    assert!((1..=20).contains(&commits), "{commits} commits for 100 writers");
}

#[tokio::test]
async fn a_lone_writer_is_durable_when_its_commit_returns() {
    let file = file().await;
    write(&file.db, 1).await.expect("writes");
    assert_eq!(durable(&file.path).await, [1]);
}

#[tokio::test]
async fn a_turn_dropped_in_the_middle_is_undone_and_its_group_is_kept() {
    let file = file().await;
    let abandoned = async {
        let mut turn = file.db.write().await?;
        run(&mut turn, "INSERT INTO t (id) VALUES (2)").await?;
        drop(turn);
        Ok::<(), StoreError>(())
    };
    let (first, dropped, third) = tokio::join!(write(&file.db, 1), abandoned, write(&file.db, 3));
    assert!(first.is_ok() && third.is_ok());
    dropped.expect("dropping is no error");
    assert_eq!(durable(&file.path).await, [1, 3]);
}

#[tokio::test]
async fn an_error_in_one_turn_does_not_harm_the_others() {
    let file = file().await;
    write(&file.db, 1).await.expect("writes");
    let (taken, other) = tokio::join!(write(&file.db, 1), write(&file.db, 2));
    assert!(matches!(taken, Err(StoreError::Duplicate(_))), "{taken:?}");
    other.expect("not harmed");
    assert_eq!(durable(&file.path).await, [1, 2]);
}

#[tokio::test]
async fn a_turn_may_go_on_after_an_error_of_a_statement() {
    let file = file().await;
    write(&file.db, 1).await.expect("writes");
    let mut turn = file.db.write().await.expect("a turn");
    assert!(run(&mut turn, "INSERT INTO t (id) VALUES (1)").await.is_err());
    run(&mut turn, "INSERT INTO t (id) VALUES (2)").await.expect("goes on");
    turn.commit().await.expect("commits");
    assert_eq!(durable(&file.path).await, [1, 2]);
}

#[tokio::test]
async fn a_writer_after_an_abandoned_one_sees_clean_state() {
    let file = file().await;
    let mut turn = file.db.write().await.expect("a turn");
    run(&mut turn, "INSERT INTO t (id) VALUES (1)").await.expect("inserts");
    drop(turn);
    let mut turn = file.db.write().await.expect("a turn");
    let seen: i64 =
        sqlx::query_scalar("SELECT count(*) FROM t").fetch_one(turn.conn().expect("open")).await.expect("reads");
    assert_eq!(seen, 0);
    drop(turn);
    write(&file.db, 1).await.expect("the id is free");
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_any_more_still_happens() {
    let file = file().await;
    let mut turn = file.db.write().await.expect("a turn");
    run(&mut turn, "INSERT INTO t (id) VALUES (1)").await.expect("inserts");
    // The caller is gone, as when an HTTP client hangs up, after the turn has ended.
    let waiting = tokio::time::timeout(Duration::ZERO, turn.commit()).await;
    if waiting.is_err() {
        file.db.checkpoint().await.expect("checkpoints");
        let ids = durable(&file.path).await;
        assert!(ids.is_empty() || ids == [1], "whole or not at all");
    }
    write(&file.db, 2).await.expect("the next one is not harmed");
}

/// Polls a future so often, then drops it wherever it stands.
async fn cut_after<T>(polls: usize, future: impl Future<Output = T>) {
    let mut future = Box::pin(future);
    let mut left = polls;
    std::future::poll_fn(move |cx| {
        if left == 0 {
            return std::task::Poll::Ready(());
        }
        left -= 1;
        future.as_mut().poll(cx).map(|_| ())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_future_dropped_anywhere_leaves_the_writer_usable() {
    let file = file().await;
    for polls in 0..60 {
        cut_after(polls, write(&file.db, 10_000 + u32::try_from(polls).expect("small"))).await;
        let next = tokio::time::timeout(Duration::from_secs(5), write(&file.db, u32::try_from(polls).expect("small")));
        next.await.expect("in time").unwrap_or_else(|error| panic!("after {polls} polls: {error:?}"));
    }
    let ids = durable(&file.path).await;
    assert!((0..60).all(|id| ids.contains(&id)), "{ids:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aborted_tasks_harm_nobody_who_writes_beside_them() {
    let file = file().await;
    for round in 0..150u32 {
        let mut tasks = tokio::task::JoinSet::new();
        let aborted: Vec<_> = (0..4u32)
            .map(|n| {
                let (db, id) = (file.db.clone(), 100_000 + round * 10 + n);
                tasks.spawn(async move { write(&db, id).await })
            })
            .collect();
        let beside = write(&file.db, round);
        let abort = async {
            for task in &aborted {
                tokio::time::sleep(Duration::from_micros(u64::from(round % 7) * 40)).await;
                task.abort();
            }
        };
        let (beside, ()) = tokio::join!(tokio::time::timeout(Duration::from_secs(5), beside), abort);
        beside.expect("in time").unwrap_or_else(|error| panic!("round {round}: {error:?}"));
    }
    file.db.checkpoint().await.expect("checkpoints");
    let ids = durable(&file.path).await;
    assert!((0..150).all(|id| ids.contains(&id)), "{ids:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_dropped_anywhere_leaves_the_writer_usable() {
    let file = file().await;
    for polls in 0..30 {
        let id = u32::try_from(polls).expect("small");
        let (written, ()) = tokio::join!(write(&file.db, id), cut_after(polls, file.db.checkpoint()));
        written.unwrap_or_else(|error| panic!("after {polls} polls: {error:?}"));
    }
    assert_eq!(durable(&file.path).await.len(), 30);
}

#[tokio::test]
async fn a_checkpoint_empties_the_log() {
    let file = file().await;
    write(&file.db, 1).await.expect("writes");
    assert!(log_bytes(&file.path) > 0);
    file.db.checkpoint().await.expect("checkpoints");
    assert_eq!(log_bytes(&file.path), 0);
    assert_eq!(durable(&file.path).await, [1]);
}

#[tokio::test]
async fn a_checkpoint_waits_for_a_reader_without_stopping_writers() {
    let file = file().await;
    write(&file.db, 1).await.expect("writes");
    let mut reader = file.db.read().await.expect("reads");
    let _: i64 = sqlx::query_scalar("SELECT count(*) FROM t").fetch_one(&mut *reader).await.expect("reads");
    let writers = async {
        for id in 2..6 {
            let wrote = tokio::time::timeout(Duration::from_secs(2), write(&file.db, id)).await;
            wrote.expect("is not held up").expect("writes");
        }
        drop(reader);
    };
    let (checkpoint, ()) = tokio::join!(file.db.checkpoint(), writers);
    checkpoint.expect("in the end no reader is in the way");
    assert_eq!(log_bytes(&file.path), 0);
}

/// Lets the file grow by some pages at most; 0 lifts the limit.
async fn limit_growth(db: &Sqlite, pages: i64) {
    let mut writer = db.writer.lock().await;
    writer.commit().await;
    let conn = writer.conn().expect("open");
    let used: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *conn).await.expect("counts");
    let most = if pages == 0 { 1_000_000_000 } else { used + pages };
    let text = format!("PRAGMA max_page_count = {most}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(conn).await.expect("limits");
}

#[tokio::test]
async fn a_full_disk_is_said_so_and_ends_when_there_is_room_again() {
    let file = file().await;
    write(&file.db, 1).await.expect("writes");
    limit_growth(&file.db, 2).await;
    for _ in 0..3 {
        let mut turn = file.db.write().await.expect("a turn");
        let full = run(&mut turn, "INSERT INTO t (id, body) VALUES (2, zeroblob(1000000))").await;
        assert!(matches!(full, Err(StoreError::Full(_))), "{full:?}");
        let after = run(&mut turn, "INSERT INTO t (id) VALUES (3)").await;
        assert!(matches!(after, Err(StoreError::Commit(_))), "no statement runs outside a transaction: {after:?}");
        assert!(turn.commit().await.is_err());
    }
    assert_eq!(durable(&file.path).await, [1], "what was there stays");
    limit_growth(&file.db, 0).await;
    write(&file.db, 2).await.expect("works again");
    assert_eq!(durable(&file.path).await, [1, 2]);
}

#[tokio::test]
async fn a_full_disk_in_one_turn_never_loses_another_silently() {
    let file = file().await;
    limit_growth(&file.db, 2).await;
    let big = async {
        let mut turn = file.db.write().await?;
        run(&mut turn, "INSERT INTO t (id, body) VALUES (2, zeroblob(1000000))").await?;
        turn.commit().await
    };
    let (first, full, third) = tokio::join!(write(&file.db, 1), big, write(&file.db, 3));
    assert!(matches!(full, Err(StoreError::Full(_))), "{full:?}");
    let there = durable(&file.path).await;
    assert_eq!(first.is_ok(), there.contains(&1), "{first:?} but {there:?}");
    assert_eq!(third.is_ok(), there.contains(&3), "{third:?} but {there:?}");
    assert!(!there.contains(&2));
}

#[tokio::test]
async fn a_group_that_is_lost_as_a_whole_tells_each_of_its_turns() {
    let file = file().await;
    let mut turn = file.db.write().await.expect("a turn");
    run(&mut turn, "INSERT INTO t (id) VALUES (1)").await.expect("inserts");
    // What SQLite does by itself on some failures: the whole transaction is gone.
    let breaking = async {
        let mut turn = file.db.write().await?;
        run(&mut turn, "ROLLBACK").await?;
        turn.commit().await
    };
    let (first, broken) = tokio::join!(turn.commit(), breaking);
    assert!(matches!(first, Err(StoreError::Commit(_))), "{first:?}");
    assert!(broken.is_err());
    assert_eq!(durable(&file.path).await, Vec::<i64>::new());
    write(&file.db, 2).await.expect("the next one is not harmed");
    assert_eq!(durable(&file.path).await, [2]);
}

#[tokio::test]
async fn a_closed_store_refuses_and_leaves_one_file() {
    let file = file().await;
    write(&file.db, 1).await.expect("writes");
    file.db.close().await;
    assert!(matches!(write(&file.db, 2).await, Err(StoreError::Unavailable(_))));
    assert_eq!(log_bytes(&file.path), 0);
    assert_eq!(durable(&file.path).await, [1]);
}
