//! From what happens to the letter about it, on both databases.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_domain::notice::{Choice, Topic};
use postrider_domain::role::Role;
use postrider_domain::secret::Secret;
use postrider_engine::mail::MailRoom as _;
use postrider_store::repo::jobs::{self, Job, Sort};
use postrider_store::repo::notifications::{self, Note};
use postrider_store::repo::page::Cursor;
use postrider_store::repo::{members, nodes};
use postrider_store::store_test;
use postrider_store::testkit::{TestStore, fixtures};

use super::{Letter, Postman, Room, Undelivered};
use crate::accounts::{choices, invitations, resets, sessions};
use crate::testkit::{PASSWORD, member, origin, person, started, workspace};
use crate::{App, AppError, Caller, Result, Settings};

const LEASE: Duration = Duration::from_secs(60);

/// Keeps what it is given.
#[derive(Default)]
struct Pile(Mutex<Vec<Letter>>);

#[async_trait]
impl Postman for Pile {
    async fn deliver(&self, letter: &Letter) -> Result<(), Undelivered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(letter.clone());
        Ok(())
    }
}

/// An instance that sends mail, a workspace, and somebody who publishes in it.
struct Office {
    app: App,
    pile: Arc<Pile>,
    room: Room,
    ann: Caller,
    world: fixtures::World,
}

impl Office {
    async fn new(store: &TestStore) -> Self {
        let app = started(store).await;
        let settings = Settings { mail: true, ..Settings::new("https://post.example", "0") };
        store.set_mails(true);
        let app = App { settings: Arc::new(settings), ..app };
        let pile = Arc::new(Pile::default());
        let room = Room::new(app.clone(), pile.clone());
        let ann = person(&app, "ann@example.org", false).await;
        let world = fixtures::World { user: ann.user, workspace: workspace(&app, &ann).await };
        Self { app, pile, room, ann, world }
    }

    /// Something happened to a post of Ann's on a channel of its own.
    async fn told(&self, code: Code, account: &str) -> Note {
        let mut tx = self.app.store.write().await.expect("a transaction");
        let channel = fixtures::channel(&mut tx, self.world, account).await;
        let at = "2026-07-01T07:05:00Z".parse().expect("an instant");
        let delivery = fixtures::delivery(&mut tx, self.world, &channel, at).await;
        let post = postrider_store::repo::deliveries::get(&mut tx, self.world.workspace, delivery).await;
        let args = [("channel", channel.handle.clone()), ("reason", "platform_refused".to_owned())];
        let note = Note {
            workspace: self.world.workspace,
            user: self.ann.user,
            code,
            args: args.map(|(name, value)| (name.to_owned(), value)).into(),
            post: Some(post.expect("is there").post_id),
            delivery: Some(delivery),
            channel: Some(channel.id),
        };
        notifications::add(&mut tx, &note).await.expect("tells");
        tx.commit().await.expect("commits");
        note
    }

    async fn claim(&self) -> Vec<Job> {
        let mut tx = self.app.store.write().await.expect("a transaction");
        let node = tx.new_id();
        let boot = nodes::register(&mut tx, node, "host", "0").await.expect("registers");
        let claimed = jobs::claim_sort(&mut tx, Sort::Mail, boot, 50, LEASE).await.expect("claims");
        tx.commit().await.expect("commits");
        claimed
    }

    async fn finish(&self, job: &Job) {
        let mut tx = self.app.store.write().await.expect("a transaction");
        jobs::finish(&mut tx, job).await.expect("finishes");
        tx.commit().await.expect("commits");
    }

