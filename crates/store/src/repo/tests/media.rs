use std::collections::BTreeMap;

use postrider_domain::Code;
use postrider_domain::content::MediaRef;
use postrider_domain::entitlement::Meter;
use postrider_domain::id::MediaId;
use postrider_domain::media::{MediaFacts, MediaKind, Mime, Point};
use serde_json::json;

use super::posts::published;
use super::{after, is_missing, minutes, two_worlds, write};
use crate::repo::jobs::{self, Sort};
use crate::repo::media::{self, *};
use crate::repo::page::Cursor;
use crate::repo::series::{self, Terms};
use crate::repo::{entitlements, events, posts, workspaces};
use crate::testkit::fixtures::{self, World};
use crate::{StoreError, Tx, store_test};

/// When nothing expires: the year 2096.
const FAR: jiff::Timestamp = jiff::Timestamp::constant(4_000_000_000, 0);

/// A picture to be, that its sender calls a PNG.
pub(super) fn cat(world: World, bytes: u64) -> NewMedia<'static> {
    NewMedia {
        name: "cat.png",
        mime: "image/png",
        bytes,
        alt: "a cat",
        focus: None,
        upload_meta: Some("filename Y2F0LnBuZw=="),
        expires_at: Some(FAR),
        created_by: world.user,
    }
}

fn facts(bytes: u64) -> MediaFacts {
    MediaFacts {
        kind: MediaKind::Image,
        mime: Mime::Jpeg,
        bytes,
        width: 4,
        height: 3,
        duration_ms: None,
        fps: None,
        codec: None,
        audio: false,
    }
}

async fn taken(tx: &mut Tx, world: World, id: MediaId) -> Lease {
    let until = after(tx, minutes(1));
    match lease(tx, world.workspace, id, until).await.expect("answers") {
        Leased::Yes(lease, ..) => lease,
        other => panic!("{other:?}"),
    }
}

/// A file whose bytes are all there.
async fn arrived(tx: &mut Tx, world: World, bytes: u64) -> MediaId {
    let id = create(tx, world.workspace, cat(world, bytes)).await.expect("begins").id;
    let lease = taken(tx, world, id).await;
    let later = after(tx, minutes(1));
    keep(tx, &lease, &json!({"offset": bytes}), bytes, later, later).await.expect("keeps");
    take_in(tx, &lease, bytes).await.expect("is whole");
    id
}

/// A file that can be used.
pub(super) async fn ready(tx: &mut Tx, world: World, bytes: u64, sha256: [u8; 32]) -> Media {
    let id = arrived(tx, world, bytes).await;
    let (facts, object_key) = (facts(bytes), object_key(id));
    let thumb = format!("{object_key}/t.webp");
    let found = Inspected {
        facts: &facts,
        sha256,
        object_key: &object_key,
        work_key: None,
        thumb_key: Some(&thumb),
        notes: &[Code::MediaMislabelled],
    };
    mark_ready(tx, world.workspace, id, &found).await.expect("is a picture")
}

async fn used(tx: &mut Tx, world: World) -> u64 {
    entitlements::used(tx, world.workspace, Meter::StorageBytes).await.expect("counts")
}

/// Everything that is queued to be deleted, sorted.
async fn doomed(tx: &mut Tx) -> Vec<String> {
    let boot = tx.new_id();
    let claimed =
        jobs::claim_sort(tx, Sort::Media, boot, 99, std::time::Duration::from_secs(60)).await.expect("claims");
    let mut keys = Vec::new();
    for job in claimed {
        if job.kind == ERASE_JOB {
            let payload: ErasePayload = payload(&job.payload).expect("reads");
            keys.extend(payload.keys);
            keys.extend(payload.uploads.iter().map(|upload| upload.to_string()));
        }
        jobs::finish(tx, &job).await.expect("ends");
    }
    keys.sort_unstable();
    keys
}

