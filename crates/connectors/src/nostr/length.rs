//! How long a note becomes: addresses of files and of the quoted event stand below its text.

use nostr::nips::nip19::ToBech32 as _;
use postrider_connector::descriptor::Limits;
use postrider_connector::{Account, Subject};
use postrider_domain::content::Variant;
use postrider_domain::text::measure;
use postrider_domain::{Code, Issue};

use super::descriptor::DESCRIPTOR;
use super::media::server;
use super::settings::Settings;

/// The longest path of a file: its hash and an ending (BUD-01).
const PATH: usize = "/".len() + 64 + ".jpeg".len();

/// The least that is set aside for the address of a file, in bytes; our own figure. A server may name another host
/// than its own, and says so only once it has the file.
const ADDRESS: usize = 128;

/// Texts that are too long with what is written below them. One that is too long by itself is named already.
pub(super) fn with_addresses(limits: &Limits, subject: &Subject<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (index, part) in subject.variant.parts.iter().enumerate() {
        let below = below(subject.account, subject.variant, index);
        let over = limits.text.iter().filter_map(|limit| {
            let used = measure(part.text.trim_end(), limit.unit);
            (used <= limit.max && used + below > limit.max).then(|| (limit.max, used + below))
        });
        issues.extend(over.map(|(limit, used)| {
            let issue = Issue::error(Code::TextTooManyBytes, format!("/parts/{index}/text"));
            issue.with("limit", limit).with("used", used).with("platform", DESCRIPTOR.name)
        }));
    }
    issues
}

/// The length of what stands below the text of a part.
pub(super) fn below(account: &Account, variant: &Variant, part: usize) -> usize {
    let file = "\n".len() + ADDRESS.max(server(account).map_or(0, str::len) + PATH);
    let files = variant.parts.get(part).map_or(0, |part| part.media.len());
    let quote = if part == 0 { of_quote(&Settings::read(&variant.settings).0) } else { 0 };
    files * file + quote
}

/// The length of the line that names the quoted event.
fn of_quote(settings: &Settings) -> usize {
    let code = settings.quote.as_ref().and_then(|quoted| quoted.to_bech32().ok());
    code.map_or(0, |code| "\nnostr:".len() + code.len())
}
