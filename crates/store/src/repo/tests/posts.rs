use std::time::Duration;

use postrider_domain::content::{Approval, ChannelContent, PartContent};
use postrider_domain::id::{DeliveryId, PartId};

use super::{after, is_missing, is_taken, minutes, two_worlds, write};
use crate::repo::backdate::{Past, backdate};
use crate::repo::channels::Channel;
use crate::repo::page::Cursor;
use crate::repo::posts::{self, Filter, NewPost, When};
use crate::repo::{deliveries, labels, parts, tombstones};
use crate::sql::sql;
use crate::store_test;
use crate::testkit::fixtures::{self, World};
use crate::{StoreError, Tx};

/// A post that went out on a channel, with everything that is kept about it.
pub(super) async fn published(tx: &mut Tx, world: World, channel: &Channel) -> posts::Post {
    let post = fixtures::post(tx, world, "planted words", &[channel.id]).await;
    let (delivery, now): (DeliveryId, _) = (tx.new_id(), tx.now());
    let insert = sql("INSERT INTO deliveries (id, workspace_id, post_id, channel_id, lane_id, occurrence, \
                      revision_id, state, scheduled_at, due_at, missed_window_s, lease_epoch, failures, rescues, \
                      stop_requested, incomplete, words, evidence, published_at, settled_at, created_at, updated_at) \
                      VALUES ($1, $2, $3, $4, $5, 'now', $6, 'published', $7, $7, 60, 1, 0, 0, FALSE, FALSE, \
                      'planted words', '{}', $7, $7, $7, $7)");
    let insert = insert.id(delivery).id(world.workspace).id(post.id).id(channel.id).id(channel.lane_id);
    tx.execute(insert.id(post.revision_id).bind(now)).await.expect("a delivery");
    let part = sql("INSERT INTO parts (id, workspace_id, delivery_id, lane_id, position, state, machine, remote_id, \
                    url, extra, published_at) VALUES ($1, $2, $3, $4, 0, 'published', '{}', $5, 'https://x', '{}', $6)");
    let part = part.id(tx.new_id::<PartId>()).id(world.workspace).id(delivery).id(channel.lane_id);
    tx.execute(part.bind(delivery.to_string()).bind(now)).await.expect("a part");
    let attempt = sql("INSERT INTO attempts (id, workspace_id, delivery_id, boot_id, action, outcome, code, words, \
                       exchanges, started_at, ended_at) \
                       VALUES ($1, $2, $3, $1, 'send', 'ok', 'platform_down', 'planted words', '[]', $4, $4)");
    let attempt = attempt.id(tx.new_id::<PartId>()).id(world.workspace).id(delivery).bind(now);
    tx.execute(attempt).await.expect("an attempt");
    post
}

store_test!(a_post_comes_with_its_content_and_variants, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let one = fixtures::channel(&mut tx, ann, "one").await;
    let two = fixtures::channel(&mut tx, ann, "two").await;
    let mut content = fixtures::content("shared ü", &[one.id]);
    let own = PartContent { text: "own".to_owned(), ..PartContent::default() };
    content.channels.push(ChannelContent { channel: two.id, parts: Some(vec![own]), settings: Default::default() });
    let when = When { at: after(&tx, minutes(5)), local: "2031-03-01T10:00:00".into(), zone: "Europe/Vienna".into() };
    let new = NewPost {
        author: ann.user,
        content: &content,
        draft: false,
        when: Some(&when),
        missed_window: Some(Duration::from_secs(90)),
        labels: &[],
        source: Some("csv"),
        external_id: Some("7"),
    };
    let post = posts::create(&mut tx, ann.workspace, new).await.expect("saves");
    assert_eq!(post.content.as_ref(), Some(&content));
    assert_eq!((post.author_id, post.version, post.draft), (Some(ann.user), 1, false));
    assert_eq!((post.when.as_ref(), post.missed_window), (Some(&when), Some(Duration::from_secs(90))));
    assert!(is_missing(posts::get(&mut tx, bob.workspace, post.id).await), "somebody else's");
    assert!(is_taken(posts::create(&mut tx, ann.workspace, new).await, "external_id"), "imported before");

    let revision = posts::revision(&mut tx, ann.workspace, post.revision_id).await.expect("reads");
    assert_eq!((revision.number, revision.approval, revision.post_id), (1, Approval::NotNeeded, post.id));
    assert!(is_missing(posts::revision(&mut tx, bob.workspace, post.revision_id).await));
    for (channel, text) in [(one.id, "shared ü"), (two.id, "own")] {
        let variant = posts::variant(&mut tx, ann.workspace, post.revision_id, channel).await.expect("reads");
        assert_eq!(variant.expect("goes there").parts[0].text, text);
        assert_eq!(posts::variant(&mut tx, bob.workspace, post.revision_id, channel).await.expect("reads"), None);
    }
});

