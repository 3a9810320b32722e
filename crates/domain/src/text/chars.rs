//! Character classes of the twitter-text rules (3.1), and a text
//! indexed by character so that the rules can look back and ahead.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use super::span::Span;

/// A text with its characters numbered.
pub(super) struct Indexed {
    chars: Vec<char>,
    /// Byte offset of each character, and of the end.
    bytes: Vec<usize>,
}

impl Indexed {
    pub(super) fn new(text: &str) -> Self {
        let chars = text.chars().collect();
        let bytes = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Self { chars, bytes }
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    /// The character before this one.
    pub(super) fn before(&self, at: usize) -> Option<char> {
        at.checked_sub(1).and_then(|prev| self.get(prev))
    }

    /// Whether there is a character here and it is of the class.
    pub(super) fn is(&self, at: usize, class: impl Fn(char) -> bool) -> bool {
        self.get(at).is_some_and(class)
    }

    /// The first position from here on whose character is not of the class.
    pub(super) fn run(&self, from: usize, class: impl Fn(char) -> bool) -> usize {
        (from..self.len()).find(|at| !class(self.chars[*at])).unwrap_or(self.len())
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> &[char] {
        &self.chars[from.min(self.len())..to.min(self.len())]
    }

    /// The bytes of a range of characters.
    pub(super) fn span(&self, from: usize, to: usize) -> Span {
        Span::new(self.bytes[from], self.bytes[to])
    }

    /// Whether the ASCII text starts here, in any case.
    pub(super) fn starts_with(&self, at: usize, ascii: &str) -> bool {
        ascii.chars().enumerate().all(|(offset, c)| self.is(at + offset, |have| have.eq_ignore_ascii_case(&c)))
    }
}

/// White space.
pub(super) fn is_space(c: char) -> bool {
    matches!(c,
        '\u{9}'..='\u{D}' | ' ' | '\u{85}' | '\u{A0}' | '\u{1680}' | '\u{180E}' | '\u{2000}'..='\u{200A}'
        | '\u{2028}' | '\u{2029}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

/// Marks that turn the direction of writing.
pub(super) fn is_directional(c: char) -> bool {
    matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters that make a text invalid.
pub(super) fn is_invalid(c: char) -> bool {
    matches!(c, '\u{FFFE}' | '\u{FEFF}' | '\u{FFFF}')
}

/// ASCII punctuation, without the double quote and the backtick.
pub(super) fn is_punct(c: char) -> bool {
    c.is_ascii_punctuation() && !matches!(c, '"' | '`')
}

/// What a domain label may start and end with.
pub(super) fn is_domain(c: char) -> bool {
    !(is_punct(c) || is_space(c) || is_invalid(c) || is_directional(c))
}

/// What may stand inside a run of domain labels.
pub(super) fn is_host(c: char) -> bool {
    is_domain(c) || matches!(c, '.' | '-' | '_')
}

/// Latin letters with accents, and the accents.
pub(super) fn is_latin_accent(c: char) -> bool {
    matches!(c,
        '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{24F}' | '\u{253}' | '\u{254}' | '\u{256}'
        | '\u{257}' | '\u{259}' | '\u{25B}' | '\u{263}' | '\u{268}' | '\u{26F}' | '\u{272}' | '\u{289}' | '\u{28B}'
        | '\u{2BB}' | '\u{300}'..='\u{36F}' | '\u{1E00}'..='\u{1EFF}')
}

/// A character of a domain label that needs no encoding to be recognised.
pub(super) fn is_plain_label(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || is_latin_accent(c)
}

/// A character inside a path.
pub(super) fn is_path(c: char) -> bool {
    is_path_end(c)
        || matches!(c, '!' | '*' | '\'' | ';' | ':' | ',' | '.' | '$' | '%' | '[' | ']')
        || matches!(c, '\u{2013}' | '~' | '@' | '|' | '&')
}

/// A character a path may end with.
pub(super) fn is_path_end(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '+' | '-' | '=' | '_' | '#' | '/' | '\u{400}'..='\u{4FF}')
        || is_latin_accent(c)
}

/// A character inside a query.
pub(super) fn is_query(c: char) -> bool {
    is_query_end(c)
        || matches!(c, '!' | '?' | '*' | '\'' | '@' | '(' | ')' | ';' | ':' | '+' | '$' | '%' | '[' | ']')
        || matches!(c, '.' | ',' | '~' | '|')
}

/// A character a query may end with.
pub(super) fn is_query_end(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '&' | '=' | '#' | '/')
}

/// A character of a screen name.
pub(super) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// `@`, also in full width.
pub(super) fn is_at(c: char) -> bool {
    matches!(c, '@' | '＠')
}

/// `#`, also in full width.
pub(super) fn is_hash(c: char) -> bool {
    matches!(c, '#' | '＃')
}

/// A letter or mark of any script: a hashtag needs one.
pub(super) fn is_tag_letter(c: char) -> bool {
    matches!(c.general_category_group(), GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark)
}

/// A character inside a hashtag: letters, marks, digits, and a few joiners.
pub(super) fn is_tag(c: char) -> bool {
    matches!(
        c,
        '_' | '\u{200C}'
            | '\u{200D}'
            | '\u{A67E}'
            | '\u{5BE}'
            | '\u{5F3}'
            | '\u{5F4}'
            | '\u{FF5E}'
            | '\u{301C}'
            | '\u{309B}'
            | '\u{309C}'
            | '\u{30A0}'
            | '\u{30FB}'
            | '\u{3003}'
            | '\u{F0B}'
            | '\u{F0C}'
            | '\u{B7}'
    ) || is_tag_letter(c)
        || c.general_category() == GeneralCategory::DecimalNumber
}

/// Punctuation of any script.
pub(super) fn is_any_punctuation(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Punctuation
}
