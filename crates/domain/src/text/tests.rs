use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::extract::{self, Found, MentionStyle, Rules};
use super::*;

const FAMILY: &str = "👨‍👩‍👧‍👦";

fn values(found: &[Found]) -> Vec<&str> {
    found.iter().map(|found| found.value.as_str()).collect()
}

fn written<'t>(text: &'t str, found: &[Found]) -> Vec<&'t str> {
    found.iter().map(|found| found.span.of(text)).collect()
}

#[test]
fn one_text_in_every_unit() {
    let text = format!("né {FAMILY}!");
    assert_eq!(measure(&text, Unit::Graphemes), 5);
    assert_eq!(measure(&text, Unit::CodePoints), 3 + 7 + 1);
    assert_eq!(measure(&text, Unit::Utf16), 3 + 11 + 1);
    assert_eq!(measure(&text, Unit::Bytes), 4 + 25 + 1);
    assert_eq!(measure(&text, Unit::XWeighted), 3 + 2 + 1);
    assert_eq!(measure(&text, Unit::Threads), 3 + 25 + 1);
}

#[test]
fn weights_follow_configuration_3() {
    let cases = [
        ("", 0),
        ("I am here", 9),
        ("日本語", 6),
        ("\u{10FF}", 1),
        ("\u{1100}", 2),
        ("\u{200D}\u{2010}\u{2032}", 3),
        ("\u{200E}\u{2020}\u{2038}", 6),
        ("Hi http://test.co", 3 + 23),
        ("test.co", 23),
        ("https://example.com/a/very/long/path?with=query#and-fragment", 23),
        ("http://a.com http://b.com", 23 + 1 + 23),
        ("file.tar.bz2", 12),
        ("A\u{301}B", 2),
        ("1\u{20E3}", 2),
        ("1\u{FE0F}\u{20E3}", 2),
        ("©", 1),
        ("©\u{FE0F}", 2),
        ("☺", 2),
        ("🙋🏽", 2),
        ("🇩🇪🇫🇷", 4),
        ("🇩🇩", 4),
        ("🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", 2),
        (FAMILY, 2),
        // Not a sequence that is recommended for interchange: two emoji and a joiner.
        ("🦀\u{200D}🐍", 5),
        ("👍\u{200D}", 3),
    ];
    for (text, expected) in cases {
        assert_eq!(measure(text, Unit::XWeighted), expected, "{text:?}");
    }
}

#[test]
fn the_part_that_fits_is_given_in_bytes_of_the_text_itself() {
    let fits = |text: &str| measure_weighted(text);
    let exact = "é".repeat(X_MAX);
    assert_eq!((fits(&exact).valid, fits(&exact).permillage, fits(&exact).valid_range.end), (true, 1000, exact.len()));
    let decomposed = format!("{}x", "e\u{301}".repeat(X_MAX));
    assert_eq!((fits(&decomposed).weighted, fits(&decomposed).valid), (X_MAX + 1, false));
    assert_eq!(fits(&decomposed).valid_range, Span::new(0, decomposed.len() - 1));
    let link_over = format!("{} https://example.com", "a".repeat(270));
    assert_eq!((fits(&link_over).weighted, fits(&link_over).valid_range.end), (294, 271));
    let bad = fits("ab\u{FFFE}cd");
    assert_eq!((bad.weighted, bad.valid, bad.valid_range.end), (6, false, 2));
    assert!(!fits("").valid);
}

#[test]
fn optional_emoji_count_as_emoji_only_where_bytes_are_counted() {
    for (text, expected) in [("a☺", 4), ("#1", 2), ("™", 3), ("é日", 2), ("👍🏽", 8), ("🇩🇪", 8), ("1\u{FE0F}\u{20E3}", 7)]
    {
        assert_eq!(measure(text, Unit::Threads), expected, "{text}");
    }
}

#[test]
fn units_are_stored_by_name() {
    for (unit, name) in
        [(Unit::XWeighted, "\"x_weighted\""), (Unit::Utf16, "\"utf16\""), (Unit::CodePoints, "\"code_points\"")]
    {
        assert_eq!(serde_json::to_string(&unit).unwrap(), name);
        assert_eq!(serde_json::from_str::<Unit>(name).unwrap(), unit);
    }
}

