//! Texts of an exact length in every unit.

use postrider_domain::Code;
use postrider_domain::content::{PartContent, Variant};
use postrider_domain::text::{Unit, measure};

use crate::check::Subject;
use crate::descriptor::{Descriptor, TextLimit};
use crate::machine::Connector;
use crate::testkit::samples::Samples;

/// A family: one grapheme of seven code points and 25 bytes.
const FAMILY: &str = "👨\u{200d}👩\u{200d}👧\u{200d}👦";

/// A text of exactly `n` units that is short in other units where that can be.
fn text_of(n: usize, unit: Unit) -> String {
    let text = match unit {
        Unit::Bytes => {
            let families = n / FAMILY.len();
            FAMILY.repeat(families) + &"a".repeat(n % FAMILY.len())
        }
        _ => "a".repeat(n),
    };
    assert_eq!(measure(&text, unit), n, "the test's own text has the wrong length");
    text
}

/// What is wrong with parts that have the settings of the first sample; the first one has its files, too, because on
/// some platforms nothing goes without.
fn codes(connector: &dyn Connector, samples: &dyn Samples, mut parts: Vec<PartContent>) -> Vec<Code> {
    let Variant { parts: sample, settings } = samples.variants().remove(0).1;
    parts[0].media.clone_from(&sample[0].media);
    let issues = check_variant(connector, samples, &Variant { parts, settings });
    issues.into_iter().map(|issue| issue.code).collect()
}

fn check_variant(connector: &dyn Connector, samples: &dyn Samples, variant: &Variant) -> Vec<postrider_domain::Issue> {
    let (account, shelf) = (samples.account(), samples.files().shelf());
    connector.check(&Subject { variant, account: &account, shelf: &shelf })
}

fn part(text: impl Into<String>) -> PartContent {
    PartContent { text: text.into(), ..PartContent::default() }
}

/// Each limit is accepted at N and rejected at N + 1, and the samples pass.
pub(super) fn check(connector: &dyn Connector, samples: &dyn Samples) {
    let descriptor = connector.descriptor();
    for (kind, variant) in samples.variants() {
        let issues = check_variant(connector, samples, &variant);
        assert!(issues.is_empty(), "{}: the sample of {kind} has {issues:?}", samples.name());
    }
    for limit in descriptor.text {
        text(connector, samples, limit);
    }
    thread(connector, samples, descriptor);
    let empty = codes(connector, samples, vec![part(" \n\t")]);
    assert_eq!(empty.contains(&Code::TextEmpty), descriptor.text_required, "{}: white space alone", samples.name());
}

fn text(connector: &dyn Connector, samples: &dyn Samples, limit: &TextLimit) {
    let code = if limit.unit == Unit::Bytes { Code::TextTooManyBytes } else { Code::TextTooLong };
    let fits = codes(connector, samples, vec![part(text_of(limit.max, limit.unit))]);
    assert_eq!(fits, [], "{}: exactly {} {:?}", samples.name(), limit.max, limit.unit);
    let over = codes(connector, samples, vec![part(text_of(limit.max + 1, limit.unit))]);
    assert!(over.contains(&code), "{}: one more than {} {:?}: {over:?}", samples.name(), limit.max, limit.unit);
}

fn thread(connector: &dyn Connector, samples: &dyn Samples, descriptor: &Descriptor) {
    let most = descriptor.thread.map_or(1, |rules| rules.max_parts);
    let parts = |n| (0..n).map(|n| part(format!("part {n}"))).collect::<Vec<_>>();
    assert_eq!(codes(connector, samples, parts(most)), [], "{}: {most} parts", samples.name());
    let code = if most == 1 { Code::PartsUnsupported } else { Code::PartsTooMany };
    assert_eq!(codes(connector, samples, parts(most + 1)), [code], "{}: {} parts", samples.name(), most + 1);
    let Some(rules) = descriptor.thread else { return };
    let mut delayed = parts(2);
    delayed[1].delay_s = rules.max_delay_s;
    assert_eq!(codes(connector, samples, delayed.clone()), [], "{}: the longest delay", samples.name());
    delayed[1].delay_s += 1;
    assert_eq!(codes(connector, samples, delayed), [Code::PartDelayTooLong], "{}: a longer delay", samples.name());
}
