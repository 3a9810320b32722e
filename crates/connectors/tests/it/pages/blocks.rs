//! The parts of a platform's page that are made from its descriptor.

use std::fmt::Display;

use postrider_connector::Descriptor;
use postrider_connector::descriptor::{
    AuthKind, Evidence, LookupKind, MediaRules, PictureRules, Registration, ScopeReason, VideoRules,
};
use postrider_domain::text::Unit;

use super::settings;

/// A part's name and what makes it.
pub(super) type Block = (&'static str, fn(&Descriptor) -> String);

/// Every part, each once in a page.
pub(super) const ALL: &[Block] = &[
    ("connect", connect),
    ("kinds", kinds),
    ("text", text),
    ("media", media),
    ("thread", thread),
    ("settings", settings::table_of),
    ("live", live),
    ("lookup", lookup),
    ("budgets", budgets),
    ("api", api),
];

/// A Markdown table; no rows make no table.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule = "|---".repeat(head.len()) + "|\n";
    let escaped = |row: &Vec<String>| row.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>();
    line(&head) + &rule + &rows.iter().map(|row| line(&escaped(row))).collect::<String>()
}

/// A number with its thousands set apart.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn count(count: usize) -> String {
    number(count as u64)
}

fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn code(text: impl Display) -> String {
    format!("`{text}`")
}

/// A span of time in the largest unit that leaves no rest.
fn span(seconds: u64) -> String {
    let (many, unit) = match seconds {
        s if s > 0 && s % 86_400 == 0 => (s / 86_400, "day"),
        s if s > 0 && s % 3_600 == 0 => (s / 3_600, "hour"),
        s if s > 0 && s % 60 == 0 => (s / 60, "minute"),
        s => (s, "second"),
    };
    format!("{} {unit}{}", number(many), if many == 1 { "" } else { "s" })
}

fn connect(descriptor: &Descriptor) -> String {
    let fields = descriptor.auth.fields().iter();
    let rows: Vec<_> = fields
        .map(|field| {
            let left_out = field.default.map_or_else(|| "–".to_owned(), code);
            vec![code(field.name), yes_no(!field.optional), yes_no(field.secret), left_out]
        })
        .collect();
    let how = match descriptor.auth {
        AuthKind::Session { .. } => "The log-in is used once; what is kept is the session that it opens.".to_owned(),
        AuthKind::Fixed { .. } => "What is entered is checked and kept; secret fields are sealed.".to_owned(),
        AuthKind::OAuth { registration: Registration::Dynamic, .. } => {
            "The person consents at the platform. Postrider registers itself at each server; no app is to be made."
                .to_owned()
        }
        AuthKind::OAuth { registration: Registration::Static { console, .. }, .. } => {
            format!("The person consents at the platform. The operator registers an app at <{console}>.")
        }
    };
    let form = table(&["field", "needed", "secret", "when left out"], &rows);
    format!("{how}\n\n{form}\n{}\nWithdrawn consent: {}", scopes(descriptor.scopes), descriptor.deauthorisation)
}

fn scopes(scopes: &[ScopeReason]) -> String {
    if scopes.is_empty() {
        return "No permissions are asked for.\n".to_owned();
    }
    let row = |scope: &ScopeReason| vec![code(scope.scope), sentence(scope.why), yes_no(scope.required)];
    table(&["permission", "what for", "without it nothing works"], &scopes.iter().map(row).collect::<Vec<_>>())
}

/// The English sentence of a message, as people read it in the product.
fn sentence(key: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../locales/en.ftl");
    let messages = std::fs::read_to_string(path).expect("locales/en.ftl");
    let found = messages.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
    found.unwrap_or_else(|| panic!("locales/en.ftl has no `{key}`")).trim().to_owned()
}