#[test]
fn weighted_links_stand_out_in_any_script() {
    let cases: [(&str, &[&str]); 16] = [
        ("see https://example.com/a_(b)?c=d#e, ok", &["https://example.com/a_(b)?c=d#e"]),
        ("(http://example.com)", &["http://example.com"]),
        ("これはexample.comです", &["example.com"]),
        ("twitter.comこれはexample.com/pathです", &["twitter.com", "example.com/path"]),
        ("http://例え.みんな/パス", &["http://例え.みんな/"]),
        ("me@example.com @example.com #example.com $example.com", &[]),
        ("a.b.c no.tldhere v1.2.3 file.tar.bz2", &[]),
        ("http://sub_domain.example.com", &["http://sub_domain.example.com"]),
        ("http://not_allowed.com -x.com _x.com", &[]),
        ("http://a-.com http://-a.com http://a..com", &[]),
        ("example.com:8080/x example.com:8080", &["example.com:8080/x", "example.com"]),
        ("HTTPS://EXAMPLE.COM", &["HTTPS://EXAMPLE.COM"]),
        ("http://t.co/abc-def http://t.co/abc?x=y!", &["http://t.co/abc", "http://t.co/abc?x=y"]),
        ("xn--80ak6aa92e.com http://xn--あ.com", &["xn--80ak6aa92e.com"]),
        (
            "http://example.com/a(b(c)d)e http://example.com/a(b",
            &["http://example.com/a(b(c)d)e", "http://example.com/a"],
        ),
        ("", &[]),
    ];
    for (text, expected) in cases {
        let found = extract::links(text, Rules::Weighted);
        assert_eq!(values(&found), expected, "{text}");
        assert_eq!(written(text, &found), expected, "{text}");
    }
}

#[test]
fn a_label_or_an_address_that_is_too_long_is_no_link() {
    let links = |text: &str| extract::links(text, Rules::Weighted).len();
    assert_eq!(links(&format!("{}.com", "a".repeat(63))), 1);
    assert_eq!(links(&format!("{}.com", "a".repeat(64))), 0);
    assert_eq!(links(&format!("http://{}.com", "あ".repeat(30))), 1);
    assert_eq!(links(&format!("http://{}.com", "あ".repeat(64))), 0);
    assert_eq!(links(&format!("http://a.com/{}", "b".repeat(4076))), 1);
    assert_eq!(links(&format!("http://a.com/{}", "b".repeat(4077))), 0);
    assert_eq!(links(&format!("http://t.co/{}", "b".repeat(41))), 0);
}

#[test]
fn screen_names_lists_and_replies() {
    let names = |text: &str, style| values(&extract::mentions(text, style)).join(" ");
    assert_eq!(names("@one, (@two) の@three RT@four @five/list", MentionStyle::ScreenName), "one two three four");
    assert_eq!(names("@five/list @six/7up", MentionStyle::ScreenNameOrList), "five/list six");
    assert_eq!(names("me@example.com @é @@x !@x @x@y art@x https://e.com/@x", MentionStyle::ScreenName), "");
    assert_eq!(names(&format!("@{}", "a".repeat(21)), MentionStyle::ScreenName), "a".repeat(20));
    assert_eq!(extract::reply_to(" @you hi").map(|found| found.value), Some("you".to_owned()));
    assert_eq!(extract::reply_to("hi @you"), None);
}

#[test]
fn weighted_hashtags_and_cashtags() {
    let text = "#one #2 #3d ＃四 a#five &#six #se_ven. #eight#nine https://e.com/#ten 🎉#eleven #️⃣";
    assert_eq!(values(&extract::hashtags(text, Rules::Weighted)), ["one", "3d", "四", "se_ven", "eleven"]);
    assert_eq!(values(&extract::cashtags("$ABC $abc.d $A1 $TOOLONGS x$NO $US_ ($IN)")), ["ABC", "abc.d", "US"]);
}