    /// Whatever is due a minute from now leaves.
    async fn mailed(&self) -> Vec<Letter> {
        self.app.store.advance(SignedDuration::from_secs(61));
        for job in self.claim().await {
            self.room.send(&job).await.expect("leaves");
            self.finish(&job).await;
        }
        std::mem::take(&mut *self.pile.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn choose(&self, topic: Topic, in_app: bool, mail: bool) {
        choices::set(&self.app, &self.ann, &[(topic, Choice { in_app, mail })]).await.expect("chooses");
    }

    async fn listed(&self) -> usize {
        let mut tx = self.app.store.read().await.expect("a transaction");
        let page = notifications::list(&mut tx, self.ann.user, false, Cursor::NEWEST, 50).await.expect("lists");
        let unread = notifications::unread(&mut tx, self.ann.user).await.expect("counts");
        assert_eq!(unread, page.len() as u64, "nothing was read");
        page.len()
    }

    /// What every waiting job says, as the database has it.
    async fn payloads(&self) -> String {
        self.claim().await.iter().map(|job| job.payload.to_string()).collect()
    }
}

fn only(mut letters: Vec<Letter>) -> Letter {
    assert_eq!(letters.len(), 1, "{letters:#?}");
    letters.remove(0)
}

fn code<T>(result: Result<T>) -> Code {
    match result {
        Ok(_) => panic!("refused"),
        Err(error) => error.code(),
    }
}

store_test!(a_failure_is_mailed_with_its_channel_time_reason_and_link, |store| {
    let office = Office::new(store).await;
    let note = office.told(Code::NoteFailed, "bakery").await;
    let letter = only(office.mailed().await);
    assert_eq!(letter.to, "ann@example.org");
    let when = "1 July 2026, 09:05 (Europe/Berlin)";
    assert_eq!(letter.subject, format!("Not published: @bakery (examplenet), {when}"));
    let (post, delivery) = (note.post.expect("has one"), note.delivery.expect("has one"));
    let url = format!("https://post.example/w/{}/posts/{post}?delivery={delivery}", note.workspace);
    for body in [&letter.text, &letter.html] {
        assert!(body.contains(&url) && body.contains(when) && body.contains("Hello ann,"), "{body}");
        assert!(body.contains("Your post did not go out on @bakery") && body.contains("Why: "), "{body}");
        assert!(!body.contains("hello"), "what the post says stays here: {body}");
    }
    assert_eq!(letter.choices.as_deref(), Some("https://post.example/settings/notifications"));
    assert_eq!(office.mailed().await, [], "once");
});

store_test!(a_channel_that_must_be_reconnected_is_linked_itself, |store| {
    let office = Office::new(store).await;
    let note = Note { post: None, delivery: None, ..office.told(Code::NoteHeld, "bakery").await };
    office.mailed().await;
    let note = Note { code: Code::NoteReconnect, ..note };
    let mut tx = office.app.store.write().await.expect("a transaction");
    notifications::add(&mut tx, &note).await.expect("tells");
    tx.commit().await.expect("commits");
    let letter = only(office.mailed().await);
    assert_eq!(letter.subject, "Please reconnect @bakery (examplenet)");
    let channel = note.channel.expect("has one");
    assert!(letter.text.contains(&format!("https://post.example/w/{}/channels/{channel}\n", note.workspace)));
});

store_test!(what_happens_within_a_minute_is_one_mail, |store| {
    let office = Office::new(store).await;
    let first = office.told(Code::NoteFailed, "one").await;
    office.app.store.advance(SignedDuration::from_secs(30));
    let second = office.told(Code::NoteUnconfirmed, "two").await;
    let letter = only(office.mailed().await);
    assert!(letter.subject.starts_with("2 messages from Postrider: Not published: @one"), "{}", letter.subject);
    for note in [first, second] {
        assert!(letter.text.contains(&note.delivery.expect("has one").to_string()), "{}", letter.text);
    }
});

store_test!(a_flood_is_one_mail_that_says_how_many_more_there_are, |store| {
    let office = Office::new(store).await;
    for n in 0..23 {
        office.told(Code::NoteFailed, &format!("account{n}")).await;
    }
    let letter = only(office.mailed().await);
    assert!(letter.subject.starts_with("23 messages"), "{}", letter.subject);
    assert_eq!(letter.text.matches("?delivery=").count(), 20);
    assert!(letter.text.contains("There are 3 more messages."), "{}", letter.text);
});

store_test!(a_mail_that_leaves_twice_is_the_same_letter, |store| {
    let office = Office::new(store).await;
    office.told(Code::NoteFailed, "bakery").await;
    office.app.store.advance(SignedDuration::from_secs(61));
    let job = office.claim().await.remove(0);
    office.room.send(&job).await.expect("leaves");
    // The process dies before it can write that down; meanwhile more happens.
    office.told(Code::NoteFailed, "harbour").await;
    office.app.store.advance(SignedDuration::from_secs(61));
    let mut tx = office.app.store.write().await.expect("a transaction");
    assert_eq!(jobs::rescue(&mut tx).await.expect("rescues"), 1);
    tx.commit().await.expect("commits");
    let all = office.claim().await;
    let again = all.iter().find(|again| again.id == job.id).expect("is claimed again");
    office.room.send(again).await.expect("leaves");
    let letters = office.pile.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0], letters[1], "recognisable, and without what came later");
    assert_eq!(all.len(), 2, "what came later has a mail of its own");
});