store_test!(a_file_is_uploaded_used_and_purged, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let file = create(&mut tx, ann.workspace, cat(ann, 5)).await.expect("begins");
    assert_eq!((file.state, file.sha256, file.received), (MediaState::Uploading, None, 0));
    assert_eq!(used(&mut tx, ann).await, 5, "reserved at once");
    assert_eq!(outstanding(&mut tx).await.expect("counts"), 5);
    let made = ready(&mut tx, ann, 7, [3; 32]).await;
    assert_eq!((made.state, made.sha256, made.mime.as_str()), (MediaState::Ready, Some([3; 32]), "image/jpeg"));
    assert_eq!((made.facts, made.notes), (Some(facts(7)), vec![Code::MediaMislabelled]));
    assert_eq!((made.upload_meta, made.expires_at), (None, None));
    assert!(is_missing(media::get(&mut tx, bob.workspace, made.id).await));
    assert_eq!(get_many(&mut tx, bob.workspace, &[made.id]).await.expect("reads"), []);
    let kinds: Vec<String> =
        events::since(&mut tx, ann.workspace, 0, 9).await.expect("reads").into_iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["media.changed", "media.changed"], "processing, then ready");

    let said = Described { name: "tom.jpg", alt: "Tom", focus: Some(Point { x: 1, y: 2 }) };
    assert!(is_missing(describe(&mut tx, bob.workspace, made.id, said).await));
    let said = describe(&mut tx, ann.workspace, made.id, said).await.expect("changes");
    assert_eq!((said.name.as_str(), said.focus), ("tom.jpg", Some(Point { x: 1, y: 2 })));
    assert_eq!(media::list(&mut tx, ann.workspace, Cursor::NEWEST, 9).await.expect("reads").len(), 2);

    assert!(is_missing(mark_purged(&mut tx, bob.workspace, made.id).await));
    mark_purged(&mut tx, ann.workspace, made.id).await.expect("purges");
    let purged = media::get(&mut tx, ann.workspace, made.id).await.expect("the row stays");
    assert_eq!((purged.name.as_str(), purged.alt.as_str(), purged.sha256, purged.facts), ("", "", None, None));
    assert_eq!(used(&mut tx, ann).await, 5);
    assert_eq!(doomed(&mut tx).await, [object_key(made.id), format!("{}/t.webp", made.id)]);
});

store_test!(one_appends_and_the_others_wait_until_the_lease_ends, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let id = create(&mut tx, ann.workspace, cat(ann, 5)).await.expect("begins").id;
    let until = after(&tx, minutes(1));
    assert!(is_missing(lease(&mut tx, bob.workspace, id, until).await));
    let first = taken(&mut tx, ann, id).await;
    assert!(matches!(lease(&mut tx, ann.workspace, id, until).await, Ok(Leased::Busy)));
    release(&mut tx, &first).await.expect("gives back");
    let second = taken(&mut tx, ann, id).await;
    assert!(matches!(keep(&mut tx, &first, &json!(1), 1, until, until).await, Err(StoreError::Stale)), "not ours");
    assert!(matches!(beat(&mut tx, &first, until).await, Err(StoreError::Stale)));
    keep(&mut tx, &second, &json!({"offset": 3}), 3, until, until).await.expect("keeps");
    release(&mut tx, &second).await.expect("gives back");
    tx.commit().await.expect("commits");

    // A holder that died keeps nobody waiting for longer than its lease.
    let mut tx = write(store).await;
    taken(&mut tx, ann, id).await;
    tx.commit().await.expect("commits");
    store.advance(minutes(2));
    let mut tx = write(store).await;
    let until = after(&tx, minutes(1));
    let Leased::Yes(_, file, session) = lease(&mut tx, ann.workspace, id, until).await.expect("answers") else {
        panic!("still busy")
    };
    assert_eq!((file.received, session), (3, Some(json!({"offset": 3}))));
});

