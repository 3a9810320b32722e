//! Jobs that ask for a mail: tried again, given up, and in nobody's way.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use postrider_domain::id::JobId;
use postrider_engine::Engine;
use postrider_engine::mail::{MailRoom, Undelivered};
use postrider_store::repo::jobs::{self, Job, NewJob};
use postrider_store::repo::page::Cursor;
use postrider_store::repo::{audit, mail};
use postrider_store::store_test;
use serde_json::json;

use crate::fake::ONCE;
use crate::fixture::{Fixture, quick};

/// Answers as a test says, then takes everything.
#[derive(Default)]
struct Clerk {
    answers: Mutex<VecDeque<Undelivered>>,
    asked: Mutex<Vec<JobId>>,
    hangs: bool,
}

#[async_trait]
impl MailRoom for Clerk {
    async fn send(&self, job: &Job) -> Result<(), Undelivered> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(job.id);
        if self.hangs {
            std::future::pending::<()>().await;
        }
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front().map_or(Ok(()), Err)
    }
}

impl Clerk {
    fn answering(answers: impl IntoIterator<Item = Undelivered>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), ..Self::default() })
    }

    fn asked(&self) -> Vec<JobId> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Fixture {
    fn with_mail(&self, clerk: &Arc<Clerk>) -> Engine {
        Engine { mail: Some(clerk.clone()), ..self.prepared(&self.store, 1, quick()) }
    }

    async fn ask(&self, kind: &str) {
        let mut tx = self.store.write().await.unwrap();
        mail::ask(&mut tx, kind, Some(self.workspace), json!({})).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// How many jobs are ready, running and failed, beside the daily ones.
    async fn failed(&self) -> u64 {
        let counts = jobs::counts(&mut self.store.read().await.unwrap()).await.unwrap();
        counts.iter().find(|(state, _)| state == "failed").map_or(0, |(_, count)| *count)
    }

    async fn given_up(&self) -> usize {
        let mut tx = self.store.read().await.unwrap();
        let all = audit::list(&mut tx, self.workspace, Cursor::NEWEST, 50).await.unwrap();
        all.iter().filter(|entry| entry.action == "mail.given_up").count()
    }
}

async fn when(what: &str, mut look: impl AsyncFnMut() -> bool) {
    for _ in 0..300 {
        if look().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited in vain for {what}")
}

store_test!(a_mail_that_the_server_puts_off_is_tried_again_under_the_same_id, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let clerk = Clerk::answering([Undelivered::Later("450".to_owned())]);
    f.ask(mail::RESET).await;
    let engine = f.with_mail(&clerk).start().await.unwrap();
    when("the first try", async || clerk.asked().len() == 1).await;
    // Its end is written after it was asked.
    when("its end", async || f.is_waiting().await).await;
    // A minute and a quarter of jitter at most; not before.
    f.store.advance(SignedDuration::from_secs(50));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(clerk.asked().len(), 1, "it waits");
    f.store.advance(SignedDuration::from_secs(26));
    when("the second try", async || clerk.asked().len() == 2).await;
    let asked = clerk.asked();
    assert_eq!(asked[0], asked[1]);
    engine.stop().await.unwrap();
    assert_eq!((f.failed().await, f.given_up().await), (0, 0));
});

store_test!(a_mail_that_is_refused_for_good_is_given_up_and_noted, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let clerk = Clerk::answering([Undelivered::Never("550".to_owned())]);
    f.ask(mail::RESET).await;
    let engine = f.with_mail(&clerk).start().await.unwrap();
    when("giving up", async || f.given_up().await == 1).await;
    f.store.advance(SignedDuration::from_hours(48));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!((clerk.asked().len(), f.failed().await), (1, 1));
    engine.stop().await.unwrap();
});

store_test!(a_mail_that_never_gets_through_is_given_up_after_about_a_day, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let clerk = Clerk::answering((0..50).map(|_| Undelivered::Later("away".to_owned())));
    f.ask(mail::RESET).await;
    let engine = f.with_mail(&clerk).start().await.unwrap();
    for tries in 1..=10 {
        when("a try", async || clerk.asked().len() == tries).await;
        // Its end is written after it was asked.
        when("its end", async || f.failed().await == 1 || f.is_waiting().await).await;
        f.store.advance(SignedDuration::from_hours(11));
    }
    when("giving up", async || f.given_up().await == 1).await;
    engine.stop().await.unwrap();
    assert_eq!((clerk.asked().len(), f.failed().await), (10, 1));
});

impl Fixture {
    async fn is_waiting(&self) -> bool {
        jobs::next_due_of(&mut self.store.read().await.unwrap(), jobs::Sort::Mail).await.unwrap().is_some()
    }
}

store_test!(a_mail_server_that_hangs_holds_up_mail_only, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let clerk = Arc::new(Clerk { hangs: true, ..Clerk::default() });
    for _ in 0..8 {
        f.ask(mail::RESET).await;
    }
    let engine = f.with_mail(&clerk).start().await.unwrap();
    when("slots that hang", async || clerk.asked().len() == 4).await;
    let mut tx = f.store.write().await.unwrap();
    let due_at = tx.now();
    let job = NewJob { kind: "erase", workspace: None, payload: json!({}), once_key: Some("erase:test"), due_at };
    jobs::enqueue(&mut tx, &job).await.unwrap();
    tx.commit().await.unwrap();
    when("another job to be done", async || {
        let mut tx = f.store.read().await.unwrap();
        jobs::next_due_of(&mut tx, jobs::Sort::Short).await.unwrap().is_none_or(|due| due > tx.now())
    })
    .await;
    assert_eq!(clerk.asked().len(), 4, "and no more of them");
    drop(engine);
});

store_test!(a_node_without_mail_leaves_it_to_others, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.ask(mail::RESET).await;
    let engine = f.engine().await;
    f.store.advance(SignedDuration::from_secs(5));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(f.is_waiting().await);
    engine.stop().await.unwrap();
    let clerk = Clerk::answering([]);
    let engine = f.with_mail(&clerk).start().await.unwrap();
    when("the mail", async || clerk.asked().len() == 1).await;
    engine.stop().await.unwrap();
});
