//! Who goes first when more is due than fits: the workspace served least recently.

use std::collections::{HashMap, HashSet};

use postrider_domain::id::WorkspaceId;
use postrider_store::repo::deliveries::Candidate;

use crate::seats::Room;

/// Remembers when each workspace was last served by this node.
#[derive(Debug, Default)]
pub(crate) struct Fairness {
    turn: u64,
    served: HashMap<WorkspaceId, u64>,
}

/// Workspaces remembered before the oldest are forgotten.
const REMEMBERED: usize = 10_000;

impl Fairness {
    /// Chooses as many candidates as there is room for, at most one of a lane: always the next
    /// one (longest due first) of the workspace that was served least recently and may take a seat.
    pub(crate) fn choose(&mut self, candidates: Vec<Candidate>, mut room: Room) -> Vec<Candidate> {
        let mut queues: HashMap<WorkspaceId, Vec<Candidate>> = HashMap::new();
        for candidate in candidates.into_iter().rev() {
            queues.entry(candidate.workspace).or_default().push(candidate);
        }
        let mut lanes = HashSet::new();
        let mut chosen = Vec::new();
        while room.free() > 0 {
            queues.retain(|workspace, _| room.admits(*workspace));
            let Some(workspace) = self.least_recent(&queues) else { break };
            let next = queues.get_mut(&workspace).and_then(Vec::pop);
            match next {
                Some(candidate) if lanes.insert(candidate.lane) => {
                    self.serve(workspace);
                    room.give(workspace);
                    chosen.push(candidate);
                }
                Some(_) => {}
                None => {
                    queues.remove(&workspace);
                }
            }
        }
        chosen
    }

    fn least_recent(&self, queues: &HashMap<WorkspaceId, Vec<Candidate>>) -> Option<WorkspaceId> {
        let rank = |workspace: &WorkspaceId| {
            let due = queues[workspace].last().map(|candidate| candidate.due_at);
            (self.served.get(workspace).copied().unwrap_or(0), due, *workspace)
        };
        queues.keys().copied().min_by_key(rank)
    }

    fn serve(&mut self, workspace: WorkspaceId) {
        self.turn += 1;
        if self.served.len() >= REMEMBERED {
            self.served.clear();
        }
        self.served.insert(workspace, self.turn);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use postrider_domain::id::{DeliveryId, LaneId};

    use super::*;
    use crate::seats::Seats;

    fn candidate(n: u128, workspace: u128, lane: u128) -> Candidate {
        Candidate {
            id: DeliveryId::from_uuid(uuid::Uuid::from_u128(n)),
            workspace: WorkspaceId::from_uuid(uuid::Uuid::from_u128(workspace)),
            lane: LaneId::from_uuid(uuid::Uuid::from_u128(lane)),
            due_at: Timestamp::from_second(i64::try_from(n).expect("small")).expect("in range"),
        }
    }

    /// So many seats for whoever comes, and one more for those that have none.
    fn room(open: usize) -> Room {
        Seats::new(open).room()
    }

    /// One seat left, for those that have none.
    fn last_seat() -> Room {
        let seats = Seats::new(1);
        let _other = seats.take(WorkspaceId::from_uuid(uuid::Uuid::from_u128(9)));
        seats.room()
    }

    fn numbers(chosen: &[Candidate]) -> Vec<u128> {
        chosen.iter().map(|candidate| candidate.id.uuid().as_u128()).collect()
    }

    #[test]
    fn a_small_workspace_is_not_starved_by_a_large_one() {
        let mut fairness = Fairness::default();
        let many: Vec<_> = (1..=8).map(|n| candidate(n, 1, n)).chain([candidate(9, 2, 9)]).collect();
        assert_eq!(numbers(&fairness.choose(many, room(3))), [1, 9, 2]);
    }

    #[test]
    fn at_most_one_of_a_lane_and_longest_due_first() {
        let mut fairness = Fairness::default();
        let same_lane = vec![candidate(1, 1, 7), candidate(2, 1, 7), candidate(3, 1, 8)];
        assert_eq!(numbers(&fairness.choose(same_lane, room(4))), [1, 3]);
    }

    #[test]
    fn who_was_served_last_goes_last_next_time() {
        let mut fairness = Fairness::default();
        let both = |from| vec![candidate(from, 1, from), candidate(from + 1, 2, from + 1)];
        assert_eq!(numbers(&fairness.choose(both(1), last_seat())), [1]);
        assert_eq!(numbers(&fairness.choose(both(3), last_seat())), [4]);
    }

    #[test]
    fn a_large_workspace_leaves_the_last_seats_to_others() {
        let mut fairness = Fairness::default();
        let crowd: Vec<_> = (1..=40).map(|n| candidate(n, 1, n)).collect();
        assert_eq!(fairness.choose(crowd.clone(), room(8)).len(), 8);
        let both = [crowd, vec![candidate(41, 2, 41), candidate(42, 2, 42)]].concat();
        let chosen = fairness.choose(both, last_seat());
        assert_eq!(numbers(&chosen), [41], "the one that was never served");
    }
}