#[test]
fn spaced_links_are_complete_urls() {
    let cases: [(&str, &[(&str, &str)]); 21] = [
        (
            "start https://middle.com/foo?baz=bux#hash end",
            &[("https://middle.com/foo?baz=bux#hash", "https://middle.com/foo?baz=bux#hash")],
        ),
        ("start middle.com/foo end", &[("middle.com/foo", "https://middle.com/foo")]),
        (
            "newline1.com\nnewline2.com",
            &[("newline1.com", "https://newline1.com"), ("newline2.com", "https://newline2.com")],
        ),
        ("not.. a..url ..here e.g. something-cool.jpg website.com.jpg e.g./foo website.com.jpg/foo", &[]),
        (
            "https://foo.com, https://bar.com/whatever; https://baz.com.",
            &[
                ("https://foo.com", "https://foo.com"),
                ("https://bar.com/whatever", "https://bar.com/whatever"),
                ("https://baz.com", "https://baz.com"),
            ],
        ),
        ("parenthetical (https://foo.com)", &[("https://foo.com", "https://foo.com")]),
        (
            "except for https://foo.com/thing_(cool)",
            &[("https://foo.com/thing_(cool)", "https://foo.com/thing_(cool)")],
        ),
        ("both (https://foo.com/thing_(cool)).", &[("https://foo.com/thing_(cool)", "https://foo.com/thing_(cool)")]),
        ("end https://foo.com/a!?...", &[("https://foo.com/a", "https://foo.com/a")]),
        ("quoted “https://foo.com”", &[]),
        ("文 https://foo.com/a。", &[("https://foo.com/a", "https://foo.com/a")]),
        ("in quotes https://foo.com”", &[("https://foo.com", "https://foo.com")]),
        (
            "hyphen-ated.com, a-b.co.uk:80/x)",
            &[("hyphen-ated.com", "https://hyphen-ated.com"), ("a-b.co.uk:80/x", "https://a-b.co.uk:80/x")],
        ),
        ("http://localhost:3000/x", &[("http://localhost:3000/x", "http://localhost:3000/x")]),
        ("me@foo.com john.com@foo.com foo.com_ x_foo.com", &[]),
        ("example.com中国語", &[("example.com", "https://example.com")]),
        ("https:// https://. http://[ https://", &[]),
        ("HTTPS://Foo.com", &[("HTTPS://Foo.com", "HTTPS://Foo.com")]),
        ("3.am 4pm.so", &[]),
        ("foo.com:x foo.com:8080", &[("foo.com", "https://foo.com"), ("foo.com:8080", "https://foo.com:8080")]),
        ("", &[]),
    ];
    for (text, expected) in cases {
        let found = extract::links(text, Rules::Spaced);
        let pairs: Vec<_> = found.iter().map(|found| (found.span.of(text), found.value.as_str())).collect();
        assert_eq!(pairs, expected, "{text}");
    }
}

#[test]
fn handles_are_domain_names() {
    let text = "@handle.com (@Handle.Bsky.Social) @full123-chars.test not@right @a @a.notatld @-a.com @a_b.com @x.com_y \
                @handle.com!@#$chars 👨‍👩 @b.de. @..com";
    let found = extract::at_handles(text);
    let expected = ["handle.com", "handle.bsky.social", "full123-chars.test", "handle.com", "b.de"];
    assert_eq!(values(&found), expected);
    assert_eq!(found[1].span.of(text), "@Handle.Bsky.Social");
    assert_eq!(extract::mentions(text, MentionStyle::Handle), found);
    let long = |label: usize| format!("@{}.com", "a".repeat(label));
    assert_eq!((extract::at_handles(&long(63)).len(), extract::at_handles(&long(64)).len()), (1, 0));
    assert_eq!(extract::at_handles("@.test @test @-.test").len(), 0);
}