store_test!(a_post_cannot_go_to_a_foreign_channel_or_carry_a_foreign_label, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let theirs = fixtures::channel(&mut tx, bob, "theirs").await;
    let content = fixtures::content("hello", &[theirs.id]);
    let label = labels::create(&mut tx, bob.workspace, "theirs", "red").await.expect("makes");
    let new = NewPost {
        author: ann.user,
        content: &content,
        draft: true,
        when: None,
        missed_window: None,
        labels: &[],
        source: None,
        external_id: None,
    };
    assert!(is_missing(posts::create(&mut tx, ann.workspace, new).await));
    let content = fixtures::content("hello", &[]);
    let labelled = NewPost { content: &content, labels: &[label.id], ..new };
    assert!(is_missing(posts::create(&mut tx, ann.workspace, labelled).await));
});

store_test!(an_edit_makes_a_new_revision_and_a_stale_one_loses, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "one").await;
    let post = fixtures::post(&mut tx, ann, "first", &[channel.id]).await;
    let next = fixtures::content("second", &[channel.id]);
    let edited = posts::revise(&mut tx, ann.workspace, post.id, 1, &next, bob.user).await.expect("edits");
    assert_eq!((edited.version, edited.content.as_ref()), (2, Some(&next)));
    let stale = posts::revise(&mut tx, ann.workspace, post.id, 1, &next, ann.user).await;
    assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
    assert!(is_missing(posts::revise(&mut tx, bob.workspace, post.id, 2, &next, bob.user).await));
    let old = posts::variant(&mut tx, ann.workspace, post.revision_id, channel.id).await.expect("reads");
    assert_eq!(old.expect("is kept").parts[0].text, "first", "the old revision did not change");
    let all = posts::revisions(&mut tx, ann.workspace, post.id).await.expect("reads");
    assert_eq!(all.iter().map(|revision| revision.number).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(all[0].created_by, Some(bob.user));
    let when = When { at: after(&tx, minutes(5)), local: "2031-03-01T10:00:00".into(), zone: "UTC".into() };
    let timed = posts::set_when(&mut tx, ann.workspace, post.id, 2, Some(&when), false).await.expect("sets");
    assert_eq!((timed.version, timed.when.as_ref(), timed.draft), (3, Some(&when), false));
    let stale = posts::set_when(&mut tx, ann.workspace, post.id, 2, None, true).await;
    assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
    let window = Some(Duration::from_secs(5));
    posts::set_missed_window(&mut tx, ann.workspace, post.id, window).await.expect("sets");
    assert_eq!(posts::get(&mut tx, ann.workspace, post.id).await.expect("reads").missed_window, window);
    assert!(is_missing(posts::set_missed_window(&mut tx, bob.workspace, post.id, None).await));
});

store_test!(of_two_edits_at_once_one_wins, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let post = fixtures::post(&mut tx, world, "first", &[]).await;
    tx.commit().await.expect("commits");
    let edit = |text: &'static str| async move {
        let mut tx = write(store).await;
        let content = fixtures::content(text, &[]);
        posts::revise(&mut tx, world.workspace, post.id, 1, &content, world.user).await?;
        tx.commit().await
    };
    let (one, two) = tokio::join!(edit("one"), edit("two"));
    assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
    let lost = if one.is_ok() { two } else { one };
    assert!(matches!(lost, Err(StoreError::Stale)), "{lost:?}");
});

