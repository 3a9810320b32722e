//! Each thing taken out of the engine lets a part be seen twice, and the checker finds how.

use postrider_model::{Action, Broken, Config, Counterexample, counterexample};

/// The shortest way in which a broken engine makes two copies.
fn twice(broken: Broken) -> Counterexample {
    counterexample(broken.shows_in()).unwrap_or_else(|| panic!("{broken:?} does not show"))
}

/// How often bytes leave and reach the platform in a trace.
fn copies(found: &Counterexample) -> (usize, usize) {
    let count = |is: fn(&Action) -> bool| found.trace.iter().filter(|action| is(action)).count();
    (count(|action| matches!(action, Action::Leave(_))), count(|action| matches!(action, Action::Arrive(_))))
}

fn shows(broken: Broken) -> Counterexample {
    let found = twice(broken);
    assert_eq!(copies(&found), (2, 2), "{broken:?}:\n{found}");
    found
}

#[test]
fn without_an_intent() {
    shows(Broken::NoIntent);
}

#[test]
fn absent_is_believed_after_a_lost_lease() {
    let found = shows(Broken::AbsentAfterLostLease);
    assert!(found.trace.contains(&Action::Rescue) && found.to_string().contains("looks it up"), "{found}");
}

#[test]
fn without_the_fence() {
    assert!(shows(Broken::NoFence).trace.contains(&Action::Rescue));
}

#[test]
fn without_the_gate() {
    assert!(shows(Broken::NoGate).trace.contains(&Action::Rescue));
}

#[test]
fn a_gate_that_does_not_know_how_long_the_key_lives() {
    shows(Broken::GateWithoutKey);
}

#[test]
fn a_key_is_repeated_after_it_was_forgotten() {
    let found = shows(Broken::KeyPastItsLife);
    assert!(found.trace.contains(&Action::KeyForgotten(0)), "{found}");
}

#[test]
fn an_expired_lease_proves_a_process_gone() {
    let found = shows(Broken::LeaseProvesGone);
    assert!(found.trace.iter().any(|action| matches!(action, Action::Stop(_))), "{found}");
}

#[test]
fn the_wait_before_a_lookup_counts_from_the_intent() {
    let found = shows(Broken::QuietFromIntent);
    assert!(found.trace.contains(&Action::Quiet), "{found}");
}

#[test]
fn absent_is_believed_because_a_key_is_honoured_that_is_not_sent_again() {
    shows(Broken::AbsentWhileHonoured);
}

#[test]
fn a_repeat_forgets_the_send_before_it() {
    shows(Broken::EarlierForgotten);
}

#[test]
fn a_person_changes_what_is_open() {
    shows(Broken::OpenMayChange);
}

/// What `docs/engine.md` names under *What remains*: no check before a send can see a stop after it.
#[test]
fn a_stop_after_the_gate_that_outlasts_the_key_remains() {
    let found = counterexample(Config::REMAINS).expect("it cannot be prevented");
    assert_eq!(copies(&found), (2, 2), "{found}");
    assert!(found.trace.iter().any(|action| matches!(action, Action::Stop(_))), "{found}");
}