/// Value, first byte, one past the last byte.
type Expected<'t> = &'t [(&'t str, usize, usize)];

#[test]
fn spaced_tags_have_byte_offsets() {
    let longest = "#".to_owned() + &"é".repeat(64);
    let too_long = "#".to_owned() + &"é".repeat(65);
    let cases: [(&str, Expected); 16] = [
        ("#a #b", &[("a", 0, 2), ("b", 3, 5)]),
        ("body #a1", &[("a1", 5, 8)]),
        ("#1 #12_3 # #! ##", &[]),
        ("body #b_", &[("b", 5, 7)]),
        ("#1a #_b", &[("1a", 0, 3), ("_b", 4, 7)]),
        ("I like #turtles!!!", &[("turtles", 7, 15)]),
        ("#one, #two. (#three)", &[("one", 0, 4), ("two", 6, 10)]),
        ("＃ｗｉｄｅ。 x", &[("ｗｉｄｅ", 0, 15)]),
        ("#🦋 #👍🏿", &[("🦋", 0, 5), ("👍🏿", 6, 15)]),
        ("#️⃣ #\u{FE0F}x", &[]),
        ("bsky.app/profile#header", &[]),
        ("##double", &[("#double", 0, 8)]),
        ("#soft\u{AD}hyphen", &[("soft", 0, 5)]),
        ("#il·lusió", &[("il·lusió", 0, 11)]),
        (&longest, &[(&longest[1..], 0, 129)]),
        (&too_long, &[]),
    ];
    for (text, expected) in cases {
        let found = extract::tags(text);
        let seen: Vec<_> = found.iter().map(|f| (f.value.as_str(), f.span.start, f.span.end)).collect();
        assert_eq!(seen, expected, "{text}");
    }
}

#[test]
fn spans_convert_to_what_other_programs_count() {
    let text = format!("é{FAMILY} @you 日");
    let found = &extract::mentions(&text, MentionStyle::ScreenName)[0];
    assert_eq!(found.span, Span::new(2 + 25 + 1, 2 + 25 + 5));
    assert_eq!(found.span.utf16(&text), 13..17);
    assert_eq!(found.span.code_points(&text), 9..13);
    assert_eq!(found.span.graphemes(&text), 3..7);
    assert_eq!(Span::from_utf16(&text, 13..17), Some(found.span));
    assert_eq!(Span::from_utf16(&text, 2..13), None, "half a surrogate pair");
    assert_eq!(Span::from_utf16(&text, 0..99), None);
    assert_eq!(Span::new(2, 6).graphemes(&text), 1..2, "part of a cluster is the whole cluster");
    assert_eq!((Span::new(3, 3).is_empty(), Span::new(3, 9).len(), Span::new(0, 999).of(&text)), (true, 6, ""));
}

#[test]
fn copies_of_a_text_match_whatever_a_network_does_to_white_space_and_links() {
    let sent = "Cafe\u{301} \r\n  at https://Example.com/x?utm_source=a&id=1&fbclid=b ";
    let listed = "Café at\u{200B} https://example.com/x?id=1";
    let same = |links| normalise_for_match(sent, links) == normalise_for_match(listed, links);
    assert!(!same(LinkMatching::Exact));
    assert!(same(LinkMatching::WithoutTracking));
    assert!(same(LinkMatching::Any));
    let shortened = "Café at https://t.co/abc";
    let any = LinkMatching::Any;
    assert_eq!(normalise_for_match(sent, any), normalise_for_match(shortened, any));
    assert_ne!(normalise_for_match(sent, any), normalise_for_match("Café at", any));
    assert_eq!(
        normalise_for_match("see example.com?utm_medium=x", LinkMatching::WithoutTracking),
        "see https://example.com/?utm_medium=x"
    );
    assert_eq!(normalise_for_match(" \n ", LinkMatching::Exact), "");
}

#[test]
fn threads_are_cut_where_a_reader_would() {
    let cases: [(&str, usize, &[&str]); 11] = [
        ("short", 10, &["short"]),
        ("  \n ", 10, &[]),
        ("One two. Three four five.", 16, &["One two.", "Three four five."]),
        ("One. Two three four five.", 18, &["One. Two three", "four five."]),
        ("First part\n\nSecond part here", 20, &["First part", "Second part here"]),
        ("aaaaaaaaaaaa", 5, &["aaaaa", "aaaaa", "aa"]),
        ("one-two-three", 8, &["one-two-", "three"]),
        ("look https://example.com/long/path now", 10, &["look", "https://example.com/long/path", "now"]),
        ("これは日本語です。とても長い文。", 10, &["これは日本語です。", "とても長い文。"]),
        ("see @someone_important x", 12, &["see", "@someone_important", "x"]),
        ("ab", 0, &["a", "b"]),
    ];
    for (text, max, expected) in cases {
        assert_eq!(split_thread(text, Unit::Graphemes, max), expected, "{text}");
    }
    let family = FAMILY.repeat(3);
    assert_eq!(split_thread(&family, Unit::Bytes, 60), [FAMILY.repeat(2), FAMILY.to_owned()]);
    let links = "https://example.com/a/very/long/path ".repeat(12);
    let pieces = split_thread(&links, Unit::XWeighted, X_MAX);
    assert_eq!(pieces.len(), 2, "eleven links and ten spaces weigh 263");
}

/// Texts that make a careless scanner quadratic. They only have to come back.
#[test]
fn hostile_texts_cost_no_more_than_their_length() {
    const N: usize = 12_000;
    let units = [
        "a.",
        "a.com",
        "(",
        "a.com/(",
        "@",
        "@a",
        "RT@",
        "#a",
        "#",
        "日",
        "日.",
        "_a",
        "-.",
        "a_",
        "$A",
        "http://",
        "xn--",
        ")",
        "a.com/)",
        "\u{200D}",
        "👨\u{200D}",
        "?",
        "a.co?!",
        "(http://[",
        "a ",
        "#\u{AD}",
        "e\u{301}",
        "a.com/,",
    ];
    for unit in units {
        let text = unit.repeat(N / unit.len());
        let found = extract::links(&text, Rules::Weighted).len()
            + extract::links(&text, Rules::Spaced).len()
            + extract::mentions(&text, MentionStyle::ScreenNameOrList).len()
            + extract::at_handles(&text).len()
            + extract::hashtags(&text, Rules::Weighted).len()
            + extract::tags(&text).len()
            + extract::cashtags(&text).len();
        assert!(found <= text.len());
        assert!(measure(&text, Unit::XWeighted) > 0);
        assert!(measure(&text, Unit::Threads) > 0);
        for unit in [Unit::XWeighted, Unit::Graphemes] {
            assert_eq!(split_thread(&text, unit, X_MAX).concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}

/// Words of the kinds that a cut must respect, short enough for any limit below.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,12}[.!?,]?",
        "[A-Z][a-z]{1,6}[.]",
        "[぀-ヿ一-龠]{1,8}。?",
        Just("https://example.com/a?b=c".to_owned()),
        Just("example.org/x".to_owned()),
        Just("@someone".to_owned()),
        Just("@some.one.com".to_owned()),
        Just("#hashtag".to_owned()),
        Just("👩🏽‍🚀🇩🇪".to_owned()),
        Just("e\u{301}e\u{301}".to_owned()),
        Just("\u{308}x".to_owned()),
    ]
}

fn unit() -> impl Strategy<Value = Unit> {
    prop::sample::select(vec![
        Unit::XWeighted,
        Unit::Graphemes,
        Unit::Utf16,
        Unit::Bytes,
        Unit::CodePoints,
        Unit::Threads,
    ])
}

/// The words of scripts that put spaces between them; others may be cut anywhere.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().filter(|word| !word.contains(|c| matches!(c, '\u{3000}'..='\u{9FFF}'))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn pieces_of_a_thread_fit_and_lose_nothing(
        written in prop::collection::vec((word(), prop::sample::select(vec![" ", "\n", "\n\n", "  "])), 0..60),
        unit in unit(),
        max in 40_usize..120,
    ) {
        let text: String = written.iter().flat_map(|(word, space)| [word.as_str(), *space]).collect();
        let pieces = split_thread(&text, unit, max);
        for piece in &pieces {
            prop_assert!(measure(piece, unit) <= max, "{piece:?} is {} of {max}", measure(piece, unit));
            prop_assert!(!piece.trim().is_empty());
        }
        let joined = pieces.join(" ");
        prop_assert_eq!(words(&joined), words(&text));
        let links = |text: &str| extract::links(text, Rules::Weighted).into_iter().map(|f| f.value).collect::<Vec<_>>();
        prop_assert_eq!(pieces.iter().flat_map(|piece| links(piece)).collect::<Vec<_>>(), links(&text));
    }

    #[test]
    fn any_text_can_be_measured_searched_and_cut(text in "\\PC{0,80}|[a.@#$/:()日.com ]{0,60}", unit in unit(), max in 0_usize..40) {
        for found in extract::links(&text, Rules::Weighted)
            .into_iter()
            .chain(extract::links(&text, Rules::Spaced))
            .chain(extract::mentions(&text, MentionStyle::ScreenNameOrList))
            .chain(extract::at_handles(&text))
            .chain(extract::hashtags(&text, Rules::Weighted))
            .chain(extract::tags(&text))
            .chain(extract::cashtags(&text))
        {
            prop_assert!(!found.span.of(&text).is_empty());
        }
        let pieces = split_thread(&text, unit, max);
        let dense = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        prop_assert_eq!(dense(&pieces.concat()), dense(&text));
        let clusters = |text: &str| text.graphemes(true).filter(|c| !c.trim().is_empty()).map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(pieces.iter().flat_map(|piece| clusters(piece)).collect::<Vec<_>>(), clusters(&text));
        let fits = measure_weighted(&text).valid_range;
        prop_assert!(text.is_char_boundary(fits.end));
    }

    #[test]
    fn matching_ignores_how_a_text_is_composed_and_spaced(text in "\\PC{0,60}") {
        use unicode_normalization::UnicodeNormalization;
        let apart: String = text.nfd().collect::<String>().replace(' ', " \n\t ");
        let exact = |text: &str| normalise_for_match(text, LinkMatching::Exact);
        prop_assert_eq!(exact(&apart), exact(&text));
        prop_assert_eq!(exact(&exact(&text)), exact(&text));
    }
}