store_test!(lists_go_on_where_they_stopped, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let label = labels::create(&mut tx, ann.workspace, "news", "red").await.expect("makes");
    let mut made = Vec::new();
    for number in 0..5 {
        // All in one transaction, so all at one instant: the id decides.
        let post = fixtures::post(&mut tx, ann, &format!("post {number}"), &[]).await;
        let at = after(&tx, minutes(10 * (number / 2)));
        let when = When { at, local: "2031-03-01T10:00:00".into(), zone: "UTC".into() };
        let draft = number % 2 == 0;
        made.push(posts::set_when(&mut tx, ann.workspace, post.id, 1, Some(&when), draft).await.expect("sets"));
    }
    fixtures::post(&mut tx, bob, "theirs", &[]).await;
    posts::set_labels(&mut tx, ann.workspace, made[1].id, &[label.id, label.id]).await.expect("labels");
    posts::set_labels(&mut tx, ann.workspace, made[2].id, &[label.id]).await.expect("labels");
    assert!(is_missing(posts::set_labels(&mut tx, bob.workspace, made[2].id, &[]).await));

    let (mut seen, mut after_row) = (Vec::new(), Cursor::NEWEST);
    loop {
        let page = posts::list(&mut tx, ann.workspace, Filter::default(), after_row, 2).await.expect("reads");
        let Some(last) = page.last() else { break };
        after_row = Cursor::new(last.created_at, last.id);
        seen.extend(page.iter().map(|post| post.id));
    }
    let mut expected: Vec<_> = made.iter().map(|post| post.id).collect();
    expected.sort_by(|a, b| b.cmp(a));
    assert_eq!(seen, expected);

    let filter = Filter { draft: Some(true), label: Some(label.id), series: None };
    let page = posts::list(&mut tx, ann.workspace, filter, Cursor::NEWEST, 10).await.expect("reads");
    assert_eq!(page.iter().map(|post| post.id).collect::<Vec<_>>(), [made[2].id]);
    let ids: Vec<_> = made.iter().map(|post| post.id).collect();
    let mut pairs = posts::labels_of(&mut tx, ann.workspace, &ids).await.expect("reads");
    pairs.sort();
    let mut expected = vec![(made[1].id, label.id), (made[2].id, label.id)];
    expected.sort();
    assert_eq!(pairs, expected);
    assert_eq!(posts::labels_of(&mut tx, bob.workspace, &ids).await.expect("reads"), []);

    let (from, to) = (tx.now(), after(&tx, minutes(20)));
    let first = posts::by_time(&mut tx, ann.workspace, from, to, Cursor::OLDEST, 3).await.expect("reads");
    let last = first.last().expect("three");
    let mark = Cursor::new(last.when.as_ref().expect("is timed").at, last.id);
    let rest = posts::by_time(&mut tx, ann.workspace, from, to, mark, 3).await.expect("reads");
    assert_eq!((first.len(), rest.len()), (3, 1), "the fifth is at the end, which is not included");
    let times: Vec<_> = first.iter().chain(&rest).map(|post| post.when.as_ref().map(|when| when.at)).collect();
    assert!(times.is_sorted(), "{times:?}");
});

store_test!(decisions_are_kept_beside_the_revision, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let post = fixtures::post(&mut tx, ann, "hello", &[]).await;
    let (ws, revision) = (ann.workspace, post.revision_id);
    posts::decide(&mut tx, ws, revision, bob.user, Approval::Refused, Some("too long")).await.expect("decides");
    assert_eq!(posts::revision(&mut tx, ws, revision).await.expect("reads").approval, Approval::Refused);
    let kept = posts::approvals(&mut tx, ws, revision).await.expect("reads");
    assert_eq!((kept.len(), kept[0].decided_by, kept[0].decision), (1, Some(bob.user), Approval::Refused));
    assert_eq!(kept[0].note.as_deref(), Some("too long"));
    assert!(is_missing(posts::decide(&mut tx, bob.workspace, revision, bob.user, Approval::Approved, None).await));
});

