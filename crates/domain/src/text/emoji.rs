//! Which characters form one emoji.
//!
//! Single emoji come from the Unicode properties. Sequences are those
//! recommended for general interchange (Unicode Emoji 15.0): a joined sequence
//! that is not in the list counts as its parts, since a network that does not
//! know it either would count more than we promised.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_properties::UnicodeEmoji;
use unicode_properties::emoji::{EmojiStatus, is_regional_indicator, is_tag_character};

const JOINER: char = '\u{200D}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';
const BLACK_FLAG: char = '\u{1F3F4}';

/// No sequence is longer; a bound keeps a text made of joiners from being costly.
pub(super) const LONGEST: usize = 24;

/// Joined sequences without style selectors and skin tones, so that each line
/// stands for all its variants. From `emoji-zwj-sequences.txt` 15.0.
static JOINED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| include_str!("data/emoji_zwj.txt").lines().collect());

/// Regions with a flag (`RGI_Emoji_Flag_Sequence`, 15.0).
const FLAGS: &str = "AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ \
    BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CP CR CU CV CW CX CY CZ DE DG DJ DK DM DO DZ EA EC EE \
    EG EH ER ES ET EU FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU \
    IC ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY \
    MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA \
    PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV \
    SX SY SZ TA TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM UN US UY UZ VA VC VE VG VI VN VU WF WS XK \
    YE YT ZA ZM ZW";

/// The flags of England, Scotland and Wales, spelt in tag characters.
const TAG_FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

/// How many characters at the start form one emoji; `None` if none does.
///
/// Digits, `#`, `*`, `©` and `®` are emoji only with their selector.
pub(super) fn sequence_len(chars: &[char]) -> Option<usize> {
    let chars = &chars[..chars.len().min(LONGEST)];
    keycap(chars).or_else(|| flag(chars)).or_else(|| tag_flag(chars)).or_else(|| joined(chars))
}

fn keycap(chars: &[char]) -> Option<usize> {
    match chars {
        ['0'..='9' | '#' | '*', EMOJI_STYLE, KEYCAP, ..] => Some(3),
        ['0'..='9' | '#' | '*', KEYCAP, ..] => Some(2),
        _ => None,
    }
}

/// A pair of regional indicators with a flag, or one indicator on its own.
fn flag(chars: &[char]) -> Option<usize> {
    let &[first, ref rest @ ..] = chars else { return None };
    if !is_regional_indicator(first) {
        return None;
    }
    let code: Option<String> = [Some(first), rest.first().copied()].into_iter().map(|c| region_letter(c?)).collect();
    let known = code.is_some_and(|code| FLAGS.split_whitespace().any(|flag| flag == code));
    Some(if known { 2 } else { 1 })
}

fn region_letter(c: char) -> Option<char> {
    let index = u32::from(c).checked_sub(0x1F1E6).filter(|index| *index < 26)?;
    char::from_u32(u32::from('A') + index)
}

fn tag_flag(chars: &[char]) -> Option<usize> {
    let (&BLACK_FLAG, rest) = chars.split_first()? else { return None };
    let tags: String = rest.iter().take_while(|c| is_tag_character(**c)).filter_map(|c| tag_letter(*c)).collect();
    let name = tags.strip_suffix('\u{7F}')?;
    TAG_FLAGS.contains(&name).then_some(1 + tags.len())
}

fn tag_letter(c: char) -> Option<char> {
    char::from_u32(u32::from(c).checked_sub(0xE0000)?)
}

/// One element, or the longest listed sequence of elements joined together.
fn joined(chars: &[char]) -> Option<usize> {
    let mut end = element(chars)?;
    let mut bare = String::from(chars[0]);
    let mut best = end;
    while chars.get(end) == Some(&JOINER) {
        let Some(next) = element(&chars[end + 1..]) else { break };
        bare.extend([JOINER, chars[end + 1]]);
        end += 1 + next;
        if JOINED.contains(bare.as_str()) {
            best = end;
        }
    }
    Some(best)
}

/// One emoji character with its skin tone or style selector.
fn element(chars: &[char]) -> Option<usize> {
    let (&first, rest) = chars.split_first()?;
    let status = first.emoji_status();
    if first.is_ascii() || !first.is_emoji_char() {
        return None;
    }
    match rest.first() {
        Some(&EMOJI_STYLE) => Some(2),
        Some('\u{1F3FB}'..='\u{1F3FF}') if takes_tone(status) => Some(2),
        _ if matches!(first, '©' | '®') => None,
        _ => Some(1),
    }
}

fn takes_tone(status: EmojiStatus) -> bool {
    matches!(status, EmojiStatus::EmojiModifierBase | EmojiStatus::EmojiPresentationAndModifierBase)
}
