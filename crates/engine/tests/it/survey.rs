//! What servers allow is asked again, and what they say from then on counts.

use std::time::Duration;

use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_domain::delivery::State;
use postrider_store::repo::{channels, events};
use postrider_store::store_test;
use serde_json::{Value, json};

use crate::fake::{IDEMPOTENT, LISTED};
use crate::fixture::Fixture;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

impl Fixture {
    async fn facts(&self) -> Value {
        channels::get(&mut self.store.read().await.unwrap(), self.workspace, self.channel).await.unwrap().facts
    }

    /// An engine lives until it has asked so often, or for long enough to ask in vain.
    async fn surveys(&self, times: u32) {
        let engine = self.engine().await;
        for _ in 0..50 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if self.net.surveyed() > times {
                break;
            }
        }
        engine.stop().await.unwrap();
    }
}

store_test!(what_a_server_allows_is_read_again_every_day_and_counts_from_then_on, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    f.net.allow(json!({ "max": 3 }));
    f.surveys(0).await;
    assert_eq!(f.net.surveyed(), 0, "connecting has just asked");
    f.store.advance(DAY + HOUR);
    let engine = f.engine().await;
    while f.facts().await != json!({ "max": 3 }) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told = events::since(&mut f.store.read().await.unwrap(), f.workspace, 0, 10).await.unwrap();
    assert!(told.iter().any(|event| event.kind == "channel.changed"), "{told:?}");
    let id = f.schedule(&["hello"], 0).await;
    let delivery = f.until(id, State::Failed).await;
    assert_eq!(delivery.code, Some(Code::TextTooLong));
    assert_eq!(f.net.texts(), [""; 0], "it is not sent to be refused");
    engine.stop().await.unwrap();
    f.surveys(1).await;
    assert_eq!(f.net.surveyed(), 1, "once a day");
});

store_test!(a_server_that_gives_no_answer_is_asked_again_in_an_hour_and_changes_nothing, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    f.set_facts(&IDEMPOTENT, &json!({ "max": 100 })).await;
    f.store.advance(DAY + HOUR);
    for times in [0, 1] {
        f.surveys(times).await;
        assert_eq!(f.net.surveyed(), 1);
    }
    f.store.advance(HOUR + HOUR);
    f.net.allow(json!({ "max": 5 }));
    assert_eq!(f.facts().await, json!({ "max": 100 }));
    f.surveys(1).await;
    assert_eq!((f.net.surveyed(), f.facts().await), (2, json!({ "max": 5 })));
});

store_test!(what_the_person_did_not_allow_stays_whatever_the_server_says, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    f.set_facts(&IDEMPOTENT, &json!({ "max": 100, "not_allowed": ["media"] })).await;
    f.store.advance(DAY + HOUR);
    f.net.allow(json!({ "max": 5 }));
    f.surveys(0).await;
    assert_eq!(f.facts().await, json!({ "max": 5, "not_allowed": ["media"] }));
});

store_test!(where_nothing_varies_nobody_is_asked, |store| {
    let f = Fixture::new(store, &LISTED).await;
    f.set_facts(&LISTED, &json!({ "page": 1 })).await;
    f.store.advance(DAY + HOUR);
    f.surveys(0).await;
    assert_eq!((f.net.surveyed(), f.facts().await), (0, json!({ "page": 1 })));
    let mut tx = f.store.write().await.unwrap();
    let (now, day_ago) = (tx.now(), tx.now().saturating_sub(DAY).unwrap());
    let due = channels::take_for_survey(&mut tx, day_ago, now, 10).await.unwrap();
    assert_eq!(due, [], "it counts as asked");
});