store_test!(the_same_bytes_are_stored_and_counted_once, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let first = ready(&mut tx, ann, 7, [3; 32]).await;
    let second = ready(&mut tx, ann, 7, [3; 32]).await;
    let theirs = ready(&mut tx, bob, 7, [3; 32]).await;
    assert_eq!(second.object_key, first.object_key);
    assert_eq!(theirs.object_key, Some(object_key(theirs.id)), "workspaces share nothing");
    assert_eq!((used(&mut tx, ann).await, used(&mut tx, bob).await), (7, 7));
    assert_eq!(doomed(&mut tx).await, [object_key(second.id)], "what was uploaded again");

    mark_purged(&mut tx, ann.workspace, first.id).await.expect("purges");
    assert_eq!(used(&mut tx, ann).await, 7, "now for the second");
    assert_eq!(doomed(&mut tx).await, [format!("{}/t.webp", first.id)], "the bytes stay");
    mark_purged(&mut tx, ann.workspace, second.id).await.expect("purges");
    assert_eq!(used(&mut tx, ann).await, 0);
    assert_eq!(doomed(&mut tx).await, [object_key(first.id), format!("{}/t.webp", second.id)]);
});

store_test!(an_upload_that_stands_still_is_given_up_and_frees_its_reserve, |store| {
    let mut tx = write(store).await;
    let (ann, _) = two_worlds(&mut tx).await;
    let end = after(&tx, minutes(10));
    let new = NewMedia { expires_at: Some(end), ..cat(ann, 100) };
    let id = create(&mut tx, ann.workspace, new).await.expect("begins").id;
    let first = taken(&mut tx, ann, id).await;
    let lease_end = after(&tx, minutes(1));
    keep(&mut tx, &first, &json!({"offset": 99}), 99, lease_end, end).await.expect("99 %");
    release(&mut tx, &first).await.expect("gives back");
    assert_eq!(expired(&mut tx, 9).await.expect("reads"), []);
    assert!(!abandon(&mut tx, ann.workspace, id).await.expect("answers"));
    tx.commit().await.expect("commits");

    store.advance(minutes(11));
    let mut tx = write(store).await;
    assert_eq!(expired(&mut tx, 9).await.expect("reads"), [(ann.workspace, id)]);
    assert!(abandon(&mut tx, ann.workspace, id).await.expect("gives up"));
    let over = media::get(&mut tx, ann.workspace, id).await.expect("reads");
    assert_eq!((over.state, over.code), (MediaState::Failed, Some(Code::UploadExpired)));
    assert_eq!((used(&mut tx, ann).await, outstanding(&mut tx).await.expect("counts")), (0, 0));
    assert_eq!(doomed(&mut tx).await, [object_key(id), r#"{"offset":99}"#.to_owned()]);
    let until = after(&tx, minutes(1));
    assert!(matches!(lease(&mut tx, ann.workspace, id, until).await, Ok(Leased::Over(_))));
});

store_test!(an_upload_fits_into_what_is_left, |store| {
    let mut tx = write(store).await;
    let (ann, _) = two_worlds(&mut tx).await;
    entitlements::set(&mut tx, ann.workspace, Meter::StorageBytes, "plan", Some(10)).await.expect("sets");
    entitlements::set(&mut tx, ann.workspace, Meter::UploadBytes, "plan", Some(8)).await.expect("sets");
    let too_large = create(&mut tx, ann.workspace, cat(ann, 9)).await;
    assert!(matches!(too_large, Err(StoreError::Exceeded { meter: Meter::UploadBytes, limit: 8, .. })));
    let id = create(&mut tx, ann.workspace, cat(ann, 8)).await.expect("fits").id;
    let too_much = create(&mut tx, ann.workspace, cat(ann, 3)).await;
    assert!(matches!(too_much, Err(StoreError::Exceeded { meter: Meter::StorageBytes, limit: 10, used: 8 })));
    create(&mut tx, ann.workspace, cat(ann, 2)).await.expect("the rest");
    mark_failed(&mut tx, ann.workspace, id, Code::MediaActive, &BTreeMap::new()).await.expect("fails");
    assert_eq!(used(&mut tx, ann).await, 2);
});

store_test!(an_import_reserves_what_arrives, |store| {
    let mut tx = write(store).await;
    let (ann, _) = two_worlds(&mut tx).await;
    entitlements::set(&mut tx, ann.workspace, Meter::StorageBytes, "plan", Some(10)).await.expect("sets");
    let new = NewImport {
        url: "https://pictures.example/cat",
        name: "cat",
        alt: "",
        created_by: ann.user,
        expires_at: after(&tx, minutes(60)),
    };
    let file = create_import(&mut tx, ann.workspace, new).await.expect("begins");
    assert_eq!(file.source_url.as_deref(), Some("https://pictures.example/cat"));
    reserve_more(&mut tx, ann.workspace, file.id, 6).await.expect("fits");
    reserve_more(&mut tx, ann.workspace, file.id, 4).await.expect("is there already");
    assert_eq!(used(&mut tx, ann).await, 6);
    assert!(matches!(reserve_more(&mut tx, ann.workspace, file.id, 11).await, Err(StoreError::Exceeded { .. })));
    let first = taken(&mut tx, ann, file.id).await;
    set_source_facts(&mut tx, &first, "tom.gif", "image/gif").await.expect("keeps");
    take_in(&mut tx, &first, 5).await.expect("is whole");
    let whole = media::get(&mut tx, ann.workspace, file.id).await.expect("reads");
    assert_eq!((whole.name.as_str(), whole.bytes, whole.state), ("tom.gif", 5, MediaState::Processing));
});

store_test!(used_by_follows_the_present_content, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let file = ready(&mut tx, ann, 7, [3; 32]).await;
    let post = fixtures::post(&mut tx, ann, "nothing to see", &[]).await;
    let mut content = fixtures::content("look", &[]);
    content.parts[0].media.push(MediaRef::of(file.id));
    assert_eq!(used_by(&mut tx, ann.workspace, file.id).await.expect("reads"), []);
    posts::revise(&mut tx, ann.workspace, post.id, 1, &content, ann.user).await.expect("edits");
    let draft = Use { by: User::Post(post.id), unsent: true };
    assert_eq!(used_by(&mut tx, ann.workspace, file.id).await.expect("reads"), [draft]);
    assert_eq!(used_by(&mut tx, bob.workspace, file.id).await.expect("reads"), []);
    let theirs = fixtures::post(&mut tx, bob, "mine now", &[]).await;
    posts::revise(&mut tx, bob.workspace, theirs.id, 1, &content, bob.user).await.expect("a draft may say anything");
    assert_eq!(used_by(&mut tx, ann.workspace, file.id).await.expect("reads"), [draft], "and uses nothing of ours");
    content.parts[0].media.clear();
    posts::revise(&mut tx, ann.workspace, post.id, 2, &content, ann.user).await.expect("edits");
    assert_eq!(used_by(&mut tx, ann.workspace, file.id).await.expect("reads"), []);
});

store_test!(a_series_uses_its_files_until_it_is_over_for_good, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let [file, other] = [ready(&mut tx, ann, 7, [3; 32]).await, ready(&mut tx, ann, 8, [4; 32]).await];
    let mut content = fixtures::content("every year", &[]);
    content.parts[0].media.extend([MediaRef::of(file.id), MediaRef::of(other.id)]);
    let terms = Terms {
        content: &content,
        rule: "FREQ=YEARLY",
        start_local: "2026-12-24T09:00",
        zone: "Europe/Lisbon",
        missed_window: None,
        labels: &[],
    };
    let yearly = series::create(&mut tx, ann.workspace, ann.user, &terms).await.expect("is saved");
    let needed = Use { by: User::Series(yearly.id), unsent: true };
    assert_eq!(used_by(&mut tx, ann.workspace, file.id).await.expect("reads"), [needed]);
    assert_eq!(used_by(&mut tx, bob.workspace, file.id).await.expect("reads"), []);
    // A post of it is forgotten long before the next one.
    let post = fixtures::post(&mut tx, ann, "last year", &[]).await;
    posts::revise(&mut tx, ann.workspace, post.id, 1, &content, ann.user).await.expect("edits");
    assert_eq!(purge_unused(&mut tx, User::Post(post.id)).await.expect("purges"), 0, "the series needs both");
    let mut shorter = content.clone();
    shorter.parts[0].media.truncate(1);
    let fewer = Terms { content: &shorter, ..terms };
    series::set(&mut tx, ann.workspace, yearly.id, yearly.version, &fewer).await.expect("is changed");
    let left = used_by(&mut tx, ann.workspace, other.id).await.expect("reads");
    assert_eq!(left.iter().map(|used| used.by).collect::<Vec<_>>(), [User::Post(post.id)]);
    series::end(&mut tx, ann.workspace, yearly.id).await.expect("ends");
    assert!(!used_by(&mut tx, ann.workspace, file.id).await.expect("reads")[1].unsent, "it makes nothing any more");
    posts::delete(&mut tx, ann.workspace, post.id).await.expect("is deleted");
    let now = tx.now();
    assert_eq!(series::purge_content(&mut tx, now).await.expect("purges"), 1);
    let state = async |tx: &mut Tx, id| media::get(tx, ann.workspace, id).await.expect("reads").state;
    assert_eq!(state(&mut tx, file.id).await, MediaState::Purged);
    assert_eq!(state(&mut tx, other.id).await, MediaState::Ready, "the library keeps what no series used in the end");
});

