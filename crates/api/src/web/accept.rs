//! What a client says it takes.

use axum::http::{HeaderMap, HeaderName, header};

/// How bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Brotli,
    Gzip,
    Identity,
}

impl Coding {
    /// Its name on the wire.
    pub(super) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }
}

/// The smallest form of those that are there and that the client takes.
///
/// A client that forbids even the bytes themselves (`identity;q=0`) gets them all the same:
/// an answer that it may not be able to read is of more use than none.
pub(super) fn coding(headers: &HeaderMap, has_brotli: bool, has_gzip: bool) -> Coding {
    let wanted = wishes(headers, header::ACCEPT_ENCODING);
    let takes = |name: &str| {
        let named = |name: &str| wanted.iter().find(|(known, _)| known == name).map(|(_, taken)| *taken);
        named(name).or_else(|| named("*")).unwrap_or(false)
    };
    match () {
        () if has_brotli && takes("br") => Coding::Brotli,
        () if has_gzip && (takes("gzip") || takes("x-gzip")) => Coding::Gzip,
        () => Coding::Identity,
    }
}

/// Whether a page is asked for by its name, as browsers do. "Anything" is what programs say,
/// and these are better told that an address does not exist.
pub(super) fn page(headers: &HeaderMap) -> bool {
    wishes(headers, header::ACCEPT).iter().any(|(name, taken)| name == "text/html" && *taken)
}

/// The items of a list, in lower case, and whether each is taken: a weight of 0 refuses it.
fn wishes(headers: &HeaderMap, field: HeaderName) -> Vec<(String, bool)> {
    let lines = headers.get_all(field).into_iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(wish).collect()
}

fn wish(item: &str) -> (String, bool) {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let mut weights = parts.filter_map(|part| part.split_once('=')).filter(|(key, _)| key.trim() == "q");
    let is_refused = weights.any(|(_, weight)| weight.trim().parse() == Ok(0.0_f32));
    (name, !is_refused)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_smallest_coding_that_is_there_and_taken_is_sent() {
        use Coding::{Brotli, Gzip, Identity};
        for (values, expected) in [
            (&["gzip, deflate, br, zstd"][..], Brotli),
            (&["gzip, deflate"], Gzip),
            (&["gzip", "br"], Brotli),
            (&["br;q=0, gzip;q=0.2"], Gzip),
            (&["BR ; Q=1"], Brotli),
            (&["*"], Brotli),
            (&["*;q=0.5, br;q=0.000"], Gzip),
            (&["gzip;q=0, *;q=0"], Identity),
            (&["x-gzip"], Gzip),
            (&["bread"], Identity),
            (&[""], Identity),
            (&[], Identity),
        ] {
            assert_eq!(coding(&headers(header::ACCEPT_ENCODING, values), true, true), expected, "{values:?}");
        }
        let all = headers(header::ACCEPT_ENCODING, &["gzip, br"]);
        assert_eq!(coding(&all, false, true), Gzip);
        assert_eq!(coding(&all, false, false), Identity);
    }

    #[test]
    fn only_who_names_html_is_sent_a_page() {
        for (values, expected) in [
            (&["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"][..], true),
            (&["application/json", "text/html;q=0.1"], true),
            (&["text/html;q=0"], false),
            (&["*/*"], false),
            (&["application/json"], false),
            (&["text/htmlx"], false),
            (&[], false),
        ] {
            assert_eq!(page(&headers(header::ACCEPT, values)), expected, "{values:?}");
        }
    }
}
