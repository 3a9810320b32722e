//! Who has deliveries in hand on this node, and who may take another.
//!
//! A seat is one delivery in hand. Most are for whoever comes; the last quarter is kept for workspaces that have
//! nothing in hand, so that one with thousands of slow uploads never takes them all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use postrider_domain::id::WorkspaceId;
use tokio::sync::Notify;

/// All seats of a node.
pub(crate) struct Seats {
    open: usize,
    kept: usize,
    taken: Mutex<HashMap<WorkspaceId, usize>>,
    left: Notify,
}

/// A seat that is taken until this value is dropped, however its delivery ends.
pub(crate) struct Seat {
    seats: Arc<Seats>,
    workspace: WorkspaceId,
}

/// The seats at one moment, for choosing who comes next.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    open: usize,
    kept: usize,
    taken: HashMap<WorkspaceId, usize>,
}

impl Seats {
    /// So many seats for whoever comes, and a quarter more for those that have none.
    pub(crate) fn new(open: usize) -> Arc<Self> {
        Arc::new(Self { open, kept: open.div_ceil(4), taken: Mutex::default(), left: Notify::new() })
    }

    /// What is free now.
    pub(crate) fn room(&self) -> Room {
        let taken = self.lock().clone();
        let free = (self.open + self.kept).saturating_sub(taken.values().sum());
        let open = free.saturating_sub(self.kept);
        Room { open, kept: free - open, taken }
    }

    pub(crate) fn take(self: &Arc<Self>, workspace: WorkspaceId) -> Seat {
        *self.lock().entry(workspace).or_default() += 1;
        Seat { seats: Arc::clone(self), workspace }
    }

    /// Waits until somebody leaves, or has left since this was asked last.
    pub(crate) async fn left(&self) {
        self.left.notified().await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<WorkspaceId, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        if let Some(count) = taken.get_mut(&self.workspace) {
            *count -= 1;
        }
        taken.retain(|_, count| *count > 0);
        drop(taken);
        self.seats.left.notify_one();
    }
}

impl Room {
    /// Seats that somebody may take, whoever that is.
    pub(crate) fn free(&self) -> usize {
        self.open + self.kept
    }

    /// Seats that anybody may take.
    pub(crate) fn open(&self) -> usize {
        self.open
    }

    /// Workspaces that take no seat of those that are kept.
    pub(crate) fn seated(&self) -> Vec<WorkspaceId> {
        self.taken.keys().copied().collect()
    }

    /// Whether the workspace may take another.
    pub(crate) fn admits(&self, workspace: WorkspaceId) -> bool {
        self.open > 0 || (self.kept > 0 && !self.taken.contains_key(&workspace))
    }

    /// Gives the workspace a seat that it may take.
    pub(crate) fn give(&mut self, workspace: WorkspaceId) {
        match self.open {
            0 => self.kept -= 1,
            _ => self.open -= 1,
        }
        *self.taken.entry(workspace).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(n: u128) -> WorkspaceId {
        WorkspaceId::from_uuid(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn one_workspace_never_takes_what_is_kept_for_others() {
        let seats = Seats::new(8);
        let crowd: Vec<Seat> = (0..8).map(|_| seats.take(workspace(1))).collect();
        let room = seats.room();
        assert_eq!((room.open(), room.free(), room.seated()), (0, 2, vec![workspace(1)]));
        assert!(!room.admits(workspace(1)) && room.admits(workspace(2)));
        let second = seats.take(workspace(2));
        let third = seats.take(workspace(3));
        assert!(!seats.room().admits(workspace(4)), "there is nothing left at all");
        drop(third);
        let room = seats.room();
        assert!(!room.admits(workspace(2)) && room.admits(workspace(4)), "those who have one wait for an open one");
        drop((crowd, second));
        assert_eq!((seats.room().free(), seats.room().seated()), (10, Vec::new()));
    }

    #[test]
    fn who_leaves_gives_back_an_open_seat_first_of_all() {
        let seats = Seats::new(4);
        let mut crowd: Vec<Seat> = (0..4).map(|_| seats.take(workspace(1))).collect();
        let _other = seats.take(workspace(2));
        assert_eq!(seats.room().free(), 0);
        crowd.pop();
        let room = seats.room();
        assert_eq!((room.open(), room.free()), (0, 1), "the newcomer's seat was a kept one");
        assert!(room.admits(workspace(3)) && !room.admits(workspace(1)));
    }
}
