//! Links without what only follows people around.

use super::extract::{self, Rules};

/// Parameters that change nothing about a page: they tell its owner who was sent by whom.
///
/// Source: the documented click and campaign parameters of Google Analytics and Ads, Meta, Microsoft, X, TikTok,
/// LinkedIn, Pinterest, Yandex, Mailchimp, HubSpot, Marketo and Vero; read 2026-11-25.
const TRACKING: [&str; 26] = [
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "srsltid",
    "msclkid",
    "twclid",
    "ttclid",
    "li_fat_id",
    "epik",
    "yclid",
    "ysclid",
    "igsh",
    "igshid",
    "mc_cid",
    "mc_eid",
    "_hsenc",
    "_hsmi",
    "hsctatracking",
    "mkt_tok",
    "vero_id",
    "oly_anon_id",
    "oly_enc_id",
    "mibextid",
];

/// The same text, its links without tracking parameters. Everything else of it stays as it is.
pub fn without_tracking(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for found in extract::links(text, Rules::Spaced) {
        kept.push_str(&text[at..found.span.start]);
        kept.push_str(&shortened(&text[found.span.start..found.span.end]));
        at = found.span.end;
    }
    kept.push_str(&text[at..]);
    kept
}

fn shortened(link: &str) -> String {
    let (rest, fragment) = link.split_once('#').map_or((link, None), |(rest, fragment)| (rest, Some(fragment)));
    let Some((page, query)) = rest.split_once('?') else { return link.to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_tracking(pair)).collect();
    let mut short = page.to_owned();
    if !kept.is_empty() {
        short.push('?');
        short.push_str(&kept.join("&"));
    }
    if let Some(fragment) = fragment {
        short.push('#');
        short.push_str(fragment);
    }
    short
}

fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    name.starts_with("utm_") || TRACKING.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_follows_people_goes() {
        for (before, after) in [
            ("see https://a.example/x?utm_source=n&id=7&fbclid=Abc#top now", "see https://a.example/x?id=7#top now"),
            ("https://a.example/?UTM_Medium=mail", "https://a.example/"),
            ("https://a.example/?q=utm_source", "https://a.example/?q=utm_source"),
            ("https://a.example/?gclid", "https://a.example/"),
            ("https://a.example/#utm_source=x", "https://a.example/#utm_source=x"),
            ("utm_source=x stays in a text", "utm_source=x stays in a text"),
            (
                "(https://a.example/?fbclid=1), twice https://b.example/?a=1&msclkid=2",
                "(https://a.example/), twice https://b.example/?a=1",
            ),
            ("", ""),
        ] {
            assert_eq!(without_tracking(before), after, "{before}");
        }
    }
}