fn kinds(descriptor: &Descriptor) -> String {
    let seen = |day: Option<&str>| day.unwrap_or("–").to_owned();
    let row = |kind: &str, Evidence { sandbox, real_server, live }| {
        vec![kind.to_owned(), seen(sandbox), seen(real_server), seen(live)]
    };
    let rows: Vec<_> = descriptor.kinds.iter().map(|kind| row(kind.kind, kind.evidence)).collect();
    table(&["kind", "seen in the sandbox", "seen on a real server", "seen on the live platform"], &rows)
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::XWeighted => "characters weighted by twitter-text 3: most European ones 1, others 2, a link 23",
        Unit::Graphemes => "characters as readers see them (extended grapheme clusters): an emoji is one",
        Unit::Utf16 => "UTF-16 code units: most emoji count twice",
        Unit::Bytes => "bytes of UTF-8: `a` is one, `ä` two, most emoji four or more",
        Unit::CodePoints => "Unicode code points: an emoji may be several",
        Unit::Threads => "Unicode code points, but an emoji counts as its bytes of UTF-8",
        Unit::Fediverse => "characters as readers see them, but a link counts 23 and `@name@host` as `@name`",
    }
}

fn text(descriptor: &Descriptor) -> String {
    let rows = descriptor.text.iter();
    let rows: Vec<_> =
        rows.map(|limit| vec![count(limit.max), unit(limit.unit).to_owned(), limit.source.to_owned()]).collect();
    let needed = match descriptor.text_required {
        true => "A part without files needs text.",
        false => "A part may be without text.",
    };
    format!("{}\n{needed}", table(&["most in a part", "counted in", "source"], &rows))
}

fn media(descriptor: &Descriptor) -> String {
    let Some(rules) = descriptor.media else { return "Files are not taken.".to_owned() };
    let MediaRules { max_items, max_videos, mixed, fetched, image, animation, video, alt } = rules;
    let together = if mixed { "may stand together" } else { "not together" };
    let fetched = if fetched { " The platform fetches them from this instance." } else { "" };
    let rows = [
        image.map(|rules| picture("pictures", &rules)),
        animation.map(|rules| picture("animations", &rules)),
        video.map(|rules| film(&rules)),
    ];
    let rows: Vec<_> = rows.into_iter().flatten().collect();
    let alt =
        alt.map(|alt| format!("\nAlternative text: at most {} {} ({}).", count(alt.max), unit(alt.unit), alt.source));
    format!(
        "At most {} files in a part, at most {} of them videos; pictures and videos {together}.{fetched}\n\n{}{}",
        count(max_items),
        count(max_videos),
        table(&["", "formats", "most bytes", "other limits", "source"], &rows),
        alt.unwrap_or_default()
    )
}

fn picture(name: &str, rules: &PictureRules) -> Vec<String> {
    let PictureRules { mimes, max_bytes, max_pixels, max_side, ratio, source } = rules;
    let thousandth = |n: u32| format!("{}.{:03}", n / 1_000, n % 1_000);
    let others = [
        max_pixels.map(|pixels| format!("{} pixels", number(pixels))),
        max_side.map(|side| format!("{} pixels on the longer side", number(side.into()))),
        ratio.map(|(least, most)| format!("width ÷ height {} to {}", thousandth(least), thousandth(most))),
    ];
    row(name, formats(mimes.iter()), *max_bytes, &others, source)
}

fn film(rules: &VideoRules) -> Vec<String> {
    let VideoRules { mimes, codecs, max_bytes, duration_ms, max_pixels, max_side, max_fps, source } = rules;
    let others = [
        (!codecs.is_empty()).then(|| format!("codecs {}", codecs.join(", "))),
        duration_ms.map(|(least, most)| format!("{} to {} ms", number(least), number(most))),
        max_pixels.map(|pixels| format!("{} pixels", number(pixels))),
        max_side.map(|side| format!("{} pixels on the longer side", number(side.into()))),
        max_fps.map(|fps| format!("{fps} frames a second")),
    ];
    row("videos", formats(mimes.iter()), *max_bytes, &others, source)
}