store_test!(a_deleted_post_is_gone_with_all_its_content, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "acct").await;
    let post = published(&mut tx, ann, &channel).await;
    assert!(is_missing(posts::delete(&mut tx, bob.workspace, post.id).await), "somebody else's");
    posts::delete(&mut tx, ann.workspace, post.id).await.expect("deletes");
    assert!(is_missing(posts::get(&mut tx, ann.workspace, post.id).await));
    for table in ["revisions", "variants", "deliveries", "parts", "attempts"] {
        let left = tx.opt(sql(format!("SELECT id FROM {table}"))).await.expect("reads");
        assert!(left.is_none(), "{table}");
    }
    let stones = tombstones::list(&mut tx).await.expect("reads");
    assert_eq!((stones[0].id, stones[0].kind), (post.id.uuid(), tombstones::Kind::Post));
});

store_test!(content_is_purged_after_its_time_and_the_record_stays, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let channel = fixtures::channel(&mut tx, world, "acct").await;
    let post = published(&mut tx, world, &channel).await;
    let draft = fixtures::post(&mut tx, world, "never sent", &[channel.id]).await;
    let now = tx.now();
    assert_eq!(posts::purge_content(&mut tx, now - minutes(1), 10).await.expect("purges"), 0, "too early");
    assert_eq!(posts::purge_content(&mut tx, now, 10).await.expect("purges"), 1);
    assert_eq!(posts::purge_content(&mut tx, now, 10).await.expect("purges"), 0, "done");
    let purged = posts::get(&mut tx, world.workspace, post.id).await.expect("the record stays");
    assert_eq!(purged.content, None);
    let variant = posts::variant(&mut tx, world.workspace, post.revision_id, channel.id).await.expect("reads");
    assert_eq!(variant, None);
    let row = tx.one(sql("SELECT code, words, exchanges FROM attempts")).await.expect("the record stays");
    assert_eq!(row.get::<Option<String>>("code").expect("reads").as_deref(), Some("platform_down"));
    assert_eq!(row.get::<Option<String>>("words").expect("reads"), None);
    assert_eq!(row.get::<Option<String>>("exchanges").expect("reads"), None);
    assert!(posts::get(&mut tx, world.workspace, draft.id).await.expect("reads").content.is_some());
});

store_test!(a_demonstrations_post_is_moved_into_the_past_with_all_that_came_of_it, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "one").await;
    let (moved, left) = (published(&mut tx, ann, &channel).await, published(&mut tx, ann, &channel).await);
    let now = tx.now();
    let due = sql("UPDATE posts SET scheduled_at = $1 WHERE id = $2").bind(now).id(moved.id);
    tx.execute(due).await.expect("is due");
    let past = Past { at: after(&tx, -minutes(60)), local: "2031-03-01T09:00:00", zone: "Europe/Vienna" };
    assert!(is_missing(backdate(&mut tx, bob.workspace, moved.id, &past).await));
    backdate(&mut tx, ann.workspace, moved.id, &past).await.expect("is moved");
    let delivery = deliveries::of_post(&mut tx, ann.workspace, moved.id).await.expect("reads").remove(0);
    assert_eq!((delivery.scheduled_at, delivery.due_at, delivery.published_at), (past.at, past.at, Some(past.at)));
    assert_eq!((delivery.occurrence.as_str(), delivery.settled_at), (past.local, Some(past.at)));
    let part = parts::of_delivery(&mut tx, ann.workspace, delivery.id).await.expect("reads").remove(0);
    assert_eq!(part.published_at, Some(past.at));
    let post = posts::get(&mut tx, ann.workspace, moved.id).await.expect("reads");
    let when = When { at: past.at, local: past.local.to_owned(), zone: past.zone.to_owned() };
    assert_eq!((post.when, moved.created_at.duration_since(post.created_at)), (Some(when), minutes(60)));
    let other = deliveries::of_post(&mut tx, ann.workspace, left.id).await.expect("reads").remove(0);
    assert_eq!(other.published_at, Some(now), "others stay where they are");
});
