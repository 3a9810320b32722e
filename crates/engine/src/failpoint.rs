//! Places where a test may stop the process: one at every commit point.
//!
//! They exist only in builds with debug assertions. In a release build
//! [`failpoint!`](crate::failpoint!) expands to nothing and this module is empty.

/// Marks a commit point by name; a test may have armed it.
#[macro_export]
macro_rules! failpoint {
    ($name:expr) => {
        #[cfg(debug_assertions)]
        $crate::failpoint::hit($name);
    };
}

/// Every commit point of the engine, in the order of a run, then those of a change of what is live.
#[cfg(debug_assertions)]
pub const ALL: &[&str] = &[
    "claimed",
    "before_intent",
    "after_intent",
    "before_send",
    "after_gate",
    "after_answer",
    "before_result",
    "after_result",
    "before_wait",
    "after_wait",
    "before_refresh_save",
    "after_refresh_save",
    "change_intended",
    "change_answered",
    "change_part_done",
    "change_done",
];

#[cfg(debug_assertions)]
mod armed {
    use std::collections::HashMap;
    use std::sync::{Mutex, PoisonError};

    type Action = Box<dyn Fn() + Send>;

    static ARMED: Mutex<Option<HashMap<String, (u64, Action)>>> = Mutex::new(None);

    /// Arms a point: at its `nth` hit (1 is the next one) `action` runs, once.
    pub fn arm(name: &str, nth: u64, action: Box<dyn Fn() + Send>) {
        let mut armed = ARMED.lock().unwrap_or_else(PoisonError::into_inner);
        armed.get_or_insert_default().insert(name.to_owned(), (nth, action));
    }

    /// Counts a hit and runs the action when it is the one.
    pub fn hit(name: &str) {
        let action = {
            let mut armed = ARMED.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(points) = armed.as_mut() else { return };
            let Some((left, _)) = points.get_mut(name) else { return };
            *left = left.saturating_sub(1);
            if *left > 0 {
                return;
            }
            points.remove(name)
        };
        if let Some((_, action)) = action {
            action();
        }
    }
}

#[cfg(debug_assertions)]
pub use armed::{arm, hit};

#[cfg(all(test, debug_assertions))]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn an_armed_point_acts_once_at_its_nth_hit() {
        let count = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&count);
        super::arm(
            "test_point",
            2,
            Box::new(move || {
                seen.fetch_add(1, Ordering::SeqCst);
            }),
        );
        for _ in 0..4 {
            failpoint!("test_point");
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}