fn formats(mimes: impl Iterator<Item = impl Display>) -> String {
    mimes.map(code).collect::<Vec<_>>().join(", ")
}

fn row(name: &str, formats: String, bytes: u64, others: &[Option<String>], source: &str) -> Vec<String> {
    let others: Vec<&str> = others.iter().flatten().map(String::as_str).collect();
    let others = if others.is_empty() { "–".to_owned() } else { others.join(", ") };
    vec![name.to_owned(), formats, number(bytes), others, source.to_owned()]
}

fn thread(descriptor: &Descriptor) -> String {
    match descriptor.thread {
        Some(rules) => {
            let most = format!(
                "At most {} parts, the first one included; at most {} between two of them.",
                count(rules.max_parts),
                span(rules.max_delay_s.into())
            );
            let limits = rules.comment.into_iter().flat_map(|comment| comment.text);
            let comments = limits.map(|limit| {
                let (max, counted) = (count(limit.max), unit(limit.unit));
                format!("\n\nEvery part after the first is a comment below it, without files: at most {max} {counted} ({}).", limit.source)
            });
            most + &comments.collect::<String>()
        }
        None => "A post has one part.".to_owned(),
    }
}

fn live(descriptor: &Descriptor) -> String {
    let rows = [("change", descriptor.live.edit), ("delete", descriptor.live.delete)];
    let rows: Vec<_> = rows.into_iter().map(|(what, can)| vec![what.to_owned(), yes_no(can)]).collect();
    table(&["with a live post the connector can", ""], &rows)
}

fn lookup(descriptor: &Descriptor) -> String {
    let how = match descriptor.lookup {
        LookupKind::Key => "**by a key** that was chosen before anything was sent",
        LookupKind::Session => "**by the upload session**",
        LookupKind::Listing => "**by listing** the account's own posts",
        LookupKind::None => "**not at all**: there is nobody to ask",
    };
    let delay = match descriptor.visibility_delay.as_secs() {
        0 => "What was accepted is visible at once.".to_owned(),
        seconds => format!("What was accepted may take {} to be visible.", span(seconds)),
    };
    match descriptor.lookup {
        LookupKind::None => format!("The platform is asked {how}."),
        _ => format!("The platform is asked {how}. {delay}"),
    }
}

fn budgets(descriptor: &Descriptor) -> String {
    let gap = match descriptor.min_gap.as_secs() {
        0 => "No pause between two posts of an account is prescribed.".to_owned(),
        seconds => format!("Between two posts of an account there are at least {}.", span(seconds)),
    };
    if descriptor.budgets.is_empty() {
        return format!("No budget is documented. {gap}");
    }
    let row = |budget: &postrider_connector::descriptor::RateBudget| {
        let of = if budget.per_account { "account" } else { "platform app" };
        let limit = format!("{} in {}", number(budget.limit), span(budget.window_s));
        vec![
            code(budget.name),
            limit,
            of.to_owned(),
            number(budget.cost_per_part),
            number(budget.cost_per_file),
            budget.source.to_owned(),
        ]
    };
    let rows: Vec<_> = descriptor.budgets.iter().map(row).collect();
    format!("{}\n{gap}", table(&["budget", "most", "of each", "a part costs", "a file costs", "source"], &rows))
}

fn api(descriptor: &Descriptor) -> String {
    let host = descriptor.host.map_or_else(|| "the account's own".to_owned(), |host| format!("<{host}>"));
    let sunset = descriptor.sunset.unwrap_or("no end announced");
    let rows = [
        ("interface", descriptor.api_version.to_owned()),
        ("ends", sunset.to_owned()),
        ("server", host),
        ("manual", format!("<{}>", descriptor.docs)),
    ];
    table(&["", ""], &rows.map(|(what, value)| vec![what.to_owned(), value]))
}
