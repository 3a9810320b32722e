//! No reachable state without an exit.
//!
//! The checker's own `eventually` does not see a cycle that never reaches its goal, so this walks
//! the whole graph by itself and then back from the exits. It also holds every state in full and
//! not its hash, so that equal counts show that no state was lost to a collision.

use std::collections::{HashMap, VecDeque};

use stateright::Model as _;

use crate::config::Config;
use crate::state::State;

/// The whole graph of a configuration.
#[derive(Debug)]
pub struct Explored {
    /// How many states can be reached.
    pub states: usize,
    /// How many of them are exits.
    pub exits: usize,
    /// Steps to the farthest state.
    pub depth: usize,
    /// States from which no exit is reached without luck.
    pub stuck: Vec<State>,
}

/// Explores every state, and finds those from which no exit can be reached although nothing more
/// goes wrong and nobody helps.
pub fn explore(config: &Config) -> Explored {
    let mut graph = Graph::default();
    config.init_states().into_iter().for_each(|state| _ = graph.number(state, 0));
    let mut depth = 0;
    while let Some((state, at, level)) = graph.todo.pop_front() {
        depth = level;
        for (action, next) in config.next_steps(&state) {
            let luck = action.is_luck(config, &state);
            let next = graph.number(next, level + 1);
            if !luck {
                graph.edges.push((next, at));
            }
        }
    }
    let stuck = graph.stuck();
    Explored { states: graph.numbers.len(), exits: graph.exits.len(), depth, stuck }
}

#[derive(Default)]
struct Graph {
    numbers: HashMap<State, u32>,
    /// What is not looked at yet, with its number and depth.
    todo: VecDeque<(State, u32, usize)>,
    exits: Vec<u32>,
    /// To and from: what happens without luck.
    edges: Vec<(u32, u32)>,
}

impl Graph {
    fn number(&mut self, state: State, level: usize) -> u32 {
        if let Some(&known) = self.numbers.get(&state) {
            return known;
        }
        let number = u32::try_from(self.numbers.len()).expect("fewer states than fit into memory");
        if state.status.is_exit() {
            self.exits.push(number);
        }
        self.numbers.insert(state.clone(), number);
        self.todo.push_back((state, number, level));
        number
    }

    /// Walks back from the exits: what is not met cannot reach one.
    fn stuck(&mut self) -> Vec<State> {
        self.edges.sort_unstable();
        let mut reaches = vec![false; self.numbers.len()];
        let mut todo = self.exits.clone();
        while let Some(at) = todo.pop() {
            if !std::mem::replace(&mut reaches[at as usize], true) {
                let first = self.edges.partition_point(|(to, _)| *to < at);
                todo.extend(self.edges[first..].iter().take_while(|(to, _)| *to == at).map(|(_, from)| *from));
            }
        }
        let stuck = self.numbers.iter().filter(|(_, number)| !reaches[**number as usize]);
        stuck.map(|(state, _)| state.clone()).collect()
    }
}