fn recipe(id: MediaId, value: &serde_json::Value) -> NewRendition<'_> {
    NewRendition { media: id, recipe_key: "0a1b", recipe: value, heavy: false }
}

fn made(id: MediaId) -> Rendered {
    Rendered {
        object_key: format!("{id}/r/0a1b.jpg"),
        sha256: [9; 32],
        mime: Mime::Jpeg,
        bytes: 3,
        width: 2,
        height: 1,
        duration_ms: None,
        notes: vec![Code::MediaCropped],
    }
}

store_test!(a_rendition_is_made_once_for_everybody_who_wants_it, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let file = ready(&mut tx, ann, 7, [3; 32]).await;
    doomed(&mut tx).await;
    let limits = json!({"max_bytes": 3});
    let wanted = want(&mut tx, ann.workspace, recipe(file.id, &limits)).await.expect("begins");
    assert_eq!((wanted.state, wanted.recipe.clone()), (RenditionState::Waiting, limits.clone()));
    assert_eq!(want(&mut tx, ann.workspace, recipe(file.id, &limits)).await.expect("is begun"), wanted);
    let boot = tx.new_id();
    let claimed =
        jobs::claim_sort(&mut tx, Sort::Media, boot, 9, std::time::Duration::from_secs(9)).await.expect("claims");
    assert_eq!(claimed.len(), 1, "{claimed:?}");
    jobs::extend(&mut tx, &claimed[0], std::time::Duration::from_secs(99)).await.expect("lives");
    let of: RenderPayload = payload(&claimed[0].payload).expect("reads");
    progress(&mut tx, ann.workspace, &of, 500).await.expect("tells");
    finish_rendition(&mut tx, ann.workspace, &of, &made(file.id)).await.expect("ends");
    jobs::finish(&mut tx, &claimed[0]).await.expect("ends");
    let there = want(&mut tx, ann.workspace, recipe(file.id, &limits)).await.expect("is there");
    assert_eq!((there.state, there.made), (RenditionState::Ready, Some(made(file.id))));
    assert!(is_missing(rendition(&mut tx, bob.workspace, file.id, "0a1b").await));
    assert_eq!(renditions(&mut tx, ann.workspace, file.id).await.expect("reads").len(), 1);
    mark_purged(&mut tx, ann.workspace, file.id).await.expect("purges");
    assert_eq!(renditions(&mut tx, ann.workspace, file.id).await.expect("reads"), []);
    assert!(doomed(&mut tx).await.contains(&made(file.id).object_key));
});