store_test!(a_worker_that_was_overtaken_takes_nothing, |store| {
    let office = Office::new(store).await;
    office.told(Code::NoteFailed, "one").await;
    office.app.store.advance(SignedDuration::from_secs(61));
    let job = office.claim().await.remove(0);
    // Told between the claim and the look: the job is asked for once more, and is somebody else's.
    office.told(Code::NoteFailed, "two").await;
    let outcome = office.room.send(&job).await;
    assert!(matches!(outcome, Err(Undelivered::Store(postrider_store::StoreError::Stale))), "{outcome:?}");
    let letter = only(office.mailed().await);
    assert!(letter.subject.starts_with("2 messages"), "{}", letter.subject);
});

store_test!(no_mail_is_sent_that_was_not_chosen, |store| {
    let office = Office::new(store).await;
    office.choose(Topic::Failed, true, false).await;
    office.told(Code::NoteFailed, "one").await;
    assert_eq!(office.mailed().await, []);
    assert_eq!(office.listed().await, 1);
    // The choice counts when the mail would leave.
    office.told(Code::NoteHeld, "two").await;
    office.choose(Topic::Held, true, false).await;
    assert_eq!(office.mailed().await, []);
});

store_test!(what_is_off_in_the_product_is_neither_listed_nor_counted, |store| {
    let office = Office::new(store).await;
    office.choose(Topic::Failed, false, true).await;
    office.told(Code::NoteFailed, "one").await;
    assert_eq!(office.listed().await, 0);
    let mut tx = office.app.store.write().await.expect("a transaction");
    // Nobody reads what is not shown, so it stays news for the mail.
    notifications::mark_all_read(&mut tx, office.ann.user).await.expect("reads");
    tx.commit().await.expect("commits");
    only(office.mailed().await);
    office.choose(Topic::Failed, false, false).await;
    office.told(Code::NoteFailed, "two").await;
    assert_eq!((office.listed().await, office.mailed().await), (0, vec![]));
    assert_eq!(office.listed().await, 0);
});

store_test!(what_went_well_is_told_only_to_whoever_asks_for_it, |store| {
    let office = Office::new(store).await;
    office.told(Code::NotePublished, "one").await;
    assert_eq!((office.listed().await, office.mailed().await), (0, vec![]));
    office.choose(Topic::Published, true, true).await;
    office.told(Code::NotePublished, "two").await;
    assert_eq!(office.listed().await, 1);
    assert!(only(office.mailed().await).subject.starts_with("Published: @two"));
});

store_test!(what_was_read_meanwhile_is_not_mailed, |store| {
    let office = Office::new(store).await;
    office.told(Code::NoteFailed, "one").await;
    let mut tx = office.app.store.write().await.expect("a transaction");
    notifications::mark_all_read(&mut tx, office.ann.user).await.expect("reads");
    tx.commit().await.expect("commits");
    assert_eq!(office.mailed().await, []);
});

store_test!(old_news_and_news_of_a_workspace_that_was_left_are_not_mailed, |store| {
    let office = Office::new(store).await;
    office.told(Code::NoteFailed, "one").await;
    office.app.store.advance(SignedDuration::from_hours(25));
    assert_eq!(office.mailed().await, []);
    office.told(Code::NoteFailed, "two").await;
    let mut tx = office.app.store.write().await.expect("a transaction");
    members::remove(&mut tx, office.world.workspace, office.ann.user).await.expect("leaves");
    tx.commit().await.expect("commits");
    assert_eq!(office.mailed().await, []);
});

store_test!(an_instance_without_mail_puts_nothing_up_for_mailing, |store| {
    let office = Office::new(store).await;
    store.set_mails(false);
    office.told(Code::NoteFailed, "one").await;
    store.set_mails(true);
    assert_eq!(office.mailed().await, []);
    assert_eq!(office.listed().await, 1);
});

store_test!(the_address_is_the_one_when_the_mail_leaves, |store| {
    let office = Office::new(store).await;
    office.told(Code::NoteFailed, "one").await;
    let mut tx = office.app.store.write().await.expect("a transaction");
    postrider_store::repo::users::update(&mut tx, office.ann.user, "Ann", "new@example.org").await.expect("moves");
    tx.commit().await.expect("commits");
    assert_eq!(only(office.mailed().await).to, "new@example.org");
});

/// The token that a letter's link holds.
fn token(letter: &Letter, page: &str) -> Secret {
    let begin = format!("https://post.example/{page}#");
    let (_, rest) = letter.text.split_once(&begin).unwrap_or_else(|| panic!("no link: {}", letter.text));
    Secret::new(rest.split_whitespace().next().unwrap_or_default())
}

