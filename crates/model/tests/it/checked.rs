//! Every state of every shipped configuration.

use postrider_model::{Config, Kind, Nodes, checked, explore, shipped};

/// Checks the shipped configurations of a kind, `parts` long at most.
fn hold(kind: Kind, parts: usize) {
    let configs: Vec<Config> =
        shipped().into_iter().filter(|config| config.kind == kind && config.parts <= parts).collect();
    assert_eq!(configs.len(), 2 * parts, "on one node and on two");
    for config in configs {
        let (states, wrong) = checked(config);
        assert_eq!(wrong, [""; 0], "{config}");
        let graph = explore(&config);
        assert_eq!(graph.stuck, [], "{config}: states without an exit");
        assert_eq!(graph.states, states, "{config}: the checker saw every state");
        assert!(graph.exits > 0 && graph.exits < states, "{config}: {graph:?}");
    }
}

#[test]
fn what_cannot_be_repeated_and_can_be_looked_up() {
    hold(Kind::Once { lookup: true }, 2);
}

#[test]
fn what_cannot_be_repeated_nor_looked_up() {
    hold(Kind::Once { lookup: false }, 2);
}

#[test]
fn a_key_that_is_forgotten_and_can_be_looked_up() {
    hold(Kind::Key { forgets: true, lookup: true }, 1);
}

#[test]
fn a_key_that_is_forgotten_and_cannot_be_looked_up() {
    hold(Kind::Key { forgets: true, lookup: false }, 1);
}

#[test]
fn a_key_that_is_never_forgotten() {
    hold(Kind::Key { forgets: false, lookup: false }, 1);
}

/// One state for two that differ in the order of their runs: nothing is lost by it.
#[test]
fn runs_that_are_alike_may_change_places() {
    for nodes in [Nodes::Two, Nodes::One] {
        let config = Config { nodes, ..Config::SMALLEST };
        let ((all, wrong), (fewer, _)) = (checked(config), checked(Config { alike: true, ..config }));
        assert_eq!(wrong, [""; 0], "{config}");
        assert!(fewer < all && all <= 2 * fewer, "{config}: {fewer} for {all}");
    }
}