store_test!(a_rendition_that_failed_is_tried_anew_after_a_while, |store| {
    let mut tx = write(store).await;
    let (ann, _) = two_worlds(&mut tx).await;
    let file = ready(&mut tx, ann, 7, [3; 32]).await;
    let limits = json!({});
    want(&mut tx, ann.workspace, recipe(file.id, &limits)).await.expect("begins");
    let of = RenderPayload { media: file.id, recipe: "0a1b".to_owned() };
    let args = BTreeMap::from([("limit".to_owned(), "3".to_owned())]);
    fail_rendition(&mut tx, ann.workspace, &of, Code::MediaCannotFit, &args).await.expect("fails");
    let failed = want(&mut tx, ann.workspace, recipe(file.id, &limits)).await.expect("reads");
    assert_eq!(
        (failed.state, failed.code, failed.code_args),
        (RenditionState::Failed, Some(Code::MediaCannotFit), args)
    );
    doomed(&mut tx).await;
    tx.commit().await.expect("commits");
    store.advance(minutes(6));
    let mut tx = write(store).await;
    let again = want(&mut tx, ann.workspace, recipe(file.id, &limits)).await.expect("begins anew");
    assert_eq!((again.state, again.code), (RenditionState::Waiting, None));
});

store_test!(short_jobs_and_those_on_files_are_taken_apart, |store| {
    let mut tx = write(store).await;
    let (ann, _) = two_worlds(&mut tx).await;
    arrived(&mut tx, ann, 5).await;
    let (boot, minute) = (tx.new_id(), std::time::Duration::from_secs(60));
    assert_eq!(jobs::claim(&mut tx, boot, 9, minute).await.expect("claims"), []);
    assert!(jobs::next_due_of(&mut tx, Sort::Short).await.expect("reads").is_none());
    assert!(jobs::next_due_of(&mut tx, Sort::Media).await.expect("reads").is_some());
    let claimed = jobs::claim_sort(&mut tx, Sort::Media, boot, 9, minute).await.expect("claims");
    assert_eq!(claimed[0].kind, INSPECT_JOB);
    jobs::finish(&mut tx, &claimed[0]).await.expect("ends");
    assert!(matches!(jobs::extend(&mut tx, &claimed[0], minute).await, Err(StoreError::Stale)));
});