store_test!(a_forgotten_password_is_set_anew_with_the_mailed_link_once, |store| {
    let office = Office::new(store).await;
    resets::request(&office.app, " ANN@example.org", "192.0.2.1").await.expect("asks");
    let letter = only(office.mailed().await);
    assert_eq!((letter.to.as_str(), letter.choices.as_deref()), ("ann@example.org", None));
    let (link, new) = (token(&letter, "reset"), Secret::new("another password"));
    resets::redeem(&office.app, &link, &new, "192.0.2.1").await.expect("sets it");
    assert_eq!(code(resets::redeem(&office.app, &link, &new, "192.0.2.1").await), Code::LinkUsed);
    sessions::log_in(&office.app, "ann@example.org", &new, &origin()).await.expect("gets in");
});

store_test!(whether_an_address_has_an_account_shows_nowhere, |store| {
    let office = Office::new(store).await;
    resets::request(&office.app, "ann@example.org", "192.0.2.1").await.expect("asks");
    let known = office.claim().await;
    resets::request(&office.app, "nobody@example.org", "192.0.2.1").await.expect("the same answer");
    let unknown = office.claim().await;
    assert_eq!((known.len(), unknown.len()), (1, 1), "the same work");
    assert!(!format!("{known:?}{unknown:?}").contains('@'), "no address waits on the ledger");
    office.room.send(&unknown[0]).await.expect("ends");
    assert_eq!(office.pile.0.lock().unwrap_or_else(PoisonError::into_inner).len(), 0);
    let mut seconds = Vec::new();
    for email in ["ann@example.org", "nobody@example.org"] {
        for n in 1..=3 {
            resets::request(&office.app, email, &format!("192.0.2.1{n}")).await.expect("a few are free");
        }
        let Err(AppError::Refused { code, args }) = resets::request(&office.app, email, "192.0.2.99").await else {
            panic!("{email}: too often is refused");
        };
        assert_eq!(code, Code::ResetThrottled);
        seconds.push(args["seconds"].clone());
    }
    assert_eq!(seconds[0].len(), seconds[1].len());
});

store_test!(one_address_does_not_ask_for_everybody, |store| {
    let office = Office::new(store).await;
    for n in 0..19 {
        resets::request(&office.app, &format!("p{n}@example.org"), "192.0.2.1").await.expect("asks");
    }
    resets::request(&office.app, "p19@example.org", "192.0.2.1").await.expect("the last that is free blocks");
    let refused = resets::request(&office.app, "p20@example.org", "192.0.2.1").await;
    assert_eq!(code(refused), Code::ResetThrottled);
    resets::request(&office.app, "p20@example.org", "198.51.100.1").await.expect("others still may");
    // And a password still opens the door.
    sessions::log_in(&office.app, "ann@example.org", &Secret::new(PASSWORD), &origin()).await.expect("gets in");
});

store_test!(a_reset_mail_that_leaves_twice_holds_one_link_and_no_token_waits_in_the_open, |store| {
    let office = Office::new(store).await;
    resets::request(&office.app, "ann@example.org", "192.0.2.1").await.expect("asks");
    let job = office.claim().await.remove(0);
    office.room.send(&job).await.expect("leaves");
    office.app.store.advance(SignedDuration::from_secs(61));
    let mut tx = office.app.store.write().await.expect("a transaction");
    jobs::rescue(&mut tx).await.expect("rescues");
    tx.commit().await.expect("commits");
    let again = office.claim().await.remove(0);
    office.room.send(&again).await.expect("leaves");
    let letters = office.pile.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(letters[0], letters[1]);
    let link = token(&letters[0], "reset");
    assert!(!again.payload.to_string().contains(link.expose()));
    // Once it was used, a further try has nothing to send.
    resets::redeem(&office.app, &link, &Secret::new("another password"), "192.0.2.1").await.expect("sets it");
    office.room.send(&again).await.expect("ends");
    assert_eq!(office.pile.0.lock().unwrap_or_else(PoisonError::into_inner).len(), 2);
});

store_test!(whoever_asks_for_a_mail_does_not_end_the_link_of_the_operator, |store| {
    let office = Office::new(store).await;
    let root = person(&office.app, "root@example.org", true).await;
    let by_hand = resets::create(&office.app, &root, "ann@example.org").await.expect("makes one");
    resets::request(&office.app, "ann@example.org", "192.0.2.1").await.expect("asks");
    let mailed = token(&only(office.mailed().await), "reset");
    let new = Secret::new("another password");
    resets::redeem(&office.app, &by_hand.token, &new, "192.0.2.1").await.expect("still works");
    let ended = resets::redeem(&office.app, &mailed, &new, "192.0.2.1").await;
    assert_eq!(code(ended), Code::LinkUsed, "a new password ends the others");
});

