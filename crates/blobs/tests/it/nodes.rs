//! Uploads that move between nodes, with nothing but the persisted session between them.

use postrider_blobs::PART_BYTES;
use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::support::{Place, append, blob_test, bytes, key, persisted, read, sha256};

/// Appends pieces of these sizes, each on the other of two nodes, and compares what comes out.
async fn alternate(place: &Place, name: &str, sizes: &[usize]) {
    let nodes = [place.open().await, place.open().await];
    let all = bytes(sizes.iter().sum());
    let mut session = nodes[0].begin(&key(name), None).await.unwrap();
    let mut at = 0;
    for (turn, size) in sizes.iter().enumerate() {
        session = persisted(&session);
        append(&nodes[(turn + 1) % 2], &mut session, &all.slice(at..at + size)).await.unwrap();
        at += size;
        assert_eq!(session.offset(), at as u64);
    }
    let finished = nodes[sizes.len() % 2].finish(&session).await.unwrap();
    assert_eq!((finished.bytes, finished.sha256), (all.len() as u64, sha256(&all)), "{sizes:?}");
    assert!(read(&nodes[0], &key(name), 0..u64::MAX).await.unwrap() == all, "{sizes:?}");
}

blob_test!(pieces_of_any_size_alternate_between_two_nodes, async |place| {
    let mib = 1024 * 1024;
    alternate(&place, "a", &[1, 7 * mib, mib - 1, 1, 9 * mib, 20 * mib, 3, 0, PART_BYTES, 63]).await;
    alternate(&place, "b", &[PART_BYTES - 1, 1, 1, PART_BYTES - 1, PART_BYTES]).await;
    assert_eq!(place.names().await.len(), 2, "{:?}", place.names().await);
});

/// What a client sends at once: single bytes, kilobytes, and what lies around a part's end, up to 20 MiB.
fn piece() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 1_usize..200,
        3 => 1_000_usize..300_000,
        2 => PART_BYTES - 2..PART_BYTES + 2,
        1 => 8_000_000_usize..20 * 1024 * 1024,
        1 => Just(20 * 1024 * 1024),
    ]
}

blob_test!(any_sequence_of_pieces_equals_the_original, async |place| {
    let mut runner = TestRunner::deterministic();
    let sizes = proptest::collection::vec(piece(), 1..9);
    // The test server stores some 20 MB a second, a folder ten times that.
    let rounds = if matches!(place, Place::Bucket(_)) { 4 } else { 7 };
    for round in 0..rounds {
        let tree = sizes.new_tree(&mut runner).unwrap();
        alternate(&place, &format!("round-{round}"), &tree.current()).await;
    }
});

blob_test!(bytes_whose_row_was_never_written_are_sent_again, async |place| {
    let (first, second) = (place.open().await, place.open().await);
    let all = bytes(2 * PART_BYTES + 1000);
    for (round, (row, lost)) in
        [(0, 10), (10, PART_BYTES + 5), (PART_BYTES + 5, PART_BYTES + 6), (PART_BYTES - 1, 2 * PART_BYTES)]
            .into_iter()
            .enumerate()
    {
        let key = key(&format!("a{round}"));
        let mut session = first.begin(&key, None).await.unwrap();
        append(&first, &mut session, &all.slice(..row)).await.unwrap();
        let mut row_of_the_database = persisted(&session);
        // The node dies after these are stored and before its row is.
        append(&first, &mut session, &all.slice(row..lost)).await.unwrap();
        append(&second, &mut row_of_the_database, &all.slice(row..)).await.unwrap();
        let finished = second.finish(&row_of_the_database).await.unwrap();
        assert_eq!((finished.bytes, finished.sha256), (all.len() as u64, sha256(&all)), "{row} {lost}");
        assert!(read(&second, &key, 0..u64::MAX).await.unwrap() == all);
    }
});

blob_test!(a_node_thought_dead_that_goes_on_with_the_same_bytes_does_no_harm, async |place| {
    let (dead, alive) = (place.open().await, place.open().await);
    let all = bytes(PART_BYTES + 500_000);
    let mut session = alive.begin(&key("a"), None).await.unwrap();
    append(&alive, &mut session, &all.slice(..1000)).await.unwrap();
    let mut zombie = persisted(&session);
    append(&alive, &mut session, &all.slice(1000..PART_BYTES + 100)).await.unwrap();
    append(&dead, &mut zombie, &all.slice(1000..3000)).await.unwrap();
    append(&alive, &mut session, &all.slice(PART_BYTES + 100..)).await.unwrap();
    append(&dead, &mut zombie, &all.slice(3000..5000)).await.unwrap();
    assert_eq!(alive.finish(&session).await.unwrap().sha256, sha256(&all));
    assert!(read(&alive, &key("a"), 0..u64::MAX).await.unwrap() == all);
});