store_test!(a_workspace_takes_its_bytes_with_it, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let file = ready(&mut tx, ann, 7, [3; 32]).await;
    let limits = json!({});
    want(&mut tx, ann.workspace, recipe(file.id, &limits)).await.expect("begins");
    let of = RenderPayload { media: file.id, recipe: "0a1b".to_owned() };
    finish_rendition(&mut tx, ann.workspace, &of, &made(file.id)).await.expect("ends");
    let half = create(&mut tx, ann.workspace, cat(ann, 5)).await.expect("begins").id;
    let first = taken(&mut tx, ann, half).await;
    let later = after(&tx, minutes(1));
    keep(&mut tx, &first, &json!({"offset": 2}), 2, later, later).await.expect("keeps");
    let theirs = ready(&mut tx, bob, 7, [3; 32]).await;
    doomed(&mut tx).await;
    workspaces::delete(&mut tx, ann.workspace).await.expect("deletes");
    let gone = doomed(&mut tx).await;
    for key in [object_key(file.id), format!("{}/t.webp", file.id), made(file.id).object_key, object_key(half)] {
        assert!(gone.contains(&key), "{key} is not in {gone:?}");
    }
    assert!(gone.contains(&r#"{"offset":2}"#.to_owned()) && gone.len() == 5, "{gone:?}");
    media::get(&mut tx, bob.workspace, theirs.id).await.expect("is not harmed");
});

store_test!(files_go_with_the_content_of_the_last_post_that_used_them, |store| {
    let mut tx = write(store).await;
    let (ann, _) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "one").await;
    let (shared, alone) = (ready(&mut tx, ann, 7, [3; 32]).await, ready(&mut tx, ann, 8, [4; 32]).await);
    let unused = ready(&mut tx, ann, 9, [5; 32]).await;
    let out = published(&mut tx, ann, &channel).await;
    let draft = fixtures::post(&mut tx, ann, "later", &[]).await;
    let mut content = fixtures::content("look", &[]);
    content.parts[0].media.push(MediaRef::of(shared.id));
    posts::revise(&mut tx, ann.workspace, draft.id, 1, &content, ann.user).await.expect("edits");
    content.parts[0].media.push(MediaRef::of(alone.id));
    posts::revise(&mut tx, ann.workspace, out.id, 1, &content, ann.user).await.expect("edits");
    let now = tx.now();
    assert_eq!(posts::purge_content(&mut tx, now, 10).await.expect("purges"), 1);
    for (id, state) in [(shared.id, MediaState::Ready), (alone.id, MediaState::Purged), (unused.id, MediaState::Ready)]
    {
        assert_eq!(media::get(&mut tx, ann.workspace, id).await.expect("reads").state, state);
    }
    assert_eq!(used(&mut tx, ann).await, 16);
});