store_test!(a_mailed_link_works_for_an_hour, |store| {
    let office = Office::new(store).await;
    resets::request(&office.app, "ann@example.org", "192.0.2.1").await.expect("asks");
    let link = token(&only(office.mailed().await), "reset");
    office.app.store.advance(SignedDuration::from_mins(61));
    let late = resets::redeem(&office.app, &link, &Secret::new("another password"), "192.0.2.1").await;
    assert_eq!(code(late), Code::LinkUsed);
});

store_test!(without_mail_nobody_is_promised_one, |store| {
    let app = started(store).await;
    assert_eq!(code(resets::request(&app, "ann@example.org", "192.0.2.1").await), Code::MailOff);
});

store_test!(an_invitation_is_mailed_with_the_link_that_is_shown, |store| {
    let office = Office::new(store).await;
    let invite = || {
        invitations::create(&office.app, &office.ann, office.world.workspace, "bob@example.org", Role::Publisher, None)
    };
    let (invitation, shown) = invite().await.expect("invites").there().expect("is there");
    let letter = only(office.mailed().await);
    assert_eq!((letter.to.as_str(), letter.subject.as_str()), ("bob@example.org", "ann invites you to Team"));
    assert_eq!(token(&letter, "invite").expose(), shown.expect("is shown").token.expose());
    assert_eq!(letter.choices, None);
    // One that is taken back is not mailed.
    invitations::revoke(&office.app, &office.ann, office.world.workspace, invitation.id).await.expect("takes it back");
    let (second, shown) = invite().await.expect("invites").there().expect("is there");
    assert!(!office.payloads().await.contains(shown.expect("is shown").token.expose()));
    office.app.store.advance(SignedDuration::from_secs(61));
    let mut tx = office.app.store.write().await.expect("a transaction");
    jobs::rescue(&mut tx).await.expect("rescues");
    tx.commit().await.expect("commits");
    invitations::revoke(&office.app, &office.ann, office.world.workspace, second.id).await.expect("takes it back");
    assert_eq!(office.mailed().await, []);
});

store_test!(nobody_is_flooded_with_invitations_and_the_link_still_comes, |store| {
    let office = Office::new(store).await;
    for n in 0..6 {
        let made = invitations::create(
            &office.app,
            &office.ann,
            office.world.workspace,
            "Bob@example.org",
            Role::Publisher,
            None,
        );
        let (_, link) = made.await.expect("invites").there().expect("is there");
        assert!(link.is_some(), "{n}");
    }
    assert_eq!(office.mailed().await.len(), 4);
});

store_test!(names_of_others_neither_begin_a_header_nor_become_html, |store| {
    let office = Office::new(store).await;
    let evil = "Ann\r\nBcc: eve@example.org\r\n\r\n<script>alert(1)</script>";
    let mut tx = office.app.store.write().await.expect("a transaction");
    postrider_store::repo::users::update(&mut tx, office.ann.user, evil, "ann@example.org").await.expect("renames");
    tx.commit().await.expect("commits");
    let args = (&office.app, &office.ann, office.world.workspace);
    invitations::create(args.0, args.1, args.2, "bob@example.org", Role::Viewer, None).await.expect("invites");
    office.told(Code::NoteFailed, "evil\r\nBcc: eve@example.org<b>").await;
    let letters = office.mailed().await;
    assert_eq!(letters.len(), 2);
    for letter in letters {
        assert!(!letter.subject.contains(['\r', '\n']), "{:?}", letter.subject);
        assert!(!letter.html.contains("<script") && !letter.html.contains("<b>"), "{}", letter.html);
    }
});

store_test!(a_member_is_mailed_what_concerns_them_alone, |store| {
    let office = Office::new(store).await;
    let bob = member(&office.app, office.world.workspace, "bob@example.org", Role::Publisher).await;
    office.told(Code::NoteFailed, "one").await;
    let all: BTreeMap<_, _> = choices::get(&office.app, &bob).await.expect("reads");
    assert!(all[&Topic::Failed].mail && !all[&Topic::Published].mail, "{all:?}");
    assert_eq!(only(office.mailed().await).to, "ann@example.org");
});
